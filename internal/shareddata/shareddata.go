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
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			t.Fatal("no go.mod above the test's folder")
		}
		root = parent
	}
	path := filepath.Join(filepath.Dir(root), "shared", name)
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
