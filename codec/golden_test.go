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

// golden holds the SHA-256 of files made by numerics version 5, with tiny
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
		"a0cdadbfaa43faabfdb2164dc213ec854071f1f59e1484f55f0827d23bac8757"},
	{"default", tinymodel.Default(), level{window: 256, stream: 1000, streams: 2, block: 1500, prefer: true},
		"2f218e966abf60108a49fc404f068264e946437fa6a3ded7f0263ba16702121c"},
	{"zstd", tinymodel.Small(), levels[1],
		"c40708f77b6f8f81bdda78e93b64022e8f39f2c4abc3ef76bd2c057c6fd3557c"},
	{"strong", tinymodel.Small(), levels[3],
		"b9c7e7b36e1bc6b16bee4b5440be748bc9ac5d8d3c41257c6341d694274e0bdc"},
	{"mixing", tinymodel.Small(), level{profile: paq.Fast, log: 16, block: 1 << 20},
		"f610e48821c16f23bafa8c28b423648dddf09d42b0ca6306c344a46b7bc59cf0"},
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
