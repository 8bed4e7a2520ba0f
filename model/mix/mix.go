// Package mix combines opinions about a bit by logistic mixing (Mahoney, Adaptive
// Weighing of Context Models for Lossless Data Compression, 2005): their weighted
// sum in the log-odds domain, the weights following the gradient of the code length.
//
// It computes with integers; the result is the same with and without vectors.
package mix

// Weights have WeightBits fraction bits.
const WeightBits = 16

// Step is the number of opinions that vectors hold: mixers take a multiple of it.
const Step = 8

// Pad returns the least multiple of Step that is n or more.
func Pad(n int) int { return (n + Step - 1) / Step * Step }

// Dot returns the sum of the products, of as many x and w, a multiple of Step.
func Dot(x, w []int32) int64 {
	if len(x) == 0 || len(x)%Step != 0 || len(w) != len(x) {
		panic("mix: odd length")
	}
	return dot(x, w)
}

// Train moves the weights w, to which x were the inputs, by x·step/2^30, rounded.
func Train(x, w []int32, step int32) {
	if len(x) == 0 || len(x)%Step != 0 || len(w) != len(x) {
		panic("mix: odd length")
	}
	train(x, w, step)
}

func dotGeneric(x, w []int32) (sum int64) {
	w = w[:len(x)]
	for i, v := range x {
		sum += int64(v) * int64(w[i])
	}
	return sum
}

func trainGeneric(x, w []int32, step int32) {
	w = w[:len(x)]
	s := int64(step)
	for i, v := range x {
		w[i] += int32((int64(v)*s + 1<<29) >> 30)
	}
}
