//go:build llama

package llama

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/tinymodel"
)

// The version in fingerprints is that of the module.
func TestLibraryVersion(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "github.com/ollama/ollama "+libraryVersion+"\n") {
		t.Errorf("go.mod has another version than %s", libraryVersion)
	}
}

func TestFingerprint(t *testing.T) {
	one := open(t, tinymodel.Small(), Options{Threads: 1})
	several := open(t, tinymodel.Small(), Options{Threads: 2, Workers: 4})
	f := one.Fingerprint()
	if f != several.Fingerprint() {
		t.Errorf("%s with one worker, %s with several", f, several.Fingerprint())
	}
	fields, ok := container.Fields(container.Fit(f))
	if !ok {
		t.Fatalf("%q is no fingerprint", f)
	}
	for i, want := range []string{"engine", "library", "system", "compiler", "device", "features", "batch", "cache"} {
		if fields[i].Name != want || fields[i].Value == "" {
			t.Errorf("field %d is %v, want a value of %s", i, fields[i], want)
		}
	}
	if fields[2].Value != runtime.GOOS+"/"+runtime.GOARCH {
		t.Errorf("system is %s", fields[2].Value)
	}
}
