package refdec

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestVectors compares the parser with the vectors, classes of errors and blocks before them.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("../../container/testdata/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]Class{"good": "", "corrupt": Corrupt, "truncated": Truncated, "unsupported": Unsupported, "format": NotPith}
	n := 0
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if f[0] == "#" {
			continue
		}
		n++
		want, known := classes[f[1]]
		if !known {
			t.Fatalf("%s: class %q", f[0], f[1])
		}
		file, err := hex.DecodeString(strings.Trim(f[3], "-"))
		if err != nil {
			t.Fatal(err)
		}
		blocks, e := parse(file)
		var got Class
		if e != nil {
			got = e.Class
		}
		if returned, _ := strconv.Atoi(f[2]); got != want || len(blocks) != returned {
			t.Errorf("%s: %q after %d blocks, not %q after %d", f[0], got, len(blocks), want, returned)
		}
	}
	if n < 150 {
		t.Errorf("only %d vectors", n)
	}
}

func TestHash(t *testing.T) {
	long := strings.Repeat("0123456789", 10)
	for text, want := range map[string]uint64{"": 0xEF46DB3751D8E999, "abc": 0x44BC2CF5AD770999} {
		if got := xxh64([]byte(text)); got != want {
			t.Errorf("xxh64(%q) = %x, not %x", text, got, want)
		}
	}
	if got := crc32c([]byte(long[:5]), []byte("678")); got != crc32c([]byte("01234678")) {
		t.Error("crc32c of parts is not that of the whole")
	}
	if got := crc32c([]byte("123456789")); got != 0xE3069283 {
		t.Errorf("crc32c = %x", got)
	}
}
