package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// names returns what is in a folder.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// wantOnly fails unless a folder holds one file with the given name and content.
func wantOnly(t *testing.T, dir, name, content string) {
	t.Helper()
	if n := names(t, dir); len(n) != 1 || n[0] != name {
		t.Errorf("the folder has %v, want %s", n, name)
	}
	if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != content {
		t.Errorf("%s has %q, %v; want %q", name, data, err, content)
	}
}

// like returns what is known of a regular file with the given mode and time.
func like(t *testing.T, mode fs.FileMode, modified time.Time) fs.FileInfo {
	t.Helper()
	name := filepath.Join(t.TempDir(), "like")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(name, mode), os.Chtimes(name, modified, modified)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// mustCreate makes a file with content that has no name yet.
func mustCreate(t *testing.T, target string, replace bool, content string) *File {
	t.Helper()
	f, err := Create(target, replace)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Discard)
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCommit(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a")
	f := mustCreate(t, target, false, "content")
	info, err := f.Stat()
	if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the temporary file is %v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the target exists before Commit")
	}
	when := time.Unix(1e9, 123456789)
	if err := f.Commit(like(t, 0o640, when)); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	wantOnly(t, dir, "a", "content")
	info, err = os.Stat(target)
	if err != nil || !info.ModTime().Equal(when) || runtime.GOOS != "windows" && info.Mode() != 0o640 {
		t.Errorf("mode %v, time %v, %v", info.Mode(), info.ModTime(), err)
	}
}

// Bits that give a program its owner's rights must not move to other data.
func TestModeBits(t *testing.T) {
	target := filepath.Join(t.TempDir(), "a")
	if err := mustCreate(t, target, false, "").Commit(like(t, 0o755|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky, time.Now())); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(target); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o755 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// What comes from a pipe gets the mode and time of any new file.
func TestFromPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	pipe, err := r.Stat()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	before := time.Now().Add(-time.Minute)
	if err := mustCreate(t, filepath.Join(dir, "a"), false, "").Commit(pipe); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	a, errA := os.Stat(filepath.Join(dir, "a"))
	b, errB := os.Stat(filepath.Join(dir, "b"))
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if a.Mode() != b.Mode() || a.ModTime().Before(before) {
		t.Errorf("mode %v and time %v, but a new file has %v and %v", a.Mode(), a.ModTime(), b.Mode(), b.ModTime())
	}
}

func TestExisting(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a")
	f := mustCreate(t, target, false, "new")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(target, false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("created beside an existing target: %v", err)
	}
	if err := f.Commit(like(t, 0o600, time.Now())); !errors.Is(err, fs.ErrExist) {
		t.Errorf("committed over a target that came to exist: %v", err)
	}
	wantOnly(t, dir, "a", "mine")
	if err := mustCreate(t, target, true, "new").Commit(like(t, 0o600, time.Now())); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, "a", "new")
}

// File systems without hard links get the same answers.
func TestWithoutLinks(t *testing.T) {
	link := sys.link
	sys.link = func(string, string) error { return &os.LinkError{Op: "link", Err: syscall.EPERM} }
	defer func() { sys.link = link }()
	TestCommit(t)
	TestExisting(t)
}

// Folders, links and devices are not replaced, not even on demand.
func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	folder, symlink, dangling := filepath.Join(dir, "folder"), filepath.Join(dir, "link"), filepath.Join(dir, "dangling")
	if err := errors.Join(os.Mkdir(folder, 0o777), os.Symlink("folder", symlink), os.Symlink("nothing", dangling)); err != nil {
		t.Skip(err)
	}
	for _, target := range []string{folder, symlink, dangling, os.DevNull} {
		for _, replace := range []bool{false, true} {
			if f, err := Create(target, replace); !errors.Is(err, ErrNotRegular) {
				t.Errorf("%s, %v: %v", target, replace, err)
				if err == nil {
					f.Discard()
				}
			}
		}
	}
	if n := names(t, dir); len(n) != 3 {
		t.Errorf("the folder has %v", n)
	}
}

func TestCreateFails(t *testing.T) {
	dir := t.TempDir()
	for target, want := range map[string]error{
		filepath.Join(dir, "none", "a"):              fs.ErrNotExist,
		filepath.Join(dir, strings.Repeat("a", 999)): syscall.ENAMETOOLONG,
	} {
		f, err := Create(target, false)
		var path *fs.PathError
		if !errors.Is(err, want) || !errors.As(err, &path) || path.Path != target {
			t.Errorf("%v, want %v naming the target", err, want)
		}
		if err == nil {
			f.Discard()
		}
	}
	// The longest name that a file can have leaves room for a temporary one.
	long := filepath.Join(dir, strings.Repeat("a", 255))
	if err := mustCreate(t, long, false, "x").Commit(like(t, 0o600, time.Now())); err != nil {
		t.Error(err)
	}
	wantOnly(t, dir, filepath.Base(long), "x")
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	f := mustCreate(t, filepath.Join(dir, "a"), false, "x")
	f.Discard()
	f.Discard()
	if n := names(t, dir); len(n) != 0 {
		t.Errorf("left: %v", n)
	}
}

// record replaces the system's calls by ones that are written down, and fail
// with the given error when fail says so.
func record(t *testing.T, fail func(call string) error) (calls *[]string) {
	real := sys
	t.Cleanup(func() { sys = real })
	calls = new([]string)
	call := func(name string, do func() error) error {
		*calls = append(*calls, name)
		if err := fail(name); err != nil {
			return err
		}
		return do()
	}
	sys = system{
		chmod: func(f *os.File, m fs.FileMode) error { return call("chmod", func() error { return real.chmod(f, m) }) },
		chtimes: func(n string, a, m time.Time) error {
			return call("chtimes", func() error { return real.chtimes(n, a, m) })
		},
		sync: func(f *os.File) error {
			if info, err := f.Stat(); err == nil && info.IsDir() {
				return call("sync folder", func() error { return real.sync(f) })
			}
			return call("sync", func() error { return real.sync(f) })
		},
		close:  func(f *os.File) error { return call("close", func() error { return real.close(f) }) },
		link:   func(a, b string) error { return call("link", func() error { return real.link(a, b) }) },
		rename: func(a, b string) error { return call("rename", func() error { return real.rename(a, b) }) },
		remove: func(a string) error { return call("remove", func() error { return real.remove(a) }) },
	}
	return calls
}

func TestOrder(t *testing.T) {
	for replace, want := range map[bool]string{
		false: "chmod chtimes sync close link remove sync folder",
		true:  "chmod chtimes sync close rename sync folder",
	} {
		calls := record(t, func(string) error { return nil })
		if err := mustCreate(t, filepath.Join(t.TempDir(), "a"), replace, "x").Commit(like(t, 0o600, time.Now())); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(*calls, " "); got != want {
			t.Errorf("replace %v: %s; want %s", replace, got, want)
		}
	}
}

// Whichever call fails, the error says so and names the target, and the target
// is either as it was or complete: complete only when what follows its name fails.
func TestFaults(t *testing.T) {
	for _, call := range []string{"chmod", "chtimes", "sync", "close", "link", "rename", "remove", "sync folder"} {
		for _, replace := range []bool{false, true} {
			if (call == "link" || call == "remove") && replace || call == "rename" && !replace {
				continue
			}
			t.Run(call, func(t *testing.T) {
				dir := t.TempDir()
				target := filepath.Join(dir, "a")
				if replace {
					if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				calls := record(t, func(c string) error {
					// Where links fail, a rename is tried, which is to fail too.
					if c == call || call == "link" && c == "rename" {
						return &os.PathError{Op: c, Path: "temporary", Err: syscall.EIO}
					}
					return nil
				})
				err := mustCreate(t, target, replace, "new").Commit(like(t, 0o600, time.Now()))
				var path *fs.PathError
				if !errors.Is(err, syscall.EIO) || !errors.As(err, &path) || path.Path != target {
					t.Errorf("the error is %v", err)
				}
				if !slices.Contains(*calls, call) {
					t.Fatalf("%s was not called: %v", call, *calls)
				}
				switch {
				case call == "remove":
					if data, err := os.ReadFile(target); string(data) != "new" || len(names(t, dir)) != 2 {
						t.Errorf("the target has %q, %v", data, err)
					}
				case call == "sync folder":
					wantOnly(t, dir, "a", "new")
				case replace:
					wantOnly(t, dir, "a", "old")
				default:
					if n := names(t, dir); len(n) != 0 {
						t.Errorf("left: %v", n)
					}
				}
			})
		}
	}
}

// A call that a signal interrupts is no fault, and a temporary file that cannot
// be removed at once is tried again.
func TestOnce(t *testing.T) {
	for call, errno := range map[string]error{"chtimes": syscall.EINTR, "close": syscall.EINTR, "remove": syscall.EIO} {
		failed := 0
		record(t, func(c string) error {
			if c == call && failed == 0 {
				failed++
				return &os.PathError{Op: c, Path: "temporary", Err: errno}
			}
			return nil
		})
		dir := t.TempDir()
		err := mustCreate(t, filepath.Join(dir, "a"), false, "x").Commit(like(t, 0o600, time.Now()))
		if call != "remove" && err != nil {
			t.Errorf("%s: %v", call, err)
		}
		if failed != 1 {
			t.Errorf("%s was not called", call)
		}
		wantOnly(t, dir, "a", "x")
	}
}

// Some file systems cannot sync folders, which is no error.
func TestFolderCannotSync(t *testing.T) {
	for _, errno := range []error{syscall.EINVAL, syscall.ENOTSUP} {
		record(t, func(c string) error {
			if c == "sync folder" {
				return errno
			}
			return nil
		})
		dir := t.TempDir()
		if err := mustCreate(t, filepath.Join(dir, "a"), false, "x").Commit(like(t, 0o600, time.Now())); err != nil {
			t.Errorf("%v: %v", errno, err)
		}
		wantOnly(t, dir, "a", "x")
	}
}

// DiscardAll ends what a process can do with files, so it gets one of its own.
func TestDiscardAll(t *testing.T) {
	if dir := os.Getenv("ATOMICFILE_TEST_DIR"); dir != "" {
		for _, name := range []string{"a", "b"} {
			if _, err := Create(filepath.Join(dir, name), false); err != nil {
				os.Exit(3)
			}
		}
		entries, _ := os.ReadDir(dir)
		DiscardAll()
		os.Exit(10 + len(entries))
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestDiscardAll$")
	cmd.Env = append(os.Environ(), "ATOMICFILE_TEST_DIR="+dir)
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 12 {
		t.Errorf("%v, want exit status 12: two files were there", err)
	}
	if n := names(t, dir); len(n) != 0 {
		t.Errorf("left: %v", n)
	}
}
