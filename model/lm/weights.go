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
func (m *Model) NewWeights() *Weights {
	groups := m.head.Rows / kernel.ExpGroup
	return &Weights{
		f:      make([]uint32, m.head.Rows),
		sums:   make([]uint32, groups),
		before: make([]uint64, groups+1),
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
		logits, o := e.logits[i*head.Rows:][:head.Rows], out[i]
		for j := e.m.leaves; j < head.Rows; j++ {
			logits[j] = hidden
		}
		e.k.Exp(o.f, o.sums, logits, e.k.Max(logits))
		for g, s := range o.sums {
			o.before[g+1] = o.before[g] + uint64(s)
		}
		if visit != nil {
			visit(i)
		}
	}
}
