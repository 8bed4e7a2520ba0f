package cm

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

const (
	weightBits = 16
	maxWeight  = 1 << (weightBits + 6)
)

func newWeightSet(contexts int, initial []int32, r rate) weightSet {
	s := weightSet{weights: make([]int32, 0, contexts*len(initial)), seen: make([]uint16, contexts), rate: r}
	for range contexts {
		s.weights = append(s.weights, initial...)
	}
	return s
}

// mix returns the opinion of the context's weights on x.
func (s *weightSet) mix(x []int32, context int) int32 {
	s.context = context
	w := s.weights[context*len(x):][:len(x)]
	var sum int64
	for i, v := range x {
		sum += int64(v) * int64(w[i])
	}
	s.opinion = int32(max(-MaxOpinion, min(MaxOpinion, sum>>weightBits)))
	return s.opinion
}

// learn moves the weights used last towards the bit.
func (s *weightSet) learn(x []int32, bit int) {
	miss := int64(bit<<ProbBits) - int64(Squash(s.opinion))
	n := int32(s.seen[s.context])
	step := int64(max(s.rate.last, s.rate.first*s.rate.half/(s.rate.half+n)))
	if s.seen[s.context] < 1<<16-1 {
		s.seen[s.context]++
	}
	w := s.weights[s.context*len(x):][:len(x)]
	// Units: opinions 2^-12, miss 2^-22, step 2^-12, weights 2^-16.
	const shift = 12 + ProbBits + 12 - weightBits
	for i, v := range x {
		moved := int64(w[i]) + (int64(v)*miss>>8*step+1<<(shift-9))>>(shift-8)
		w[i] = int32(max(-maxWeight, min(maxWeight, moved)))
	}
}

func newMixer(initial []int32, contexts []int, first, final rate) mixer {
	m := mixer{y: make([]int32, len(contexts))}
	share := make([]int32, len(contexts))
	for i, n := range contexts {
		m.sets = append(m.sets, newWeightSet(n, initial, first))
		share[i] = 1 << weightBits / int32(len(contexts))
	}
	m.final = newWeightSet(256, share, final)
	m.x = make([]int32, 0, len(initial))
	return m
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
