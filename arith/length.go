package arith

import (
	"math/bits"

	"github.com/pith-codec/pith/internal/exact"
)

// Length is the code length of bits with their probabilities, −log2 of the product of
// these: what a coder takes for them but for the end of its message. It is
// computed with integers, so that it is the same on every machine. The zero value
// is ready for use.
type Length struct {
	product uint64 // in [2^63, 2^64), unit 2^−63; 0 is 1
	halved  int64  // how often it was doubled to stay there
}

// one is the product of no probabilities.
const one = 1 << 63

// Add takes in a bit of which 1 has the probability p/2^Bits, as Encoder.Encode does.
func (l *Length) Add(bit int, p uint32) {
	if bit == 0 {
		p = 1<<Bits - p
	}
	if l.product == 0 {
		l.product = one
	}
	high, low := bits.Mul64(l.product, uint64(p)<<(64-Bits))
	zeros := bits.LeadingZeros64(high)
	l.product = high<<zeros | low>>(64-zeros)
	l.halved += int64(zeros)
}

// Bits returns the length in bits.
func (l *Length) Bits() float64 {
	return float64(l.halved) - exact.Log2(float64(float64(max(l.product, one))/one))
}
