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

// golden holds the SHA-256 of files made by numerics version 3, with tiny
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
		"62328743de0c6c0b9819605286a0fd89c690393f5f3f9572ee40d9cee15c1a5a"},
	{"default", tinymodel.Default(), level{window: 256, stream: 1000, streams: 2, block: 1500, prefer: true},
		"ca0361b1c5222a4b7f86b4797a5a2ab96de440f3c157c9feaecaed90eae670c4"},
	{"zstd", tinymodel.Small(), levels[1],
		"b613b290cb28ae204f90a27a3e59c764258b1c42e72938c7da14a17a9c573107"},
	{"strong", tinymodel.Small(), levels[3],
		"ec7779720b7bad2782a70568208dc3a5eac26c6f3b326e8acdd82cf077b399ea"},
	{"mixing", tinymodel.Small(), level{profile: paq.Fast, log: 16, block: 1 << 20},
		"9f25f7b995f9f4b87cb8db357993b15b6398416d9058e01165cc4e5bd29e6763"},
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
