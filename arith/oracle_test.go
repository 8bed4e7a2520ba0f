package arith

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/pith-codec/pith/internal/splitmix"
)

// oracle computes a message from the definition in doc.go with unbounded
// numbers: low is kept whole, so that there are no carries, and the end is
// found by trying every number of digits.
func oracle(bits []int, ps []uint32) []byte {
	low, places := new(big.Int), uint(32) // the unit is 2^-places
	width := big.NewInt(1<<32 - 1)
	for i, bit := range bits {
		bound := new(big.Int).Mul(width, big.NewInt(int64(ps[i])))
		bound.Rsh(bound, Bits)
		if bit == 1 {
			width = bound
		} else {
			low.Add(low, bound)
			width.Sub(width, bound)
		}
		for width.BitLen() <= 24 {
			low.Lsh(low, 8)
			width.Lsh(width, 8)
			places += 8
		}
	}
	end := new(big.Int).Add(low, width)
	for length := uint(0); ; length++ {
		// The least multiple of 256^-length that is not below low.
		unit := new(big.Int).Lsh(big.NewInt(1), places-8*length)
		digits := new(big.Int).Add(low, unit)
		digits.Sub(digits, big.NewInt(1)).Div(digits, unit)
		if new(big.Int).Mul(digits, unit).Cmp(end) < 0 {
			return digits.FillBytes(make([]byte, length))
		}
	}
}

func TestOracle(t *testing.T) {
	r := splitmix.Source(13)
	for n := range 1500 {
		bits, ps := message(&r, n%300)
		if got, want := encode(bits, ps), oracle(bits, ps); !bytes.Equal(got, want) {
			t.Fatalf("%v with %v: %x, want %x", bits, ps, got, want)
		}
	}
}
