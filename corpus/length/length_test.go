package length_test

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/corpus/length"
	"github.com/pith-codec/pith/internal/tinymodel"
)

var id = container.ModelID{Number: 1}

func tiny() (*codec.Model, error) { return codec.OpenModel(id, tinymodel.Bytes(tinymodel.Small())) }

// payload returns the bytes of what a level makes of a text, and how they were made.
func payload(t *testing.T, text []byte, level int) (n int, kind container.Type) {
	t.Helper()
	var out bytes.Buffer
	e, err := codec.NewEncoder(&out, codec.EncoderOptions{Level: level, Threads: 1, Model: tiny})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	r := container.NewReader(&out)
	for {
		b, err := r.Next()
		if err == io.EOF {
			return n, kind
		}
		if err != nil {
			t.Fatal(err)
		}
		n, kind = n+len(b.Payload), b.Type
	}
}

// The code lengths of cm are those of pith -2: its payloads are as long, but for the
// byte that tells of the tables and for the end of the coder's message. Files of
// this repository's packages are the texts.
func TestPayloads(t *testing.T) {
	e, err := length.New("cm")
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join("..", "..", "*", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	if testing.Short() {
		names = names[:20]
	}
	compared, most := 0, 0.0
	for _, name := range names[:min(len(names), 200)] {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n, kind := payload(t, text, 2)
		if kind != container.Mixing {
			continue
		}
		gap := 8*float64(n-1) - e.Bits(text)
		if compared++; math.Abs(gap) > 16 {
			t.Errorf("%s: a payload of %d bytes for %.1f bits", name, n, e.Bits(text))
		}
		most = max(most, math.Abs(gap))
	}
	if compared < len(names[:min(len(names), 200)])/2 {
		t.Errorf("only %d of %d files were compared", compared, len(names))
	}
	t.Logf("%d files: payload and code length are up to %.1f bits apart", compared, most)
}
