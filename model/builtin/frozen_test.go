package builtin

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
)

// Files that were made with this model when version 1 of the format was frozen. They are
// never made anew.
func TestFrozen(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", "frozen", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	dictionary, err := codec.NewDictionary(read("dictionary"))
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*codec.Dictionary{"english": nil, "lines": nil, "primed": dictionary} {
		file := read(name + ".pith")
		b, err := container.NewReader(bytes.NewReader(file)).Next()
		if err != nil || b.Type != container.Neural {
			t.Errorf("%s: no neural block, %v", name, err)
		}
		decoder := codec.NewDecoder(bytes.NewReader(file), codec.DecoderOptions{Model: Open, Dictionary: d})
		var content bytes.Buffer
		if _, err := content.ReadFrom(decoder); err != nil || !bytes.Equal(content.Bytes(), read(name)) {
			t.Errorf("%s: %d other bytes, %v", name, content.Len(), err)
		}
		decoder.Close()
	}
}
