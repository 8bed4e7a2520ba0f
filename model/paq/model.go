// Package paq predicts the bits of a block by context mixing alone, in the
// manner of lpaq and paq8 (Mahoney, Data Compression Explained, ch. 4.3): each
// context has a direct probability and a bit history, match models guess the
// next byte, selected sets of weights mix them, and adaptive probability maps
// correct the result.
//
// It computes with integers only. All that it learns from is the bits before, in
// order.
package paq

import (
	"math/bits"
	"slices"

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

// Log bounds the size of the table of contexts: 2^Log slots of 64 bytes.
const (
	MinLog = 12
	MaxLog = 22
)

// LogFor returns the Log for a block of size bytes, 4 slots a byte, but at most 2^most.
func LogFor(size, most int) int {
	return min(most, max(MinLog, bits.Len(uint(4*size-1))))
}

// Memory returns an upper bound of what a model takes for a block of size bytes, in bytes.
func Memory(log, size int) int64 { return 64<<log + 2*4<<(log-1) + int64(size) + 8<<20 }

// Model predicts the bits of one block.
type Model struct {
	text     []byte
	node     uint32 // bits of the byte at hand behind a leading one
	left     uint   // bits of it still to come
	nibble   uint32 // the bits of its half behind a leading one
	slots    slots
	hashes   []uint32
	places   [strongContexts]place
	touched  cell // keeps the compiler from dropping the loads
	at       []*slot
	ages     [][256]cm.Adaptive // by context and bit history
	order0   [256]cell
	matchers []*matcher
	x        []int32
	sets     []weightSet
	selected []int
	y        []int32
	final    weightSet
	apms     []cm.APM
	wide     bool
	features
}

// place is where in the table a context of half a byte belongs.
type place struct{ hash, at uint32 }

// New returns a model for a block of at most size bytes with 2^log slots.
func New(p Profile, log, size int) *Model {
	m := &Model{slots: newSlots(log), node: 1, nibble: 1, left: 8, wide: p == Strong}
	n, lengths, sets := fastContexts, []int{6}, []int{256 * 3}
	if m.wide {
		n, lengths, sets = strongContexts, []int{5, 12, 24}, []int{256 * 3, matchClasses * 8, 256, 2048}
		m.final = newWeightSet(256, mix.Pad(len(sets)), 1<<16/int32(len(sets)), 4<<4)
		m.apms = []cm.APM{cm.NewAPM(1 << 16), cm.NewAPM(1 << 16), cm.NewAPM(matchClasses << 8)}
	} else {
		m.apms = []cm.APM{cm.NewAPM(1 << 16)}
	}
	m.hashes, m.at, m.ages = make([]uint32, n), make([]*slot, n), make([][256]cm.Adaptive, n)
	for i := range m.ages {
		for j := range m.ages[i] {
			m.ages[i][j] = cm.AdaptiveAt(1<<(cm.ProbBits-1), 0)
		}
	}
	for _, length := range lengths {
		m.matchers = append(m.matchers, newMatcher(length, min(log-1, LogFor(size, 20))))
	}
	inputs := 2*n + len(lengths) + 2
	m.x = make([]int32, mix.Pad(inputs))
	for _, contexts := range sets {
		m.sets = append(m.sets, newWeightSet(contexts, len(m.x), 1<<16*5/2/int32(inputs), 0))
	}
	m.selected, m.y = make([]int, len(sets)), make([]int32, mix.Pad(len(sets)))
	m.setRate()
	m.contexts()
	m.enter()
	return m
}

// Clone returns a model that goes on from where m is, apart from it.
func (m *Model) Clone() *Model {
	c := *m
	c.text, c.hashes, c.ages = slices.Clone(m.text), slices.Clone(m.hashes), slices.Clone(m.ages)
	c.x, c.y, c.selected = slices.Clone(m.x), slices.Clone(m.y), slices.Clone(m.selected)
	c.slots.table = slices.Clone(m.slots.table)
	c.at = make([]*slot, len(m.at))
	for i, s := range m.at {
		j := m.places[i].at
		if s != &m.slots.table[j] {
			j ^= 1
		}
		c.at[i] = &c.slots.table[j]
	}
	c.matchers = nil
	for _, a := range m.matchers {
		b := *a
		b.last = slices.Clone(a.last)
		c.matchers = append(c.matchers, &b)
	}
	c.sets, c.final = slices.Clone(m.sets), m.final.clone()
	for i := range c.sets {
		c.sets[i] = c.sets[i].clone()
	}
	c.apms = slices.Clone(m.apms)
	for i := range c.apms {
		c.apms[i] = c.apms[i].Clone()
	}
	return &c
}

// setRate sets the rate at which weights are learnt: fast at first, slow in the end.
func (m *Model) setRate() {
	rate := int32(10<<4 + 32<<16/(1<<12+len(m.text)))
	for i := range m.sets {
		m.sets[i].rate = rate
	}
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

// enter finds the slots of the half byte that begins.
func (m *Model) enter() {
	m.nibble = 1
	var touched cell
	for i, h := range m.hashes {
		h = hash2(h, m.node)
		at, check := m.slots.touch(h)
		m.places[i] = place{h, at}
		touched |= check
	}
	m.touched = touched
	for i, p := range m.places[:len(m.hashes)] {
		m.at[i] = m.slots.find(p.hash, p.at)
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
	k := 2 * len(m.at)
	for i, s := range m.at {
		c := s[m.nibble&15]
		direct, indirect := int32(0), int32(0)
		if h := c.history(); h != 0 {
			direct = stretched[c.prob()>>4] * sureness[c.count()] >> 8
			indirect = stretched[m.ages[i][h]>>20]
		}
		x[2*i], x[2*i+1] = direct, indirect
	}
	longest := 0
	for _, a := range m.matchers {
		x[k] = a.opinion(m.text, m.node, m.left)
		longest = max(longest, a.guess)
		k++
	}
	x[k] = stretched[m.order0[m.node].prob()>>4]
	x[k+1] = cm.One / 4
	c1 := m.last(1)
	if !m.wide {
		class := 0
		if longest > 0 {
			class = 1
		}
		if longest > 15 {
			class = 2
		}
		mixed := m.sets[0].mix(x, class<<8|int(m.node))
		return max(1, (cm.Squash(mixed)+m.apms[0].Prob(mixed, int(c1<<8|m.node)))/2)
	}
	m.selected[0] = int(m.column)<<8 | int(m.node)
	m.selected[1] = longest*8 + int(m.left-1)
	m.selected[2] = int(c1)
	m.selected[3] = int(m.kinds)<<3 | int(m.left-1)
	for i := range m.sets {
		m.y[i] = m.sets[i].mix(x, m.selected[i])
	}
	mixed := m.final.mix(m.y, int(m.node))
	a := m.apms[0].Prob(mixed, int(c1<<8|m.node))
	b := m.apms[1].Prob(mixed, int(hash2(m.last(2)<<8|c1, m.node)>>16))
	c := m.apms[2].Prob(mixed, longest<<8|int(m.node))
	return max(1, (cm.Squash(mixed)+a+b+c)/4)
}

// Update learns the bit that Predict was asked about.
func (m *Model) Update(bit int) {
	if m.wide {
		m.final.learn(m.y, bit)
	}
	for i := range m.sets {
		m.sets[i].learn(m.x, bit)
	}
	for i := range m.apms {
		m.apms[i].Update(bit)
	}
	for i, s := range m.at {
		c := &s[m.nibble&15]
		if h := c.history(); h != 0 {
			m.ages[i][h].Update(bit, 255)
		}
		c.update(bit, 250)
	}
	for _, a := range m.matchers {
		a.learn(bit)
	}
	m.order0[m.node].update(bit, 250)
	m.node = m.node<<1 | uint32(bit)
	m.nibble = m.nibble<<1 | uint32(bit)
	m.left--
	switch m.left {
	case 4:
		m.enter()
	case 0:
		m.text = append(m.text, byte(m.node))
		for _, a := range m.matchers {
			a.advance(m.text)
		}
		m.setRate()
		m.node, m.left = 1, 8
		m.contexts()
		m.enter()
	}
}
