package paq

import (
	"slices"

	"github.com/pith-codec/pith/model/cm"
	"github.com/pith-codec/pith/model/mix"
)

// enough is the error, of 2^-16, below which weights are left alone, for speed.
const enough = 24

// weightSet mixes n opinions, a multiple of mix.Step, by one of several vectors of
// weights.
type weightSet struct {
	weights []int32 // [contexts][n]
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

func (s weightSet) clone() weightSet {
	s.weights = slices.Clone(s.weights)
	return s
}

func (s *weightSet) mix(x []int32, context int) int32 {
	s.chosen = s.weights[context*s.n:][:s.n]
	sum := mix.Dot(x, s.chosen) >> mix.WeightBits
	s.opinion = int32(max(-cm.MaxOpinion, min(cm.MaxOpinion, sum)))
	return s.opinion
}

func (s *weightSet) learn(x []int32, bit int) {
	miss := (int32(bit<<cm.ProbBits) - int32(cm.Squash(s.opinion))) >> 6
	if -enough < miss && miss < enough {
		return
	}
	// Units: opinions 2^-12, miss 2^-16, rate 2^-16, weights 2^-16; mix.Train divides by 2^30.
	mix.Train(x, s.chosen, miss*s.rate<<2)
}
