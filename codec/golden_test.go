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

// golden holds the SHA-256 of files made by numerics version 4, with tiny
// models and 2 KB of text, on amd64 with the generic kernels. They must come
// out on every machine. They change with Numerics and with nothing else:
// then put in what the failing test prints, and the hashes of selftest.go.
var golden = []struct {
	name  string
	model tinymodel.Config
	l     level
	sum   string
}{
	{"small", tinymodel.Small(), level{window: 128, stream: 100, streams: 8, block: 5000, prefer: true},
		"925fe01e73418a677369c9df950088cf17ee651543ced139a25960d8852a1e74"},
	{"default", tinymodel.Default(), level{window: 256, stream: 1000, streams: 2, block: 1500, prefer: true},
		"6acd37e49ee17eb8d2d4b76bd765fc22f4ea9c9c7c63c5ecfbf99774e9b1d255"},
	{"zstd", tinymodel.Small(), levels[1],
		"db796a54dab7e353b840bb8c5122bdc4f33363d64b50468a72b6e4286cac48f6"},
	{"strong", tinymodel.Small(), levels[3],
		"8c15f1251f0901e817f82aab9e96c1273ca0211524b1f3f22aa616e0d411bcd1"},
	{"mixing", tinymodel.Small(), level{profile: paq.Fast, log: 16, block: 1 << 20},
		"5365499f93b80b5e1b2d4aba010ca9a5a4e4e8305ef8bbdff223fb605712b1c7"},
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
