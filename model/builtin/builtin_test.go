package builtin

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/internal/refdec"
)

// The second decoder, which computes a token at a time as NUMERICS.md says, restores what
// the built-in model was used for.
func TestSecondDecoder(t *testing.T) {
	if testing.Short() {
		t.Skip("a plain decoder takes its time with this model")
	}
	content := []byte(strings.Repeat("The second of the three lines, as it was in 1859.\r\n", 3) + "\x04 end")
	var file bytes.Buffer
	e, err := codec.NewEncoder(&file, codec.EncoderOptions{Model: func() (*codec.Model, error) { return Open(ID) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if kind := file.Bytes()[8] & 7; kind != 4 {
		t.Fatalf("the block has type %d, not 4", kind)
	}
	got, err := refdec.Decode(file.Bytes(), refdec.Inputs{Model: Parts(), Number: Number})
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%q and %v", got, err)
	}
}

func TestHash(t *testing.T) {
	h := sha256.New()
	for _, p := range Parts() {
		h.Write(p)
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != SHA256 {
		t.Errorf("the parts have the hash %s", got)
	}
}

// FORMAT.md says for ever which weights a number means.
func TestFormatNamesTheWeights(t *testing.T) {
	format, err := os.ReadFile("../../container/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	h, size := sha256.New(), 0
	for _, p := range Parts() {
		h.Write(p)
		size += len(p)
	}
	row := fmt.Sprintf("| %d | %d,%03d,%03d | %x |", Number, size/1_000_000, size/1000%1000, size%1000, h.Sum(nil))
	if !bytes.Contains(format, []byte("\n"+row+"\n")) {
		t.Errorf("FORMAT.md lacks the row %s", row)
	}
}
