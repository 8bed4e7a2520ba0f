package atomicfile

import (
	"os"
	"path/filepath"
)

// Write writes a file of the program's own that appears complete or not at all, with
// the mode of any new one.
func Write(path string, data []byte, replace bool) error {
	out, err := Create(path, replace)
	if err != nil {
		return err
	}
	defer out.Discard()
	if _, err := out.Write(data); err != nil {
		return err
	}
	folder, err := os.Stat(filepath.Dir(path)) // not a file: it gets the mode of a new one
	if err != nil {
		return err
	}
	return out.Commit(folder)
}
