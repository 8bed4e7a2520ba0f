package cm

import (
	"slices"

	"github.com/pith-codec/pith/model/mix"
)

// mixer combines opinions by logistic mixing (Mahoney, Adaptive Weighing of
// Context Models for Lossless Data Compression, 2005): their weighted sum in
// the log-odds domain, the weights following the gradient of the code length.
// Several sets of weights, each selected by a context of its own, give an
// opinion each; a second mixer combines those.
type mixer struct {
	sets  []weightSet
	x     []int32 // inputs of the bit at hand
	y     []int32 // opinions of the sets
	final weightSet
}

// weightSet holds a vector of weights for each context.
type weightSet struct {
	weights []int32 // [contexts][inputs], unit 1<<weightBits
	seen    []uint16
	rate    rate
	context int
	opinion int32
}

// rate is a learning rate that falls from first to last as a context is seen:
// first·half/(half+n), in units of 1/4096, but no less than last.
type rate struct{ first, last, half int32 }

const weightBits = mix.WeightBits

func newWeightSet(contexts int, initial []int32, r rate) weightSet {
	s := weightSet{weights: make([]int32, 0, contexts*len(initial)), seen: make([]uint16, contexts), rate: r}
	for range contexts {
		s.weights = append(s.weights, initial...)
	}
	return s
}

func (s weightSet) clone() weightSet {
	s.weights, s.seen = slices.Clone(s.weights), slices.Clone(s.seen)
	return s
}

// mix returns the opinion of the context's weights on x.
func (s *weightSet) mix(x []int32, context int) int32 {
	s.context = context
	w := s.weights[context*len(x):][:len(x)]
	s.opinion = int32(max(-MaxOpinion, min(MaxOpinion, mix.Dot(x, w)>>weightBits)))
	return s.opinion
}

// learn moves the weights used last towards the bit.
func (s *weightSet) learn(x []int32, bit int) {
	miss := int32(bit<<ProbBits) - int32(Squash(s.opinion))
	n := int32(s.seen[s.context])
	step := max(s.rate.last, s.rate.first*s.rate.half/(s.rate.half+n))
	if s.seen[s.context] < 1<<16-1 {
		s.seen[s.context]++
	}
	// Units: opinions 2^-12, miss 2^-22, step 2^-12, weights 2^-16; mix.Train divides by 2^30.
	mix.Train(x, s.weights[s.context*len(x):][:len(x)], miss*step)
}

func newMixer(initial []int32, contexts []int, first, final rate) mixer {
	m := mixer{x: make([]int32, mix.Pad(len(initial))), y: make([]int32, mix.Pad(len(contexts)))}
	initial = append(initial, make([]int32, len(m.x)-len(initial))...)
	share := make([]int32, len(m.y))
	for i, n := range contexts {
		m.sets = append(m.sets, newWeightSet(n, initial, first))
		share[i] = 1 << weightBits / int32(len(contexts))
	}
	m.final = newWeightSet(256, share, final)
	return m
}

func (m *mixer) clone() mixer {
	c := mixer{sets: slices.Clone(m.sets), x: slices.Clone(m.x), y: slices.Clone(m.y), final: m.final.clone()}
	for i := range c.sets {
		c.sets[i] = c.sets[i].clone()
	}
	return c
}

// mix returns the joint opinion on m.x.
func (m *mixer) mix(contexts []int, final int) int32 {
	for i := range m.sets {
		m.y[i] = m.sets[i].mix(m.x, contexts[i])
	}
	return m.final.mix(m.y, final)
}

func (m *mixer) learn(bit int) {
	for i := range m.sets {
		m.sets[i].learn(m.x, bit)
	}
	m.final.learn(m.y, bit)
}
