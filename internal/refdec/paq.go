package refdec

import "math/bits"

const (
	profileFast   = 0
	profileStrong = 1
)

// A paq predicts the bits of a block of context mixing.
type paq struct {
	paqText
	node, left int
	hash       []uint32
	slots      *paqSlots
	cells      []*paqSlot
	histories  [][256]adaptive // by context
	nodes      [256]paqCell
	matches    []*paqMatch
	x, y       []int32
	sets       []*weighting
	last       *weighting
	maps       []*curve
	mixed      int32
}

func newPaq(profile, log, size int) *paq {
	m := &paq{node: 1, left: 8, slots: newPaqSlots(log)}
	m.strong = profile == profileStrong
	least, sets, maps := []int{6}, []int{768}, []int{65536}
	if m.strong {
		least, sets, maps = []int{5, 12, 24}, []int{768, 24 * 8, 256, 2048}, []int{65536, 65536, 24 * 256}
	}
	places := min(log-1, 20, max(12, bits.Len(uint(4*size-1))))
	for _, n := range least {
		m.matches = append(m.matches, newPaqMatch(n, places))
	}
	m.hash = m.hashes()
	m.histories = make([][256]adaptive, len(m.hash))
	for i := range m.histories {
		for h := range m.histories[i] {
			m.histories[i][h] = adaptive{1 << 21, 0}
		}
	}
	for i := range m.nodes {
		m.nodes[i] = freshCell
	}
	inputs := 2*len(m.hash) + len(least) + 2
	initial := make([]int32, inputs)
	for i := range initial {
		initial[i] = int32(5 << 16 / 2 / inputs)
	}
	for _, contexts := range sets {
		m.sets = append(m.sets, newWeighting(contexts, initial))
	}
	for _, contexts := range maps {
		m.maps = append(m.maps, newCurve(contexts))
	}
	m.last = newWeighting(256, []int32{1 << 14, 1 << 14, 1 << 14, 1 << 14})
	m.enter()
	return m
}

// enter finds the slots of a half byte.
func (m *paq) enter() {
	m.cells = m.cells[:0]
	for _, h := range m.hash {
		m.cells = append(m.cells, m.slots.find(hash2(h, uint32(m.node))))
	}
}

// inHalf returns the bits of the half byte so far behind a leading one.
func (m *paq) inHalf() int {
	if m.left > 4 {
		return m.node
	}
	n := 4 - m.left
	return 1<<n | m.node&(1<<n-1)
}

// predict returns the probability that the next bit is 1.
func (m *paq) predict() uint32 {
	m.x, m.y = m.x[:0], m.y[:0]
	half := m.inHalf()
	for i, s := range m.cells {
		c := s.cells[half]
		direct, indirect := int32(0), int32(0)
		if c.h != 0 {
			direct = stretch12(c.p>>4) * (256 * c.n / (c.n + 1)) >> 8
			indirect = stretch12(m.histories[i][c.h].p >> 10)
		}
		m.x = append(m.x, direct, indirect)
	}
	k := 0
	for _, a := range m.matches {
		m.x = append(m.x, a.opinion(m.text, m.node, m.left))
		k = max(k, a.guessed)
	}
	m.x = append(m.x, stretch12(m.nodes[m.node].p>>4), 1024)
	c1 := m.c(1)
	order1 := int(c1)<<8 | m.node
	if !m.strong {
		class := 0
		if k > 0 {
			class = 1
		}
		if k > 15 {
			class = 2
		}
		y := m.sets[0].mix(m.x, class<<8|m.node)
		return max(1, (squash(y)+m.maps[0].prob(y, order1))/2)
	}
	column := 0
	switch {
	case m.record > 0:
		column = 1
	case m.word == 0:
		column = 2
	}
	for i, context := range []int{column<<8 | m.node, 8*k + m.left - 1, int(c1), int(m.kinds)<<3 | (m.left - 1)} {
		m.y = append(m.y, m.sets[i].mix(m.x, context))
	}
	y := m.last.mix(m.y, m.node)
	order2 := int(hash2(m.c(2)<<8|c1, uint32(m.node)) >> 16)
	p := squash(y) + m.maps[0].prob(y, order1) + m.maps[1].prob(y, order2) + m.maps[2].prob(y, k<<8|m.node)
	return max(1, p/4)
}

func paqTrain(w *weighting, x []int32, bit int, rate int32) {
	e := (int32(bit<<22) - int32(squash(w.opinion))) >> 6
	if e <= -24 || e >= 24 {
		w.learn(x, 4*e*rate)
	}
}

// learn takes in the bit that predict was asked about.
func (m *paq) learn(bit int) {
	if m.strong {
		paqTrain(m.last, m.y, bit, 64)
	}
	for _, s := range m.sets {
		paqTrain(s, m.x, bit, int32(160+(1<<21)/(4096+len(m.text))))
	}
	for _, c := range m.maps {
		c.learn(bit)
	}
	half := m.inHalf()
	for i, s := range m.cells {
		c := &s.cells[half]
		if c.h != 0 {
			m.histories[i][c.h].learn(bit, 255)
		}
		c.learn(bit)
	}
	for _, a := range m.matches {
		a.learn(bit)
	}
	m.nodes[m.node].learn(bit)
	m.node = m.node<<1 | bit
	m.left--
	switch m.left {
	case 4:
		m.enter()
	case 0:
		m.append(byte(m.node))
		for _, a := range m.matches {
			a.advance(m.text)
		}
		m.node, m.left = 1, 8
		m.hash = m.hashes()
		m.enter()
	}
}

// mixing decodes the payload of a block of context mixing to length bytes.
func mixing(payload, dictionary []byte, length int) ([]byte, *Error) {
	if len(payload) == 0 {
		return nil, fail(Corrupt, "no parameters of context mixing")
	}
	profile, log := int(payload[0]>>5), int(payload[0]&31)
	size := length + len(dictionary)
	if most := min(22, max(12, bits.Len(uint(4*size-1)))); profile > profileStrong || log < 12 || log > most {
		return nil, fail(Corrupt, "parameters of context mixing")
	}
	m := newPaq(profile, log, size)
	for _, c := range dictionary {
		for i := 7; i >= 0; i-- {
			m.predict()
			m.learn(int(c) >> i & 1)
		}
	}
	in := newMessage(payload[1:])
	for range 8 * length {
		m.learn(in.bit(m.predict()))
	}
	if !in.valid() {
		return nil, fail(Diverged, "the message goes on or ends otherwise")
	}
	return m.text[len(dictionary):], nil
}
