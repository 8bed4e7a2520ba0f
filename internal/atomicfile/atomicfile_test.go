package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

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

func TestCommit(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a")
	f, err := Create(target, false)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("content")
	if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the target exists before Commit")
	}
	when := time.Unix(1e9, 0)
	if err := f.Commit(0o640, when); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	info, err := os.Stat(target)
	if err != nil || info.Mode() != 0o640 || !info.ModTime().Equal(when) || info.Size() != 7 {
		t.Errorf("%v, %v", info, err)
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("left: %v", n)
	}
}

func TestExisting(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a")
	f, err := Create(target, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(target, false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("created beside an existing target: %v", err)
	}
	if err := f.Commit(0o600, time.Now()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("committed over a target that came to exist: %v", err)
	}
	if data, _ := os.ReadFile(target); string(data) != "mine" {
		t.Errorf("the target became %q", data)
	}
	f, err = Create(target, true)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("new")
	if err := f.Commit(0o600, time.Now()); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(target); string(data) != "new" {
		t.Errorf("the target became %q", data)
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("left: %v", n)
	}
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "a"), false)
	if err != nil {
		t.Fatal(err)
	}
	f.Discard()
	f.Discard()
	if n := names(t, dir); len(n) != 0 {
		t.Errorf("left: %v", n)
	}
	if _, err := Create(filepath.Join(dir, "none", "a"), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("created in a folder that does not exist: %v", err)
	}
}
