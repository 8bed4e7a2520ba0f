package cm

import (
	"math/bits"
	"slices"
)

// position names a byte in a history: that of stream, before offset.
type position struct {
	stream, offset int32
}

// matcher predicts the byte that followed the last place where the most recent
// bytes, at least length of them, stood: in any history of the block.
type matcher struct {
	length  int
	last    []position // by hash of the last length bytes; offset 0 is none
	right   []Adaptive // by match length: is the predicted bit right
	mask    uint32
	endings []Adaptive // by match length: does a token end where one did
}

const (
	matchClasses = 16
	maxMatch     = 1 << 16
	matchLimit   = 1023
)

func newMatcher(length, entries int) *matcher {
	m := &matcher{
		length:  length,
		last:    make([]position, entries),
		mask:    uint32(entries - 1),
		right:   make([]Adaptive, matchClasses),
		endings: make([]Adaptive, matchClasses),
	}
	for i := range m.right {
		// A match of class i is taken to be wrong once in 2^(2+i/2).
		p := uint32(1<<ProbBits - 1<<ProbBits>>(2+i/2))
		m.right[i], m.endings[i] = AdaptiveAt(p, 6), AdaptiveAt(p, 6)
	}
	return m
}

func (m *matcher) clone() *matcher {
	c := *m
	c.last, c.right, c.endings = slices.Clone(m.last), slices.Clone(m.right), slices.Clone(m.endings)
	return &c
}

// pointer is a history's current match: the predicted byte is at its position.
type pointer struct {
	at     position
	length int
}

// class groups match lengths: each by itself at first, then by powers of two.
func (p pointer) class() int {
	switch {
	case p.length < 8:
		return p.length / 2
	case p.length < 32:
		return 2 + p.length/4
	}
	return min(matchClasses-1, bits.Len(uint(p.length))+4)
}

// advance moves a history's pointer past the byte just appended, or finds a
// new one, and remembers where the history stands.
func (m *matcher) advance(p *pointer, histories []*History, self int) {
	text := histories[self].text
	if p.length > 0 {
		other := histories[p.at.stream].text
		if int(p.at.offset) < len(other) && other[p.at.offset] == text[len(text)-1] {
			p.at.offset++
			p.length = min(p.length+1, maxMatch)
		} else {
			p.length = 0
		}
	}
	if len(text) < m.length {
		return
	}
	var h uint32
	for _, c := range text[len(text)-m.length:] {
		h = (h + uint32(c) + 1) * 0x2F0B4C47
	}
	entry := &m.last[(h^h>>15)*0x9E3779B1>>8&m.mask]
	if p.length == 0 && entry.offset > 0 {
		p.at = *entry
		other := histories[entry.stream].text[:entry.offset]
		for p.length < 64 && p.length < min(len(text), len(other)) && other[len(other)-1-p.length] == text[len(text)-1-p.length] {
			p.length++
		}
		if p.length < m.length {
			p.length = 0
		}
	}
	*entry = position{int32(self), int32(len(text))}
}

// ended reports whether a token ended at the place the match stands at.
func (p pointer) ended(histories []*History) bool {
	return histories[p.at.stream].ends[p.at.offset-1]
}

// guess is what a match says of the decision at hand.
type guess struct {
	right *Adaptive // how likely it is right; nil if there is no guess
	bit   int
}

// opinion returns the guess as log-odds, 0 if there is none.
func (g guess) opinion() int32 {
	switch {
	case g.right == nil:
		return 0
	case g.bit == 0:
		return -Stretch(g.right.Prob())
	}
	return Stretch(g.right.Prob())
}

func (g guess) learn(bit int) {
	if g.right != nil {
		g.right.Update(b2i(g.bit == bit), matchLimit)
	}
}

// next returns the predicted byte.
func (p pointer) next(histories []*History) (c byte, ok bool) {
	if p.length == 0 {
		return 0, false
	}
	text := histories[p.at.stream].text
	if int(p.at.offset) >= len(text) {
		return 0, false
	}
	return text[p.at.offset], true
}
