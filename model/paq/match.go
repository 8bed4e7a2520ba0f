package paq

import (
	"math/bits"

	"github.com/pith-codec/pith/model/cm"
)

// matcher predicts the byte that followed the last place where the most recent
// bytes, at least least of them, stood.
type matcher struct {
	least  int
	last   []uint32 // by hash of that many bytes: the offset behind them
	shift  uint
	hash   uint32 // of the last least bytes: the sum of (byte+1)·factor^(age+1)
	oldest uint32 // factor^(least+1)
	at     int    // of the predicted byte
	length int    // of the match; 0 is none
	right  [matchClasses * 2]cm.Adaptive
	guess  int // for the bit at hand: the class, 0 if there is none
	bit    int
}

const (
	matchClasses = 24
	matchFactor  = 0x2F0B4C47
	maxMatchLog  = 20 // of the places a matcher remembers
)

func newMatcher(least, log int) *matcher {
	m := &matcher{least: least, last: make([]uint32, 1<<log), shift: uint(32 - log), oldest: matchFactor}
	for range least {
		m.oldest *= matchFactor
	}
	for i := range m.right {
		m.right[i] = cm.AdaptiveAt(uint32(1<<cm.ProbBits-1<<cm.ProbBits>>(2+i/4)), 4)
	}
	return m
}

func (m *matcher) class() int {
	if m.length < 16 {
		return m.length
	}
	return min(matchClasses-1, 12+bits.Len(uint(m.length)))
}

// advance moves on past the byte just appended to text.
func (m *matcher) advance(text []byte) {
	if m.length > 0 && text[m.at] == text[len(text)-1] {
		m.at++
		m.length = min(m.length+1, 1<<16)
	} else {
		m.length = 0
	}
	m.hash = (m.hash + uint32(text[len(text)-1]) + 1) * matchFactor
	if len(text) > m.least {
		m.hash -= (uint32(text[len(text)-1-m.least]) + 1) * m.oldest
	}
	if len(text) < m.least {
		return
	}
	entry := &m.last[(m.hash^m.hash>>15)*0x9E3779B1>>m.shift]
	if m.length == 0 && *entry > 0 {
		m.at = int(*entry)
		for m.length < 400 && m.length < m.at && text[m.at-1-m.length] == text[len(text)-1-m.length] {
			m.length++
		}
		if m.length < m.least {
			m.length = 0
		}
	}
	*entry = uint32(len(text))
}

// expected returns the byte the match stands at, behind a leading one, or 0.
func (m *matcher) expected(text []byte) uint32 {
	if m.length == 0 {
		return 0
	}
	return uint32(text[m.at]) | 256
}

// opinion returns the guess for the next bit, of which node holds those of the byte so
// far behind a leading one, and left is how many are to come; 0 if there is none.
func (m *matcher) opinion(text []byte, node uint32, left uint) int32 {
	m.guess = 0
	c := m.expected(text)
	if c>>left != node {
		return 0
	}
	m.guess, m.bit = m.class(), int(c>>(left-1)&1)
	x := cm.Stretch(m.right[m.guess].Prob())
	if m.bit == 0 {
		return -x
	}
	return x
}

func (m *matcher) learn(bit int) {
	if m.guess > 0 {
		right := 0
		if m.bit == bit {
			right = 1
		}
		m.right[m.guess].Update(right, 1023)
	}
}
