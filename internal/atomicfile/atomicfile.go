// Package atomicfile writes files that appear under their name complete or not
// at all. Data goes to an exclusive temporary file in the same folder, is
// synced, and only then renamed; the folder is synced last.
package atomicfile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// File is a file that does not have its name yet.
type File struct {
	*os.File
	target  string
	replace bool
}

// pending are the temporary files of this process.
var (
	mu      sync.Mutex
	pending = map[string]bool{}
)

// Create makes a temporary file beside target, readable by its owner only.
// Unless replace is set, it fails with fs.ErrExist if target exists, and so
// does Commit if it has come to exist meanwhile.
func Create(target string, replace bool) (*File, error) {
	if !replace {
		if _, err := os.Lstat(target); err == nil {
			return nil, &fs.PathError{Op: "create", Path: target, Err: fs.ErrExist}
		}
	}
	dir, base := filepath.Split(target)
	for range 1000 {
		name := dir + "." + base + "." + strconv.FormatUint(rand.Uint64(), 36) + ".tmp"
		mu.Lock()
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			pending[name] = true
		}
		mu.Unlock()
		if err == nil {
			return &File{f, target, replace}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, &fs.PathError{Op: "create", Path: target, Err: errors.New("no unused temporary name")}
}

// Commit gives the file its mode, modification time and name. On an error the
// target is as before and the temporary file is gone.
func (f *File) Commit(mode fs.FileMode, modified time.Time) (err error) {
	defer func() {
		if err != nil {
			f.Discard()
		}
	}()
	if err := f.Chmod(mode.Perm()); err != nil {
		return err
	}
	if err := os.Chtimes(f.Name(), time.Time{}, modified); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := f.publish(); err != nil {
		return err
	}
	f.forget()
	syncDir(filepath.Dir(f.target))
	return nil
}

// publish renames the file. A hard link, where the file system has them,
// refuses an existing name without a moment's gap.
func (f *File) publish() error {
	if f.replace {
		return os.Rename(f.Name(), f.target)
	}
	err := os.Link(f.Name(), f.target)
	if err == nil {
		return os.Remove(f.Name())
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(f.target); err == nil {
		return &fs.PathError{Op: "create", Path: f.target, Err: fs.ErrExist}
	}
	return os.Rename(f.Name(), f.target)
}

// Discard removes the file. After Commit it does nothing.
func (f *File) Discard() {
	mu.Lock()
	defer mu.Unlock()
	if pending[f.Name()] {
		f.Close()
		os.Remove(f.Name())
		delete(pending, f.Name())
	}
}

func (f *File) forget() {
	mu.Lock()
	defer mu.Unlock()
	delete(pending, f.Name())
}

// DiscardAll removes all temporary files of this process, which must not make
// new ones: it is about to end.
func DiscardAll() {
	mu.Lock() // and keep: a writer that goes on must not publish a removed file
	for name := range pending {
		os.Remove(name)
	}
}

// syncDir makes a rename durable. Some file systems cannot sync a folder; then
// there is nothing more to be done.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
