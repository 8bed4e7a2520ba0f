// Package atomicfile writes files that appear under their name complete or not
// at all. Data goes to an exclusive temporary file in the same folder, is
// synced, and only then gets its name; the folder is synced last.
package atomicfile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// ErrNotRegular says that the target exists and is a folder, link or device.
// Those are never replaced.
var ErrNotRegular = errors.New("not a regular file")

// File is a file that does not have its name yet.
type File struct {
	*os.File
	target  string
	replace bool
}

// system are the calls that make a file durable. Tests make each of them fail.
type system struct {
	chmod   func(*os.File, fs.FileMode) error
	chtimes func(name string, access, modified time.Time) error
	sync    func(*os.File) error
	close   func(*os.File) error
	link    func(from, to string) error
	rename  func(from, to string) error
	remove  func(name string) error
}

var sys = system{(*os.File).Chmod, os.Chtimes, (*os.File).Sync, (*os.File).Close, os.Link, os.Rename, os.Remove}

// Random makes the names of temporary files; tests of the program replace it.
var Random = rand.Uint64

// Create makes a temporary file beside target, readable by its owner only.
// It fails with ErrNotRegular if target is no ordinary file, and unless replace
// is set, with fs.ErrExist if target exists; Commit does the latter if it has
// come to exist meanwhile. Errors are *fs.PathError and name the target.
func Create(target string, replace bool) (*File, error) {
	f, err := create(target, replace)
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: target, Err: cause(err)}
	}
	return f, nil
}

func create(target string, replace bool) (*File, error) {
	switch info, err := os.Lstat(target); {
	case err == nil && !info.Mode().IsRegular():
		return nil, ErrNotRegular
	case err == nil && !replace:
		return nil, fs.ErrExist
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	// The name has nothing of the target's, which may be as long as names can be.
	dir, _ := filepath.Split(target)
	for range 1000 {
		name := dir + ".pith-" + strconv.FormatUint(Random(), 36) + ".tmp"
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
	return nil, errors.New("no unused temporary name")
}

// Adopt takes f, a file in the folder of target, for a temporary file that Commit
// gives the name target unless that exists by then. It is removed if it does not
// get it.
func Adopt(f *os.File, target string) *File {
	mu.Lock()
	defer mu.Unlock()
	pending[f.Name()] = true
	return &File{f, target, false}
}

// Commit gives the file the owner, mode and modification time of like, and then
// its name. If like is no regular file, such as a pipe, they are those of any
// new file.
//
// On an error of the operation "clean" or "sync" the file has its name, but the
// temporary one could not be removed or the folder could not be synced. With
// any other the target is as before and the temporary file is gone.
func (f *File) Commit(like fs.FileInfo) error {
	defer f.Discard()
	if err := f.dress(like); err != nil {
		return f.failed("write", err)
	}
	if err := sys.sync(f.File); err != nil {
		return f.failed("write", err)
	}
	// An interrupted close has closed it; what it holds is synced.
	if err := sys.close(f.File); err != nil && !errors.Is(err, syscall.EINTR) {
		return f.failed("write", err)
	}
	if err := f.publish(); err != nil {
		return f.failed("create", err)
	}
	// Before the folder is synced, so that a crash does not bring it back.
	if err := f.remove(); err != nil {
		return f.failed("clean", err)
	}
	if err := syncDir(filepath.Dir(f.target)); err != nil {
		return f.failed("sync", err)
	}
	return nil
}

// failed returns an error that names the target.
func (f *File) failed(op string, err error) error {
	return &fs.PathError{Op: op, Path: f.target, Err: cause(err)}
}

// cause returns what an error of package os wraps.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// dress sets owner, mode and time.
func (f *File) dress(like fs.FileInfo) error {
	if !like.Mode().IsRegular() {
		return sys.chmod(f.File, 0o666&^umask)
	}
	// Changing the owner may clear bits of the mode, so it comes first.
	if err := sys.chmod(f.File, chown(f.File, like)); err != nil {
		return err
	}
	for {
		// Of all these calls it is the one that package os does not repeat itself.
		if err := sys.chtimes(f.Name(), time.Time{}, like.ModTime()); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// publish gives the file its name. A hard link, where the file system has them,
// refuses an existing name without a moment's gap.
func (f *File) publish() error {
	if f.replace {
		return f.rename()
	}
	err := sys.link(f.Name(), f.target)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(f.target); err == nil {
		return fs.ErrExist
	}
	return f.rename()
}

func (f *File) rename() error {
	if err := sys.rename(f.Name(), f.target); err != nil {
		return err
	}
	mu.Lock()
	delete(pending, f.Name())
	mu.Unlock()
	return nil
}

// syncDir makes a new name durable. Folders that may be written to but not read,
// and file systems and operating systems that cannot sync them, leave nothing to
// be done.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	err = sys.sync(d)
	if runtime.GOOS == "windows" || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
