package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

// isolate sets all variables that name folders to empty ones, and returns that for
// the user's home.
func isolate(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "PITH_MODELS": "", "XDG_DATA_HOME": filepath.Join(home, "data"), "XDG_CACHE_HOME": filepath.Join(home, "cache"),
		"OLLAMA_MODELS": filepath.Join(home, "ollama"), "HF_HUB_CACHE": filepath.Join(home, "hub"), "HUGGINGFACE_HUB_CACHE": "", "HF_HOME": "",
	} {
		t.Setenv(name, value)
	}
	return home
}

func anySize(int64) bool { return true }

func TestOpen(t *testing.T) {
	isolate(t)
	one, two, data := t.TempDir(), filepath.Join(t.TempDir(), "od[d"), t.TempDir()
	t.Setenv("PITH_MODELS", one+string(filepath.ListSeparator)+two)
	t.Setenv("XDG_DATA_HOME", data)
	write(t, filepath.Join(one, "small.gguf"), "first small")
	write(t, filepath.Join(two, "small.gguf"), "second small")
	write(t, filepath.Join(two, "large-00001-of-00002.gguf"), "large, ")
	write(t, filepath.Join(two, "large-00002-of-00002.gguf"), "and more")
	write(t, filepath.Join(data, "pith", "models", "own.gguf"), "own")
	write(t, filepath.Join(one, "broken-00001-of-00003.gguf"), "part")
	for name, want := range map[string]string{
		"small": "first small", "small.gguf": "first small", filepath.Join(two, "small.gguf"): "second small",
		"large": "large, and more", "large-00001-of-00002": "large, and more", "own": "own",
	} {
		m, err := Open(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(bytes.Join(m.Parts, nil)); got != want || m.Hash != sha256.Sum256([]byte(want)) || m.Size() != int64(len(want)) {
			t.Errorf("%s is %q with hash %x", name, got, m.Hash)
		}
		found, err := Find(m.Hash[:8], anySize)
		if err != nil || found.Hash != m.Hash {
			t.Errorf("%s is not found by its hash: %v", name, err)
		}
	}
	// One that is broken does not hide one that is not.
	write(t, filepath.Join(one, "both-00001-of-00002.gguf"), "part")
	write(t, filepath.Join(two, "both.gguf"), "whole")
	if m, err := Open("both"); err != nil || m.Hash != sha256.Sum256([]byte("whole")) {
		t.Errorf("the usable one is not found: %v", err)
	}
	for _, name := range []string{".", ".gguf", "none", "", "large-00002-of-00002", filepath.Join(one, "none.gguf"), "broken", "sma", "*"} {
		if m, err := Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q opened as %v, %v", name, m, err)
		}
	}
	if _, err := Find([]byte("no model"), anySize); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
