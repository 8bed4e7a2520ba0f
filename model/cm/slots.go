package cm

// cell is what a context remembers of a bit: a probability of 16 bits, how
// many bits it has seen (8), and the last seven of them (8, behind a leading
// one; zero if none).
type cell uint32

func newCell() cell { return 1 << 31 }

func (c cell) prob() uint32    { return max(uint32(c)>>16<<(ProbBits-16), 1) }
func (c cell) count() uint32   { return uint32(c) >> 8 & 255 }
func (c cell) history() uint32 { return uint32(c) & 255 }

func (c *cell) update(bit int, limit uint32) {
	p, n, h := int32(*c>>16), c.count(), c.history()
	p += (int32(bit*65535) - p) * int32(reciprocal[n]>>2) >> 14
	if n < limit {
		n++
	}
	h = max(h, 1)<<1 | uint32(bit)
	if h > 255 {
		h = 128 | h&127
	}
	*c = cell(uint32(p)<<16 | n<<8 | h)
}

// confident returns the cell's opinion, weakened while it has seen few bits.
func (c cell) confident() int32 {
	n := int32(c.count())
	return Stretch(c.prob()) * n / (n + 1)
}

// runs says what followed each sequence of last bits in cells of one context:
// an indirect model, as the cells' own probabilities are direct ones.
type runs [256]Adaptive

func newRuns() (r runs) {
	for i := range r {
		r[i] = AdaptiveAt(1<<(ProbBits-1), 0)
	}
	return r
}

// opinion returns what followed the cell's last bits, 0 if it has none.
func (r *runs) opinion(c cell) int32 {
	if c.history() == 0 {
		return 0
	}
	return Stretch(r[c.history()].Prob())
}

// learn updates the cell, and what is known of its last bits.
func (r *runs) learn(c *cell, bit int) {
	if past := c.history(); past != 0 {
		r[past].Update(bit, histLimit)
	}
	c.update(bit, cellLimit)
}

const (
	cellLimit = 250
	histLimit = 255
)

// slot holds a context's cells for one half of a byte: cell 0 is a check, cell
// i ≥ 1 belongs to the bits i stands for behind a leading one.
type slot [16]cell

// slots is a hash table of slots. A context that finds no slot of its own takes
// the less used of two.
type slots struct {
	table []slot
	mask  uint32
}

func newSlots(n int) slots { return slots{table: make([]slot, n), mask: uint32(n - 1)} }

// find returns the slot of a context's hash.
func (s *slots) find(hash uint32) *slot {
	check := cell(hash>>8 | 1)
	i := hash * 0x9E3779B1 >> 7 & s.mask
	a, b := &s.table[i], &s.table[i^1]
	switch {
	case a[0] == check:
		return a
	case b[0] == check:
		return b
	case a[0] != 0 && (b[0] == 0 || b[1].count() < a[1].count()):
		a = b
	}
	for j := range a {
		a[j] = newCell()
	}
	a[0] = check
	return a
}

// hash2 mixes two numbers.
func hash2(a, b uint32) uint32 {
	h := a*0x2C1B3C6D + b*0x297A2D39 + 0x7FEB352D
	h = (h ^ h>>15) * 0x846CA68B
	return h ^ h>>13
}
