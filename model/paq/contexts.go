package paq

const (
	fastContexts   = 6
	strongContexts = 28
)

// features is what the contexts are made of beside the last bytes.
type features struct {
	word, before, third uint32 // hashes of the word at hand and those before
	line, above         int    // where the line at hand begins, and the one before
	kinds               uint32 // of the last four bytes, two bits each
	first, fields       uint32 // of the line at hand: its first bytes, and how many were spaces or others
	column              int    // what kind of place in a record or word
	record              record
	followed            [256]uint32     // the bytes that last followed a byte
	pairs               [1 << 16]uint32 // the same for two bytes
}

// kind sorts bytes into letters, digits, spaces, and others.
func kind(c byte) uint32 {
	switch letter := c | 32; {
	case letter >= 'a' && letter <= 'z' || c >= 128:
		return 0
	case c >= '0' && c <= '9':
		return 1
	case c <= ' ':
		return 2
	}
	return 3
}

// observe takes in the last byte.
func (m *Model) observe() {
	if len(m.text) == 0 {
		return
	}
	c := m.text[len(m.text)-1]
	k := kind(c)
	m.kinds = (m.kinds<<2 | k) & 255
	switch {
	case k == 0:
		m.word = hash2(m.word, uint32(c|32))
	case m.word != 0:
		m.third, m.before, m.word = m.before, m.word, 0
	}
	if len(m.text)-m.line <= 4 {
		m.first = m.first<<8 | uint32(c)
	}
	if k >= 2 {
		m.fields++
	}
	if c == '\n' {
		m.fields = 0
		m.above, m.line = m.line, len(m.text)
	}
	if m.wide {
		m.followed[m.last(2)] = m.followed[m.last(2)]<<8 | uint32(c)
		pair := m.last(3)<<8 | m.last(2)
		m.pairs[pair] = m.pairs[pair]<<8 | uint32(c)
		m.record.observe(m.text)
	}
}

// contexts computes the hashes that the next byte is predicted by.
func (m *Model) contexts() {
	m.observe()
	c1, c2, c3, c4 := m.last(1), m.last(2), m.last(3), m.last(4)
	recent := c4<<24 | c3<<16 | c2<<8 | c1
	long := hash2(recent, m.last(5)<<8|m.last(6))
	n := 0
	add := func(a, b uint32) {
		m.hashes[n] = hash2(a, b+uint32(n)<<24)
		n++
	}
	add(c1, 0)
	add(recent&0xFFFF, 0)
	add(recent&0xFFFFFF, 0)
	add(recent, 0)
	add(long, 0)
	add(m.word, c1)
	if !m.wide {
		return
	}
	add(recent, m.last(5))
	add(long, hash2(m.last(7), m.last(8)))
	add(m.word, hash2(m.before, c1))
	add(m.word, hash2(m.third, c1))
	add(hash2(m.word, m.before), hash2(m.third, c1))
	// Sparse.
	add(recent&0xFF00, 0)
	add(recent&0xFFFF00, 0)
	add(recent&0xFF00FF, 0)
	add(recent&0xF0F0F0F0, m.kinds)
	// Of lines: what stands above.
	over := uint32(0)
	if at := m.above + len(m.text) - m.line; at < m.line {
		over = uint32(m.text[at])
	}
	add(over, c1|uint32(min(len(m.text)-m.line, 255))<<8)
	// Indirect.
	add(c1, m.followed[c1]&0xFFFF)
	add(recent&0xFFFF, m.pairs[recent&0xFFFF]&0xFFFF)
	add(m.followed[c1]&0xFFFFFF, 0)
	// Of records: what stands above, beside, and at what place.
	r := max(m.record.length, 4)
	place := uint32(len(m.text) % r)
	up, up2 := m.last(r), m.last(2*r)
	add(up, c1|uint32(r)<<8)
	add(up, up2|c1<<8)
	add(place, uint32(r))
	add(up, m.last(r-1)<<8|m.last(r+1)<<16)
	add(up+c1-m.last(r+1), c1)
	add(place, up|uint32(r)<<8)
	add(up|m.last(r-1)<<8|m.last(r+1)<<16, up2|c1<<8)
	// Of fields: how a line begins, and how many separators it has had.
	add(m.first, uint32(min(len(m.text)-m.line, 255)))
	add(m.fields, recent&0xFFFF)
	m.column = 0
	switch {
	case m.record.sure:
		m.column = 1
	case m.word == 0:
		m.column = 2
	}
}

// record finds the length of records: a distance at which the same byte was seen
// three times on end, often (as in Mahoney's paq8 record model).
type record struct {
	length int
	sure   bool
	seen   [256][3]int32 // where each byte was last, from the latest
	rivals [2]struct{ length, votes int }
}

func (r *record) observe(text []byte) {
	at := int32(len(text))
	s := &r.seen[text[len(text)-1]]
	d := int(at - s[0])
	if d > 1 && s[2] > 0 && d == int(s[0]-s[1]) && d == int(s[1]-s[2]) {
		first, second := &r.rivals[0], &r.rivals[1]
		switch {
		case d == first.length:
			first.votes++
		case d == second.length:
			second.votes++
		case first.votes > second.votes:
			second.length, second.votes = d, 1
		default:
			first.length, first.votes = d, 1
		}
		for i := range r.rivals {
			if v := &r.rivals[i]; v.votes > 15 && v.length != r.length {
				r.length, r.sure = v.length, true
				r.rivals[0].votes, r.rivals[1].votes = 0, 0
			}
		}
	}
	s[2], s[1], s[0] = s[1], s[0], at
}
