package paq

import "github.com/pith-codec/pith/model/cm"

// cell is what a context remembers of one bit: a probability (16 bits, less a
// half, so that a cell of zeros is a new one), how many bits it has seen (8),
// and their history (8).
type cell uint32

func (c cell) prob() uint32   { return uint32(c)>>16 ^ 1<<15 }
func (c cell) count() uint32  { return uint32(c) >> 8 & 255 }
func (c cell) history() state { return state(c) }

func (c *cell) update(bit int, limit uint32) {
	p, n := int32(c.prob()), c.count()
	p += (int32(bit*65535) - p) * pace[n] >> 16
	if n < limit {
		n++
	}
	*c = cell(uint32(p)<<16 ^ 1<<31 | n<<8 | uint32(transitions[c.history()][bit]))
}

// pace[n] is how far the bit after n others moves a cell's probability, 2^15 being all
// the way; sureness[n], of 256, is how far a cell of n bits is believed.
var pace, sureness = func() (p, s [256]int32) {
	for n := range p {
		p[n] = int32(2 << 16 / (2*n + 3))
		s[n] = int32(256 * n / (n + 1))
	}
	return p, s
}()

// stretched[p>>4] is the log-odds of a probability of 16 bits.
var stretched = func() (t [4096]int32) {
	for i := range t {
		t[i] = cm.Stretch(uint32(2*i+1) << (cm.ProbBits - 13))
	}
	return t
}()

// slot holds a context's cells for half a byte, in one line of the cache: cell
// 0 is a check, cell i ≥ 1 belongs to the bits that i is behind a leading one.
type slot [16]cell

// slots is a hash table of slots. A context that finds none of its own takes the
// less used of two neighbours.
type slots struct {
	table []slot
	shift uint
}

func newSlots(log int) slots { return slots{make([]slot, 1<<log), uint(32 - log)} }

// touch returns where a context's hash belongs and the check of what lies there. Reading
// that for all contexts before the first find lets the loads overlap.
func (s *slots) touch(hash uint32) (i uint32, check cell) {
	i = hash * 0x9E3779B1 >> s.shift
	return i, s.table[i][0]
}

func (s *slots) find(hash, i uint32) *slot {
	check := cell(hash | 1)
	a := &s.table[i]
	if a[0] == check {
		return a
	}
	b := &s.table[i^1]
	if b[0] == check {
		return b
	}
	if b[1].count() < a[1].count() {
		a = b
	}
	*a = slot{check}
	return a
}

func hash2(a, b uint32) uint32 {
	h := a*0x2C1B3C6D + b*0x297A2D39 + 0x7FEB352D
	h = (h ^ h>>15) * 0x846CA68B
	return h ^ h>>13
}
