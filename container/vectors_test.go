package container

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestVectors reads files made by testdata/vectors.py, which knows the format
// from its document alone. Of each it is said which class of error must come,
// and how many blocks before it.
func TestVectors(t *testing.T) {
	list, err := os.ReadFile("testdata/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for line := range strings.Lines(string(list)) {
		field := strings.Fields(line)
		if field[0] == "#" {
			continue
		}
		name, want := field[0], field[1]
		returned, err := strconv.Atoi(field[2])
		if err != nil {
			t.Fatal(err)
		}
		file, err := hex.DecodeString(strings.Trim(field[3], "-"))
		if err != nil {
			t.Fatal(err)
		}
		count[want]++
		blocks, _, err := readAll(bytes.NewReader(file))
		if got := class(err); got != want || len(blocks) != returned {
			t.Errorf("%s: %s after %d blocks, want %s after %d (%v)", name, got, len(blocks), want, returned, err)
		}
		if want == "good" {
			if got := rewrite(t, file); !bytes.Equal(got, file) {
				t.Errorf("%s: %x rewritten as %x", name, file, got)
			}
			for i, b := range blocks {
				if b.Type == Stored && Hash(b.Payload) != b.Hash {
					t.Errorf("%s: hash of block %d differs", name, i)
				}
			}
		}
	}
	for _, c := range []string{"good", "corrupt", "truncated", "unsupported", "format"} {
		if count[c] < 5 {
			t.Errorf("%d vectors of class %s", count[c], c)
		}
	}
	if sum := count["corrupt"] + count["truncated"] + count["unsupported"] + count["format"]; sum < 100 {
		t.Errorf("%d vectors with a fault, want 100 at least", sum)
	} else {
		t.Logf("%s tried %d vectors with a fault, %d without", t.Name(), sum, count["good"])
	}
}

func class(err error) string {
	var corrupt *CorruptError
	var unsupported *UnsupportedError
	switch {
	case err == nil:
		return "good"
	case err == ErrFormat:
		return "format"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated"
	case errors.As(err, &unsupported):
		return "unsupported"
	case errors.As(err, &corrupt):
		return "corrupt"
	}
	return err.Error()
}
