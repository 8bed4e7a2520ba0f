package refdec

import "math/bits"

// A paqMatch guesses what followed the last place where at least least bytes were the same.
type paqMatch struct {
	least   int
	log     int
	table   []int
	at      int
	length  int
	classes [24]adaptive
	guessed int // class of the guess, 0 if there is none
	guess   int
}

func newPaqMatch(least, log int) *paqMatch {
	m := &paqMatch{least: least, log: log, table: make([]int, 1<<log)}
	for i := range m.classes {
		m.classes[i] = adaptive{1<<22 - 1<<(20-i/4), 4}
	}
	return m
}

// advance is called after each byte.
func (m *paqMatch) advance(text []byte) {
	n := len(text)
	if m.length > 0 && text[m.at] == text[n-1] {
		m.at++
		m.length = min(m.length+1, 1<<16)
	} else {
		m.length = 0
	}
	if n < m.least {
		return
	}
	var h uint32
	for _, c := range text[n-m.least:] {
		h = (h + uint32(c) + 1) * 0x2F0B4C47
	}
	place := (h ^ h>>15) * 0x9E3779B1 >> (32 - m.log)
	if entry := m.table[place]; m.length == 0 && entry > 0 {
		for m.length < 400 && m.length < entry && text[entry-1-m.length] == text[n-1-m.length] {
			m.length++
		}
		if m.length < m.least {
			m.length = 0
		}
		m.at = entry
	}
	m.table[place] = n
}

// opinion returns that on the next bit of the byte that has the bits node so far.
func (m *paqMatch) opinion(text []byte, node, left int) int32 {
	m.guessed = 0
	if m.length == 0 {
		return 0
	}
	c := int(text[m.at]) | 256
	if c>>left != node {
		return 0
	}
	m.guess = c >> (left - 1) & 1
	m.guessed = m.length
	if m.length >= 16 {
		m.guessed = min(23, 12+bits.Len(uint(m.length)))
	}
	x := stretch(m.classes[m.guessed].prob())
	if m.guess == 0 {
		return -x
	}
	return x
}

func (m *paqMatch) learn(bit int) {
	if m.guessed == 0 {
		return
	}
	right := 0
	if m.guess == bit {
		right = 1
	}
	m.classes[m.guessed].learn(right, 1023)
}
