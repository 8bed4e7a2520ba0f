// Package paq predicts the bits of a block by context mixing alone, in the
// manner of lpaq and paq8 (Mahoney, Data Compression Explained, ch. 4.3): the bit
// history that each context has seen stands for an adaptive probability, match models
// guess the next byte, selected weights mix them, and adaptive probability maps
// correct the result.
//
// It computes with integers only. All that it learns from is the bits before, in
// order.
package paq

import (
	"math/bits"
	"slices"

	"github.com/pith-codec/pith/internal/hugepage"
	"github.com/pith-codec/pith/model/cm"
	"github.com/pith-codec/pith/model/mix"
)

// Profile says how much is computed for each bit.
type Profile int

// Profiles.
const (
	Fast   Profile = iota // some orders, one match length
	Strong                // all contexts
	Profiles
)

// Log bounds the size of the table of contexts: 2^Log lines of 64 bytes.
const (
	MinLog = 12
	MaxLog = 22
)

// LogFor returns the Log for a block of size bytes, 4 lines a byte, but at most 2^most.
func LogFor(size, most int) int {
	return min(most, max(MinLog, bits.Len(uint(4*size-1))))
}

// Memory returns an upper bound of what a model takes for a block of size bytes, in bytes.
func Memory(log, size int) int64 { return 64<<log + 3*4<<min(log-1, maxMatchLog) + int64(size) + 8<<20 }

const (
	historyLimit = 400 // bits from which on a history's probability moves at an even pace
	orderMaps    = 12  // binary logarithms of the contexts of probability maps
	pairMaps     = 14
)

// Model predicts the bits of one block.
type Model struct {
	text     []byte
	node     uint32 // bits of the byte at hand behind a leading one
	left     uint   // bits of it still to come
	nibble   uint32 // the bits of its half behind a leading one
	slots    slots
	hashes   []uint32 // of contexts for the byte at hand
	halves   []uint32 // the same for the second half of it
	lines    []*line  // of the half byte at hand, or at its last bit of the one to come
	at       []*slot
	maps     []historyMap // by context
	order0   [256]state
	zero     historyMap
	matchers []*matcher
	x        []int32
	mixer    mix.Selected
	mixed    uint32 // the probability that the mixer gave
	rate     int32  // of learning, of 2^-16
	apms     []cm.APM
	wide     bool
	features
}

// historyMap has the probability of a 1 after each bit history.
type historyMap [256]cm.Adaptive

func newHistoryMap() (m historyMap) {
	for s := range m {
		m[s] = cm.AdaptiveAt(1<<(cm.ProbBits-1), 0)
	}
	return m
}

// opinion returns the log-odds after a history.
func (m *historyMap) opinion(s state) int32 { return stretched[m[s]>>20] }

// update learns the bit after history s, and puts it there.
func (m *historyMap) update(s *state, bit int) {
	h := *s
	m[h].Update(bit, historyLimit)
	*s = transitions[bit&1][h]
}

// opinions and learn have the loops over all contexts. In functions of their own these
// keep to the processor's registers.

//go:noinline
func opinions(x []int32, maps []historyMap, at []*slot, nibble uint32) {
	maps, x = maps[:len(at)], x[:len(at)]
	for i, s := range at {
		x[i] = maps[i].opinion(s[nibble&15])
	}
}

//go:noinline
func learn(maps []historyMap, at []*slot, nibble uint32, bit int) {
	maps, next := maps[:len(at)], &transitions[bit&1]
	for i, s := range at {
		h := s[nibble&15]
		maps[i][h].Update(bit, historyLimit)
		s[nibble&15] = next[h]
	}
}

// stretched[p>>20] is the log-odds of a probability of 32 bits.
var stretched = func() (t [4096]int32) {
	for i := range t {
		t[i] = cm.Stretch(uint32(2*i+1) << (cm.ProbBits - 13))
	}
	return t
}()

// New returns a model for a block of at most size bytes with 2^log lines.
func New(p Profile, log, size int) *Model {
	m := &Model{slots: hugepage.Of[line](1 << log), node: 1, nibble: 1, left: 8, zero: newHistoryMap(), wide: p == Strong}
	m.text = make([]byte, 0, size) // growing, it would take a multiple
	n, lengths := fastContexts, []int{6}
	if m.wide {
		n, lengths = strongContexts, []int{5, 12, 24}
		m.apms = []cm.APM{cm.NewAPM(1 << orderMaps), cm.NewAPM(1 << pairMaps), cm.NewAPM(matchClasses << 8)}
	} else {
		m.apms = []cm.APM{cm.NewAPM(1 << orderMaps)}
	}
	m.hashes, m.halves, m.lines, m.at = make([]uint32, n), make([]uint32, n), make([]*line, n), make([]*slot, n)
	m.maps = slices.Repeat([]historyMap{newHistoryMap()}, n)
	for _, length := range lengths {
		m.matchers = append(m.matchers, newMatcher(length, min(log-1, LogFor(size, maxMatchLog))))
	}
	m.x = make([]int32, mix.Pad(n+len(lengths)+1))
	initial := int32(1 << mix.WeightBits * 5 / 2 / len(m.x) / mix.Sets)
	m.mixer = mix.NewSelected(len(m.x), initial, [...]int{256 * 3, matchClasses * 8, 256, 2048})
	m.setRate()
	m.contexts()
	m.slots.fetch(m.lines, m.hashes)
	m.enter()
	return m
}

// Clone returns a model that goes on from where m is, which is between two bytes, apart
// from it.
func (m *Model) Clone() *Model {
	c := *m
	c.text = append(make([]byte, 0, cap(m.text)), m.text...)
	c.hashes, c.halves, c.maps = slices.Clone(m.hashes), slices.Clone(m.halves), slices.Clone(m.maps)
	c.slots, c.lines, c.at = hugepage.Of[line](len(m.slots)), make([]*line, len(m.lines)), make([]*slot, len(m.at))
	copy(c.slots, m.slots)
	c.slots.fetch(c.lines, c.hashes)
	for i, l := range m.lines {
		for j := range l {
			if &l[j] == m.at[i] {
				c.at[i] = &c.lines[i][j]
			}
		}
	}
	c.matchers = nil
	for _, a := range m.matchers {
		b := *a
		b.last = slices.Clone(a.last)
		c.matchers = append(c.matchers, &b)
	}
	c.x, c.mixer = slices.Clone(m.x), m.mixer.Clone()
	c.apms = slices.Clone(m.apms)
	for i := range c.apms {
		c.apms[i] = c.apms[i].Clone()
	}
	return &c
}

// setRate sets the rate at which weights are learnt: fast at first, slow in the end.
func (m *Model) setRate() {
	rate, more := 64, 32<<15
	if m.wide {
		rate, more = 24, 24<<15
	}
	m.rate = int32(rate + more/(1<<12+len(m.text)))
}

// Text returns the bytes so far.
func (m *Model) Text() []byte { return m.text }

// last returns the nth byte from the end, 0 before the beginning.
func (m *Model) last(n int) uint32 {
	if n > len(m.text) {
		return 0
	}
	return uint32(m.text[len(m.text)-n])
}

// enter finds the slots of the first half of a byte.
func (m *Model) enter() {
	m.nibble = 1
	for i, l := range m.lines {
		m.at[i] = l.find(state(m.hashes[i] >> 24))
	}
}

// approach has the lines fetched where the slots of the second half of a byte are, when
// three bits of the first are known. The last decides only which slot of a line it is.
func (m *Model) approach() {
	for i, h := range m.hashes {
		h = (h + m.node) * 0x9E3779B1
		m.halves[i] = h ^ h>>15
	}
	m.slots.fetch(m.lines, m.halves)
}

// cross finds the slots of the second half of a byte, whose first ended with bit.
func (m *Model) cross(bit int) {
	m.nibble = 1
	for i, l := range m.lines {
		m.at[i] = l.find(state(m.halves[i]>>24)&^1 | state(bit))
	}
}

// Learn takes in text that is known without coding.
func (m *Model) Learn(text []byte) {
	for _, b := range text {
		for shift := 7; shift >= 0; shift-- {
			m.Predict()
			m.Update(int(b >> shift & 1))
		}
	}
}

// Predict returns the probability, of cm.ProbBits bits, that the next bit is 1.
func (m *Model) Predict() uint32 {
	x := m.x
	opinions(x[:len(m.at)], m.maps, m.at, m.nibble)
	k, longest := len(m.at), 0
	for _, a := range m.matchers {
		x[k] = a.opinion(m.text, m.node, m.left)
		longest = max(longest, a.guess)
		k++
	}
	x[k] = m.zero.opinion(m.order0[m.node])
	c1, place := m.last(1), int(m.left-1)
	sum := m.mixer.Dot(x, m.place(longest)<<8|int(m.node), longest*8+place, int(c1), int(m.kinds)<<3|place) >> mix.WeightBits
	mixed := int32(max(-cm.MaxOpinion, min(cm.MaxOpinion, sum)))
	m.mixed = cm.Squash(mixed)
	order := hash2(c1, m.node) >> (32 - orderMaps)
	if !m.wide {
		return max(1, (m.mixed+m.apms[0].Prob(mixed, int(order)))/2)
	}
	a := m.apms[0].Prob(mixed, int(order))
	b := m.apms[1].Prob(mixed, int(hash2(m.last(2)<<8|c1, m.node)>>(32-pairMaps)))
	c := m.apms[2].Prob(mixed, longest<<8|int(m.node))
	return max(1, (m.mixed+a+b+c)/4)
}

// place returns what kind of place the byte at hand stands in, 0 to 2.
func (m *Model) place(longest int) int {
	switch {
	case m.wide:
		return m.column
	case longest > 15:
		return 2
	case longest > 0:
		return 1
	}
	return 0
}

// Update learns the bit that Predict was asked about.
func (m *Model) Update(bit int) {
	// Units: opinions 2^-12, miss 2^-16, rate 2^-16, weights 2^-16; Train divides by 2^30.
	miss := (int32(bit<<cm.ProbBits) - int32(m.mixed)) >> 6
	m.mixer.Train(m.x, miss*m.rate<<2)
	for i := range m.apms {
		m.apms[i].Update(bit)
	}
	learn(m.maps, m.at, m.nibble, bit)
	m.zero.update(&m.order0[m.node], bit)
	for _, a := range m.matchers {
		a.learn(bit)
	}
	m.node = m.node<<1 | uint32(bit)
	m.nibble = m.nibble<<1 | uint32(bit)
	m.left--
	switch m.left {
	case 5:
		m.approach()
	case 4:
		m.cross(bit)
	case 0:
		m.text = append(m.text, byte(m.node))
		m.node, m.left = 1, 8
		m.contexts()
		m.slots.fetch(m.lines, m.hashes)
		for _, a := range m.matchers {
			a.advance(m.text)
		}
		m.setRate()
		m.enter()
	}
}
