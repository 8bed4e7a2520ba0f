package repair_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/repair"
)

func file(t *testing.T, h container.Header, contents ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := container.NewWriter(&out, h)
	for _, c := range contents {
		if err := w.WriteBlock(&container.Block{Type: container.Stored, Length: len(c), Hash: container.Hash([]byte(c)), Payload: []byte(c)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readable returns the number of blocks, and whether all is right.
func readable(file []byte) (blocks int, ok bool) {
	for r := container.NewReader(bytes.NewReader(file)); ; blocks++ {
		if _, err := r.Next(); err != nil {
			return blocks, err == io.EOF
		}
	}
}

func TestFile(t *testing.T) {
	plain := container.Header{Numerics: 300}
	full := container.Header{Model: container.ModelID{External: true, Size: 9}, Numerics: 3, Primed: true}
	one, several := file(t, plain, "one"), file(t, full, "first", "second", "third")
	joined := append(bytes.Clone(several), one...)
	for name, c := range map[string]struct {
		file   []byte
		blocks int
	}{"one": {one, 1}, "several": {several, 3}, "members": {joined, 4}, "empty": {file(t, plain), 1}} {
		if got, blocks := repair.File(c.file); !bytes.Equal(got, c.file) || blocks != c.blocks {
			t.Errorf("%s: %d blocks, %x made %x", name, blocks, c.file, got)
		}
		// Damage to any check or to content is made good; the content stays damaged.
		damaged := bytes.Clone(c.file)
		for i := len(damaged) - 1; i > len(damaged)-4; i-- {
			damaged[i] ^= 0x55
		}
		damaged[1] ^= 7
		if _, ok := readable(damaged); ok {
			t.Fatalf("%s: not damaged", name)
		}
		repaired, _ := repair.File(damaged)
		if n, ok := readable(repaired); !ok || n != c.blocks {
			t.Errorf("%s: %d blocks are readable, %v", name, n, ok)
		}
	}
	// Whatever it gets, it ends.
	for n := range joined {
		repair.File(joined[:n])
		repair.File(joined[n:])
	}
	repair.File(bytes.Repeat([]byte{0xFF}, 100))
}
