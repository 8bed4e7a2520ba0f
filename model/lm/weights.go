package lm

import "github.com/pith-codec/pith/model/lm/kernel"

// Weights is what the model says of one next token: an integer weight for
// each leaf, f = 1 + ⌊2^26·exp(logit−max)⌋, and their sums.
type Weights struct {
	f      []uint32 // [leaves, padded]
	sums   []uint32 // [leaves/32] sums of 32 weights
	before []uint64 // [leaves/32 + 1] sums of all weights before a group
}

// NewWeights returns room for one row's weights.
func (m *Model) NewWeights() *Weights { return NewWeights(m.leaves) }

// NewWeights returns room for the weights of so many leaves, which another engine
// predicts.
func NewWeights(leaves int) *Weights {
	padded := kernel.RoundUp(leaves, kernel.ExpGroup)
	return &Weights{
		f:      make([]uint32, padded),
		sums:   make([]uint32, padded/kernel.ExpGroup),
		before: make([]uint64, padded/kernel.ExpGroup+1),
	}
}

// Set makes w the weights of leaves with the given logits, natural logarithms that
// are finite; those that fill up its last group are overwritten.
func (w *Weights) Set(k *kernel.Impl, logits []float32) {
	leaves := len(logits)
	logits = logits[:len(w.f)]
	for j := leaves; j < len(logits); j++ {
		logits[j] = hidden
	}
	k.Exp(w.f, w.sums, logits, k.Max(logits))
	for g, s := range w.sums {
		w.before[g+1] = w.before[g] + uint64(s)
	}
}

// Sum returns the weight of the leaves lo…hi−1.
func (w *Weights) Sum(lo, hi int) uint64 { return w.upTo(hi) - w.upTo(lo) }

// upTo returns the weight of all leaves before n.
func (w *Weights) upTo(n int) uint64 {
	sum := w.before[n/kernel.ExpGroup]
	for _, f := range w.f[n/kernel.ExpGroup*kernel.ExpGroup : n] {
		sum += uint64(f)
	}
	return sum
}

// predict computes the output layer; every worker calls it.
func (e *Engine) predict(w int, out []*Weights, visit func(i int)) {
	head := e.m.head
	lo, hi := part(head.Rows/kernel.ExpGroup, w, e.t.size)
	per := kernel.ExpGroup / kernel.Lanes
	e.product(e.logits, head.Rows, head, lo*per, hi*per, e.wide, nil)
	e.t.barrier()
	lo, hi = part(len(e.rows), w, e.t.size)
	for i := lo; i < hi; i++ {
		out[i].Set(e.k, e.logits[i*head.Rows:][:e.m.leaves])
		if visit != nil {
			visit(i)
		}
	}
}
