package shareddata

import (
	"bytes"
	"testing"
)

// The parts come in order, of which each is a GGUF file by itself.
func TestWeights(t *testing.T) {
	parts := Weights(t)
	if len(parts) != 3 {
		t.Fatalf("%d parts, want 3", len(parts))
	}
	for i, p := range parts {
		if !bytes.HasPrefix(p, []byte("GGUF")) {
			t.Errorf("part %d begins with %q", i, p[:min(4, len(p))])
		}
	}
}
