package paq

import "github.com/pith-codec/pith/model/cm"

// enough is the error, of 2^-16, below which weights are left alone, for speed.
const enough = 24

// weightSet mixes opinions by one of several vectors of weights, in the
// log-odds domain, and follows the gradient of the code length.
type weightSet struct {
	weights []int32 // [contexts][n], unit 1<<16
	n       int
	chosen  []int32
	opinion int32
	rate    int32 // of 2^-16
}

func newWeightSet(contexts, n int, initial, rate int32) weightSet {
	s := weightSet{weights: make([]int32, contexts*n), n: n, rate: rate}
	for i := range s.weights {
		s.weights[i] = initial
	}
	return s
}

func (s *weightSet) mix(x []int32, context int) int32 {
	w := s.weights[context*s.n:][:s.n]
	s.chosen = w
	x = x[:len(w)]
	var sum int64
	for i, v := range w {
		sum += int64(x[i]) * int64(v)
	}
	s.opinion = int32(max(-cm.MaxOpinion, min(cm.MaxOpinion, sum>>16)))
	return s.opinion
}

func (s *weightSet) learn(x []int32, bit int) {
	miss := (int32(bit<<cm.ProbBits) - int32(cm.Squash(s.opinion))) >> 6
	if -enough < miss && miss < enough {
		return
	}
	step := int64(miss) * int64(s.rate)
	w := s.chosen
	x = x[:len(w)]
	// Units: opinions 2^-12, miss 2^-16, rate 2^-16, weights 2^-16.
	const shift = 12 + 16 + 16 - 16
	for i, v := range x {
		w[i] += int32((int64(v)*step + 1<<(shift-1)) >> shift)
	}
}
