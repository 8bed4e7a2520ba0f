package cm

import (
	"slices"

	"github.com/pith-codec/pith/model/mix"
)

// Ending predicts whether an expert's symbol ends after the bytes it has so
// far: a decision that a byte history does not show. Its contexts are numbers
// from outside, such as the symbol so far and what came before it.
type Ending struct {
	m      *Model
	cells  []cell // direct-mapped, by hash
	runs   [endContexts]runs
	mixer  mixer
	refine APM

	// Of the decision predicted last:
	at      [endContexts]*cell
	guesses [matchers]guess
}

const (
	endContexts = 3
	endInputs   = 2*endContexts + matchers + 2
	endCells    = 1 << 18
)

// NewEnding returns a predictor of endings in the histories of m.
func NewEnding(m *Model) *Ending {
	e := &Ending{m: m, cells: make([]cell, endCells), refine: NewAPM(ExpertClasses * depths)}
	for i := range e.cells {
		e.cells[i] = newCell()
	}
	for i := range e.runs {
		e.runs[i] = newRuns()
	}
	initial := make([]int32, endInputs)
	initial[0] = 1 << weightBits
	e.mixer = newMixer(initial, []int{ExpertClasses * depths, matchClasses},
		rate{first: 24, last: 2, half: 128}, rate{first: 12, last: 2, half: 256})
	return e
}

// Fork returns a predictor for m, a fork of its own model, that knows what e knows.
func (e *Ending) Fork(m *Model) *Ending {
	f := *e
	f.m, f.cells, f.mixer, f.refine = m, slices.Clone(e.cells), e.mixer.clone(), e.refine.Clone()
	return &f
}

// Predict returns the probability that the symbol ends here.
func (e *Ending) Predict(h *History, x Expert, contexts [endContexts]uint32) uint32 {
	in := append(e.mixer.x[:0], x.Opinion, One/4)
	for i, context := range contexts {
		e.at[i] = &e.cells[hash2(context, uint32(i))&(endCells-1)]
		in = append(in, e.at[i].confident(), e.runs[i].opinion(*e.at[i]))
	}
	longest := 0
	for i, matcher := range e.m.matchers {
		e.guesses[i] = guess{}
		if p := h.match[i]; p.length > 0 {
			e.guesses[i] = guess{&matcher.endings[p.class()], b2i(p.ended(e.m.histories))}
			longest = max(longest, p.class())
		}
		in = append(in, e.guesses[i].opinion())
	}
	e.mixer.x = e.mixer.x[:mix.Pad(endInputs)]
	class := x.Class*depths + min(x.Depth, depths-1)
	mixed := e.mixer.mix([]int{class, longest}, class)
	if e.m.off.endings {
		return Squash(x.Opinion)
	}
	return Squash((3*mixed + e.refine.Refine(mixed, class)) / 4)
}

// Update learns the decision that Predict was asked about.
func (e *Ending) Update(bit int) {
	e.mixer.learn(bit)
	e.refine.Update(bit)
	for i, c := range e.at {
		e.runs[i].learn(c, bit)
	}
	for _, g := range e.guesses {
		g.learn(bit)
	}
}

// Rare is the Adaptive probability of an event that may never happen.
type Rare struct{ p Adaptive }

// NewRare returns a Rare that expects the event once in 2^log times, as if it had
// learnt that from count decisions.
func NewRare(log, count int) Rare { return Rare{AdaptiveAt(1<<(ProbBits-log), uint32(count))} }

// Predict returns the probability of the event.
func (r *Rare) Predict() uint32 { return r.p.Prob() }

// Update learns whether the event happened.
func (r *Rare) Update(bit int) { r.p.Update(bit, matchLimit) }
