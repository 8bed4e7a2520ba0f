package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/paq"
)

// golden holds the SHA-256 of files made by numerics version 2, with tiny
// models and 2 KB of text, on amd64 with the generic kernels. They must come
// out on every machine. They change with Numerics and with nothing else:
// then put in what the failing test prints.
var golden = []struct {
	name  string
	model tinymodel.Config
	l     level
	sum   string
}{
	{"small", tinymodel.Small(), level{window: 128, stream: 100, streams: 8, block: 5000, prefer: true},
		"9a489bae724faa5a7b4c2907fc59a5df9f8a8cb1d27f4080242a12b1d29a0052"},
	{"default", tinymodel.Default(), level{window: 256, stream: 1000, streams: 2, block: 1500, prefer: true},
		"ea5e62990753c7329d0fbbfd0f509f10cd0a2fb7eeb3412c9cfdfb6c3c6f6551"},
	{"zstd", tinymodel.Small(), levels[1],
		"34a777f8a0bdfbb7675e1fcdd8ced6c54a1a97f36a1c90dd848485b54af82647"},
	{"strong", tinymodel.Small(), levels[3],
		"f914115ecfeca84e5c8f9072f443893a43934636adf4dcdf4c844609fae7fcf2"},
	{"mixing", tinymodel.Small(), level{profile: paq.Fast, log: 16, block: 1 << 20},
		"1c903b88d960cc930e52e4e2ca85b8683c1eb8f4daff1fa65550cb7d07d464b0"},
}

func TestGolden(t *testing.T) {
	text := append(prose(1700), "\r\n\x04\xff plain end, 1234 caf\xc3\xa9\r\n"...)
	for _, g := range golden {
		m, err := OpenModel(tinyID, tinymodel.Bytes(g.model))
		if err != nil {
			t.Fatal(err)
		}
		open := func() (*Model, error) { return m, nil }
		var out bytes.Buffer
		e, err := NewEncoder(&out, EncoderOptions{Model: open})
		if err != nil {
			t.Fatal(err)
		}
		e.level = g.l
		e.Write(text)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(out.Bytes())
		if got := hex.EncodeToString(sum[:]); got != g.sum {
			t.Errorf("%s: %d bytes with hash %s, want %s", g.name, out.Len(), got, g.sum)
		}
		d := NewDecoder(&out, DecoderOptions{Model: func(container.ModelID) (*Model, error) { return m, nil }})
		var back bytes.Buffer
		if _, err := back.ReadFrom(d); err != nil || !bytes.Equal(back.Bytes(), text) {
			t.Errorf("%s: not restored: %v", g.name, err)
		}
	}
}
