// Package shareddata finds the shared test data that lies beside the checkout.
package shareddata

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of name below the folder "shared" beside the
// repository root. Where it does not exist the test is skipped and says why.
func Path(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(root(t)), "shared", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("test data missing: %v", err)
	}
	return path
}

// Read returns the content of a file below the shared folder, or skips the test.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Weights returns the parts of the default model, for tests that do not link it.
func Weights(t testing.TB) (parts [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root(t), "model", "builtin", "weights", "*.gguf"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no weights of the default model: %v", err)
	}
	for _, name := range names {
		part, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	return parts
}

// root returns the repository's.
func root(t testing.TB) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root
		}
		parent := filepath.Dir(root)
		if parent == root {
			t.Fatal("no go.mod above the test's folder")
		}
		root = parent
	}
}
