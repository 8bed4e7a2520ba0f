//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// umask is read once at the start, for reading it changes it for a moment.
var umask = func() fs.FileMode {
	m := syscall.Umask(0o077)
	syscall.Umask(m)
	return fs.FileMode(m)
}()

// chown gives f the owner and group of like, as far as that is allowed, and
// returns the permissions of like. Where the group stays another, it must not
// get to read what only the old one could: its permissions shrink to those that
// all others have.
func chown(f *os.File, like fs.FileInfo) fs.FileMode {
	mode := like.Mode().Perm()
	want, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return mode
	}
	_ = f.Chown(int(want.Uid), -1)
	if f.Chown(-1, int(want.Gid)) != nil {
		mode &^= 0o070 &^ (mode << 3)
	}
	return mode
}
