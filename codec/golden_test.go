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
		"dd779bcf6d2fd5b30d211a41750de7fce05671d41e393e5eab5f66f9b961a4b9"},
	{"default", tinymodel.Default(), level{window: 256, stream: 1000, streams: 2, block: 1500, prefer: true},
		"1faf525aacd6c05e6dcbb9b727df7e31fa52f06ba814933516a876a917a904bd"},
	{"zstd", tinymodel.Small(), levels[1],
		"518320cf7ee17ada0ea39f058e3bd7c41d5c0d381afdf34041dce6070ebb6b4c"},
	{"strong", tinymodel.Small(), levels[3],
		"0402f78b3403a9ab2944cdf3f255ac2e14f3796dc461c8c8897a5be9c23ab13a"},
	{"mixing", tinymodel.Small(), level{profile: paq.Fast, log: 16, block: 1 << 20},
		"a291aef14f5b4a12440f2594c5613706d621ba54fe72743596e11da8900b8999"},
}

func TestGolden(t *testing.T) { CheckGolden(t) }

// CheckGolden makes the golden files.
func CheckGolden(t testing.TB) {
	t.Helper()
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
