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
	slots      paqSlots
	found      []*paqSlot
	memories   []*paqMemory // by context
	nodes      [256]uint8
	ofNodes    *paqMemory
	matches    []*paqMatch
	x          []int32
	sets       [4][][]int32
	chosen     [4][]int32
	maps       []*curve
	y          int32
}

func newPaq(profile, log, size int) *paq {
	m := &paq{node: 1, left: 8, slots: make(paqSlots, 1<<log), ofNodes: newPaqMemory()}
	m.strong = profile == profileStrong
	least, inputs := []int{6}, 8
	if m.strong {
		least, inputs = []int{5, 12, 24}, 32
		m.maps = []*curve{newCurve(1 << 12), newCurve(1 << 14), newCurve(24 * 256)}
	} else {
		m.maps = []*curve{newCurve(1 << 12)}
	}
	places := min(log-1, 20, max(12, bits.Len(uint(4*size-1))))
	for _, n := range least {
		m.matches = append(m.matches, newPaqMatch(n, places))
	}
	m.hash = m.hashes()
	for range m.hash {
		m.memories = append(m.memories, newPaqMemory())
	}
	m.x = make([]int32, inputs)
	for i, vectors := range []int{3 * 256, 24 * 8, 256, 256 * 8} {
		m.sets[i] = make([][]int32, vectors)
		for v := range m.sets[i] {
			m.sets[i][v] = make([]int32, inputs)
			for k := range m.sets[i][v] {
				m.sets[i][v][k] = int32(5 << 16 / 2 / inputs / 4)
			}
		}
	}
	m.enter()
	return m
}

// enter finds the slots of a half byte.
func (m *paq) enter() {
	m.found = m.found[:0]
	for _, h := range m.hash {
		check := uint8(h >> 24)
		if m.left == 4 {
			h = (h + uint32(m.node>>1)) * 0x9E3779B1
			h ^= h >> 15
			check = uint8(h>>24)&0xFE | uint8(m.node&1)
		}
		m.found = append(m.found, m.slots.find(h, check))
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
	half, n := m.inHalf(), len(m.found)
	for i, s := range m.found {
		m.x[i] = m.memories[i].opinion(s[half])
	}
	k := 0
	for i, a := range m.matches {
		m.x[n+i] = a.opinion(m.text, m.node, m.left)
		k = max(k, a.guessed)
	}
	m.x[n+len(m.matches)] = m.ofNodes.opinion(m.nodes[m.node])
	c1, node := m.c(1), uint32(m.node)
	for i, v := range []int{m.place(k)*256 + m.node, 8*k + m.left - 1, int(c1), int(m.kinds)*8 + m.left - 1} {
		m.chosen[i] = m.sets[i][v]
	}
	var sum int64
	for i, x := range m.x {
		v := m.chosen[0][i] + m.chosen[1][i] + m.chosen[2][i] + m.chosen[3][i]
		sum += int64(x) * int64(v)
	}
	m.y = int32(min(max(sum>>16, -maxOpinion), maxOpinion))
	p := squash(m.y) + m.maps[0].prob(m.y, int(hash2(c1, node)>>20))
	if !m.strong {
		return max(1, p/2)
	}
	p += m.maps[1].prob(m.y, int(hash2(m.c(2)<<8|c1, node)>>18)) + m.maps[2].prob(m.y, 256*k+m.node)
	return max(1, p/4)
}

// place returns that of the byte at hand, with k the greatest class of a guess.
func (m *paq) place(k int) int {
	switch {
	case m.strong && m.record > 0, !m.strong && k > 0 && k <= 15:
		return 1
	case m.strong && m.word == 0, !m.strong && k > 15:
		return 2
	}
	return 0
}

// rate returns how fast weights learn.
func (m *paq) rate() int32 {
	if m.strong {
		return int32(24 + 24<<15/(4096+len(m.text)))
	}
	return int32(64 + 32<<15/(4096+len(m.text)))
}

// learn takes in the bit that predict was asked about.
func (m *paq) learn(bit int) {
	e := (int32(bit<<22) - int32(squash(m.y))) >> 6
	for _, v := range m.chosen {
		for i, x := range m.x {
			v[i] += int32((int64(x)*int64(4*e*m.rate()) + 1<<29) >> 30)
		}
	}
	for _, c := range m.maps {
		c.learn(bit)
	}
	half := m.inHalf()
	for i, s := range m.found {
		m.memories[i].learn(&s[half], bit)
	}
	m.ofNodes.learn(&m.nodes[m.node], bit)
	for _, a := range m.matches {
		a.learn(bit)
	}
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
	if profile > profileStrong || log > 22 {
		return nil, fail(Unsupported, "parameters %02x of context mixing", payload[0])
	}
	if log < 12 || log > max(12, bits.Len(uint(4*size-1))) {
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
