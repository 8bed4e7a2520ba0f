package cm

import (
	"math/bits"

	"github.com/pith-codec/pith/internal/exact"
)

// Opinions about a bit are log-odds to the base 2, log2(p/(1−p)), with One
// standing for 1. Probabilities are of a 1, with ProbBits bits.
const (
	ProbBits = 22
	One      = 1 << 12

	maxProb    = 1<<ProbBits - 1
	MaxOpinion = ProbBits * One
)

// logTable[i] is log2(1 + i/4096)·One, rounded.
var logTable = func() (t [4096]int32) {
	for i := range t {
		// Compilers turn such a division into a product, and may fuse that.
		t[i] = int32(float64(exact.Log2(1+float64(float64(i)/4096))*One) + 0.5)
	}
	return t
}()

// Log2 returns log2(x)·One for x ≥ 1, truncating x to 13 leading bits.
func Log2(x uint64) int32 {
	n := bits.Len64(x) - 1
	return int32(n)*One + logTable[x<<(63-n)>>51&4095]
}

// Opinion returns the log-odds of weights: log2(one/zero)·One, both ≥ 1.
func Opinion(one, zero uint64) int32 { return Log2(one) - Log2(zero) }

// Stretch returns the log-odds of a probability, 1 ≤ p ≤ maxProb.
func Stretch(p uint32) int32 { return Log2(uint64(p)) - Log2(uint64(maxProb+1-p)) }

const squashStep = One / 64

// squashTable holds 2^22/(1+2^−x) for x from −MaxOpinion in steps of 1/64, with
// nine fraction bits.
var squashTable = func() (t [2*MaxOpinion/squashStep + 2]uint32) {
	for i := range t {
		x := float64(float64(i)/64) - ProbBits
		t[i] = uint32(float64(float64(1<<(ProbBits+9))/(1+exact.Exp2(-x))) + 0.5)
	}
	return t
}()

// Squash returns the probability of an opinion, within 1…maxProb.
func Squash(x int32) uint32 {
	x = clamp(x, -MaxOpinion, MaxOpinion) + MaxOpinion
	i, rest := x/squashStep, uint32(x%squashStep)
	p := (uint64(squashTable[i])*uint64(squashStep-rest) + uint64(squashTable[i+1])*uint64(rest)) / squashStep >> 9
	return min(max(uint32(p), 1), maxProb)
}

func clamp(x, low, high int32) int32 { return max(low, min(high, x)) }
