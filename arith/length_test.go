package arith

import (
	"math"
	"testing"

	"github.com/pith-codec/pith/internal/splitmix"
)

func TestCodeLength(t *testing.T) {
	var none Length
	if none.Bits() != 0 {
		t.Errorf("nothing takes %v bits", none.Bits())
	}
	// By hand: 1/2, 3/4 and 1/2^22.
	for _, c := range []struct {
		bit  int
		p    uint32
		want float64
	}{{1, 1 << 21, 1}, {0, 1 << 21, 1}, {0, 1 << 20, 2 - math.Log2(3)}, {1, 1, 22}, {0, 1<<22 - 1, 22}} {
		var l Length
		if l.Add(c.bit, c.p); math.Abs(l.Bits()-c.want) > 1e-8 {
			t.Errorf("%d at %d: %v bits, want %v", c.bit, c.p, l.Bits(), c.want)
		}
	}
}

// A message is as long as its code length, but for the coder's end and its rounding of
// extreme probabilities, either way.
func TestLengthOfMessage(t *testing.T) {
	r := splitmix.Source(5)
	for n := 0; n < 20000; n = n*2 + 1 {
		bits, ps := message(&r, n)
		var l Length
		want := 0.0
		for i, b := range bits {
			l.Add(b, ps[i])
			p := float64(ps[i]) / (1 << Bits)
			if b == 0 {
				p = 1 - p
			}
			want -= math.Log2(p)
		}
		if math.Abs(l.Bits()-want) > 1e-6 {
			t.Errorf("%d bits: length %v, want %v", n, l.Bits(), want)
		}
		if size := 8 * float64(len(encode(bits, ps))); math.Abs(size-l.Bits()) > 40+l.Bits()/1000 {
			t.Errorf("%d bits: %v in a message, length %v", n, size, l.Bits())
		}
	}
}
