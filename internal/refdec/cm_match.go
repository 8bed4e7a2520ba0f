package refdec

import "math/bits"

// A cmHistory is the text of a stream, or of the dictionary.
type cmHistory struct {
	text                []byte
	ends                []bool
	word, before, third uint32
	symbol              uint32
	symbols             [2]uint32
	last                [2]uint32 // ids plus one
	escaped             int
	matches             [2]cmMatch
	// Of the byte at hand:
	node, left int
	slots      [11]*cmSlot
}

// A cmMatch is a match of a history: with the byte at offset of the text of another.
type cmMatch struct {
	other          *cmHistory
	offset, length int
}

func (h *cmHistory) c(n int) uint32 {
	if n > len(h.text) {
		return 0
	}
	return uint32(h.text[len(h.text)-n])
}

func (h *cmHistory) append(c byte) {
	h.text, h.ends = append(h.text, c), append(h.ends, false)
	if c|0x20 >= 0x61 && c|0x20 <= 0x7A || c >= 0x80 {
		h.word = hash2(h.word, uint32(c|0x20))
	} else if h.word != 0 {
		h.third, h.before, h.word = h.before, h.word, 0
	}
	h.symbol = hash2(h.symbol, uint32(c)+1)
	h.node, h.left = 1, 8
}

func (h *cmHistory) endToken(id int, escape bool) {
	h.ends[len(h.ends)-1] = true
	h.symbols = [2]uint32{h.symbol, h.symbols[0]}
	h.symbol = 0
	h.last = [2]uint32{uint32(id) + 1, h.last[0]}
	h.escaped = 0
	if escape {
		h.escaped = 1
	}
}

func (h *cmHistory) hashes() (all [11]uint32) {
	for n := 1; n <= 6; n++ {
		all[n] = hash2(all[n-1], h.c(n)+1)
	}
	all[7] = hash2(h.word, h.c(1))
	all[8] = hash2(hash2(h.word, h.before), h.c(1))
	all[9] = hash2(hash2(h.symbol, h.symbols[0]), h.symbols[1])
	all[10] = hash2(hash2(h.word, h.third), h.c(1))
	return all
}

// inHalf returns the bits of the half byte so far behind a leading one.
func (h *cmHistory) inHalf() int {
	if h.left > 4 {
		return h.node
	}
	n := 4 - h.left
	return 1<<n | h.node&(1<<n-1)
}

// A matcher finds matches and learns how far to trust them.
type matcher struct {
	least        int
	table        []cmMatch
	right, endes [16]adaptive
}

func newMatcher(least, places int) *matcher {
	m := &matcher{least: least, table: make([]cmMatch, places)}
	for i := range m.right {
		m.right[i] = adaptive{1<<22 - 1<<(20-i/2), 6}
	}
	m.endes = m.right
	return m
}

// advance is called after each byte of h, of which p is the match.
func (m *matcher) advance(h *cmHistory, p *cmMatch) {
	n := len(h.text)
	if p.length > 0 && p.offset < len(p.other.text) && p.other.text[p.offset] == h.text[n-1] {
		p.offset++
		p.length = min(p.length+1, 1<<16)
	} else {
		p.length = 0
	}
	if n < m.least {
		return
	}
	var sum uint32
	for _, c := range h.text[n-m.least:] {
		sum = (sum + uint32(c) + 1) * 0x2F0B4C47
	}
	entry := &m.table[int((sum^sum>>15)*0x9E3779B1>>8)&(len(m.table)-1)]
	if p.length == 0 && entry.other != nil {
		*p = *entry
		for p.length < min(64, n, p.offset) && p.other.text[p.offset-1-p.length] == h.text[n-1-p.length] {
			p.length++
		}
		if p.length < m.least {
			p.length = 0
		}
	}
	*entry = cmMatch{h, n, 0}
}

func (p *cmMatch) class() int {
	switch {
	case p.length < 8:
		return p.length / 2
	case p.length < 32:
		return 2 + p.length/4
	}
	return min(15, 4+bits.Len(uint(p.length)))
}

// A guess is what a match says of a bit.
type guess struct {
	right *adaptive // nil: nothing
	class int
	bit   int
}

// bit returns the guess of the next bit of h.
func (m *matcher) bit(h *cmHistory, p *cmMatch) guess {
	if p.length == 0 || p.offset >= len(p.other.text) {
		return guess{}
	}
	c := int(p.other.text[p.offset]) | 256
	if c>>h.left != h.node {
		return guess{}
	}
	return guess{&m.right[p.class()], p.class(), c >> (h.left - 1) & 1}
}

// end returns the guess whether a token ends.
func (m *matcher) end(p *cmMatch) guess {
	if p.length == 0 {
		return guess{}
	}
	g := guess{&m.endes[p.class()], p.class(), 0}
	if p.other.ends[p.offset-1] {
		g.bit = 1
	}
	return g
}

func (g guess) opinion() int32 {
	switch {
	case g.right == nil:
		return 0
	case g.bit == 0:
		return -stretch(g.right.prob())
	}
	return stretch(g.right.prob())
}

func (g guess) learn(bit int) {
	if g.right == nil {
		return
	}
	right := 0
	if g.bit == bit {
		right = 1
	}
	g.right.learn(right, 1023)
}
