package builtin

import (
	"crypto/sha256"
	"fmt"
	"testing"
)

func TestHash(t *testing.T) {
	h := sha256.New()
	for _, p := range Parts() {
		h.Write(p)
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != SHA256 {
		t.Errorf("the parts have the hash %s", got)
	}
}
