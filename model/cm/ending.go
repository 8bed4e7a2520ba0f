package cm

// Ending predicts whether an expert's symbol ends after the bytes it has so
// far: a decision that a byte history does not show. Its contexts are numbers
// from outside, such as the symbol so far and what came before it.
type Ending struct {
	m      *Model
	cells  []cell // direct-mapped, by hash
	hist   [endContexts][256]adaptive
	mixer  mixer
	refine apm

	// Of the decision predicted last:
	at       [endContexts]*cell
	guess    [matchers]int
	expected [matchers]int
}

const (
	endContexts = 3
	endInputs   = 2*endContexts + matchers + 2
	endCells    = 1 << 18
)

// NewEnding returns a predictor of endings in the histories of m.
func NewEnding(m *Model) *Ending {
	e := &Ending{m: m, cells: make([]cell, endCells), refine: newAPM(ExpertClasses * depths)}
	for i := range e.cells {
		e.cells[i] = newCell()
	}
	for i := range e.hist {
		for h := range e.hist[i] {
			e.hist[i][h] = adaptiveAt(1<<(ProbBits-1), 0)
		}
	}
	initial := make([]int32, endInputs)
	initial[0] = 1 << weightBits
	e.mixer = newMixer(initial, []int{ExpertClasses * depths, matchClasses},
		rate{first: 24, last: 2, half: 128}, rate{first: 12, last: 2, half: 256})
	return e
}

// Predict returns the probability that the symbol ends here.
func (e *Ending) Predict(h *History, x Expert, contexts [endContexts]uint32) uint32 {
	in := append(e.mixer.x[:0], x.Opinion, One/4)
	for i, context := range contexts {
		e.at[i] = &e.cells[hash2(context, uint32(i))&(endCells-1)]
		c := *e.at[i]
		in = append(in, confident(c), 0)
		if past := c.history(); past != 0 {
			in[len(in)-1] = stretch(e.hist[i][past].prob())
		}
	}
	longest := 0
	for i, matcher := range e.m.matchers {
		e.guess[i] = -1
		opinion, p := int32(0), h.match[i]
		if p.length > 0 {
			class := p.class()
			longest = max(longest, class)
			e.guess[i], e.expected[i] = class, b2i(p.ended(e.m.histories))
			opinion = stretch(matcher.endings[class].prob())
			if e.expected[i] == 0 {
				opinion = -opinion
			}
		}
		in = append(in, opinion)
	}
	e.mixer.x = in
	class := x.Class*depths + min(x.Depth, depths-1)
	mixed := e.mixer.mix([]int{class, longest}, class)
	return squash((3*mixed + e.refine.refine(mixed, class)) / 4)
}

// Update learns the decision that Predict was asked about.
func (e *Ending) Update(bit int) {
	e.mixer.learn(bit)
	e.refine.update(bit)
	for i, c := range e.at {
		if past := c.history(); past != 0 {
			e.hist[i][past].update(bit, histLimit)
		}
		c.update(bit, cellLimit)
	}
	for i, g := range e.guess {
		if g >= 0 {
			e.m.matchers[i].endings[g].update(b2i(e.expected[i] == bit), matchLimit)
		}
	}
}

// Rare is the adaptive probability of an event that may never happen.
type Rare struct{ p adaptive }

// NewRare returns a Rare that expects the event once in 2^14 times.
func NewRare() Rare { return Rare{adaptiveAt(1<<(ProbBits-14), 200)} }

// Predict returns the probability of the event.
func (r *Rare) Predict() uint32 { return r.p.prob() }

// Update learns whether the event happened.
func (r *Rare) Update(bit int) { r.p.update(bit, matchLimit) }
