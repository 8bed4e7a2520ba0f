package cm

import (
	"math"
	"testing"

	"github.com/pith-codec/pith/internal/shareddata"
)

// bitsFor returns the ideal code length of text for the mixer alone.
func bitsFor(text []byte) float64 {
	m := New(1, len(text))
	h, sum := m.History(0), 0.0
	for _, c := range text {
		for i := 7; i >= 0; i-- {
			bit := int(c >> i & 1)
			p := float64(m.Predict(h, Expert{})) / (1 << ProbBits)
			if bit == 0 {
				p = 1 - p
			}
			sum -= math.Log2(p)
			m.Update(h, bit)
		}
	}
	return sum
}

// The bounds are those of zpaq -m4 on the same files, plus 3 %.
func TestAloneOnText(t *testing.T) {
	for name, most := range map[string]float64{
		"canterbury/alice29.txt":  2.054 * 1.03,
		"canterbury/asyoulik.txt": 2.311 * 1.03,
	} {
		text := shareddata.Read(t, "corpora/"+name)
		got := bitsFor(text) / float64(len(text))
		t.Logf("%s: %.4f bits per byte", name, got)
		if got > most {
			t.Errorf("%s: %.4f bits per byte, want at most %.4f", name, got, most)
		}
	}
}
