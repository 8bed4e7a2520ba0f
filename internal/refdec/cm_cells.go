package refdec

// A cmCell is what the mixer beside the language model remembers of a bit in a context.
type cmCell struct {
	p, n int32
	h    int32
}

var freshCmCell = cmCell{p: 1 << 15}

func (c *cmCell) learn(bit int) {
	c.p += (int32(bit*65535) - c.p) * ((1 << 17) / (2*c.n + 3) / 4) >> 14
	if c.n < 250 {
		c.n++
	}
	c.h = max(c.h, 1)*2 + int32(bit)
	if c.h > 255 {
		c.h = 128 | c.h&127
	}
}

func (c *cmCell) direct() int32 { return stretch(uint32(max(1, 64*c.p))) * c.n / (c.n + 1) }

// A run has the adaptives of one context by the last bits of its cells.
type run [256]adaptive

func newRun() *run {
	r := &run{}
	for i := range r {
		r[i] = adaptive{1 << 21, 0}
	}
	return r
}

func (r *run) indirect(c *cmCell) int32 {
	if c.h == 0 {
		return 0
	}
	return stretch(r[c.h].prob())
}

func (r *run) learn(c *cmCell, bit int) {
	if c.h != 0 {
		r[c.h].learn(bit, 255)
	}
	c.learn(bit)
}

type cmSlot struct {
	check uint32
	cells [16]cmCell
}

type cmSlots []cmSlot

func (t cmSlots) find(h uint32) *cmSlot {
	at := int(h*0x9E3779B1>>7) & (len(t) - 1)
	check := h>>8 | 1
	a, b := &t[at], &t[at^1]
	switch {
	case a.check == check:
		return a
	case b.check == check:
		return b
	case a.check == 0:
	case b.check == 0 || b.cells[1].n < a.cells[1].n:
		a = b
	}
	a.check = check
	for i := range a.cells {
		a.cells[i] = freshCmCell
	}
	return a
}

// A cmMixer has weights in two layers.
type cmMixer struct {
	sets        []*weighting
	seen        [][]int32 // by set, the last one too, and context
	last        *weighting
	x, y        []int32
	first, then rate
}

// A rate is (a, b, h) of MIXING.md.
type rate struct{ a, b, h int32 }

func newCmMixer(initial []int32, contexts []int, lastContexts int, first, then rate) *cmMixer {
	m := &cmMixer{first: first, then: then}
	var share []int32
	for _, n := range contexts {
		m.sets = append(m.sets, newWeighting(n, initial))
		m.seen = append(m.seen, make([]int32, n))
		share = append(share, int32(1<<16/len(contexts)))
	}
	m.last = newWeighting(lastContexts, share)
	m.seen = append(m.seen, make([]int32, lastContexts))
	return m
}

func (m *cmMixer) mix(x []int32, contexts []int, last int) int32 {
	m.x, m.y = x, m.y[:0]
	for i, s := range m.sets {
		m.y = append(m.y, s.mix(x, contexts[i]))
	}
	return m.last.mix(m.y, last)
}

func (m *cmMixer) learn(bit int) {
	for i, s := range append(m.sets[:len(m.sets):len(m.sets)], m.last) {
		x, r := m.x, m.first
		if s == m.last {
			x, r = m.y, m.then
		}
		e := int32(bit<<22) - int32(squash(s.opinion))
		n := &m.seen[i][s.context]
		s.learn(x, e*max(r.b, r.a*r.h/(r.h+*n)))
		*n = min(*n+1, 65535)
	}
}
