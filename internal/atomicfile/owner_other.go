//go:build !unix

package atomicfile

import (
	"io/fs"
	"os"
)

const umask fs.FileMode = 0

func chown(_ *os.File, like fs.FileInfo) fs.FileMode { return like.Mode().Perm() }
