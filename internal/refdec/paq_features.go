package refdec

// A paqText is the text so far and what the contexts are made of.
type paqText struct {
	text                []byte
	strong              bool
	kinds               uint32
	word, before, third uint32
	line, above         int
	first, fields       uint32
	followed            [256]uint32
	pairs               [65536]uint32
	record              int // its length, 0 if unknown
	places              [256][3]int
	rivals              [2]struct{ length, votes int }
}

// c returns the nth byte from the end.
func (t *paqText) c(n int) uint32 {
	if n > len(t.text) {
		return 0
	}
	return uint32(t.text[len(t.text)-n])
}

func (t *paqText) append(c byte) {
	t.text = append(t.text, c)
	kind := uint32(3)
	switch {
	case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
		kind = 0
	case c >= '0' && c <= '9':
		kind = 1
	case c <= 0x20:
		kind = 2
	}
	t.kinds = (t.kinds*4 + kind) & 255
	if kind == 0 {
		t.word = hash2(t.word, uint32(c|0x20))
	} else if t.word != 0 {
		t.third, t.before, t.word = t.before, t.word, 0
	}
	if len(t.text)-t.line <= 4 {
		t.first = t.first<<8 | uint32(c)
	}
	if kind >= 2 {
		t.fields++
	}
	if c == '\n' {
		t.fields = 0
		t.above, t.line = t.line, len(t.text)
	}
	if t.strong {
		c2, pair := t.c(2), t.c(3)<<8|t.c(2)
		t.followed[c2] = t.followed[c2]<<8 | uint32(c)
		t.pairs[pair] = t.pairs[pair]<<8 | uint32(c)
		t.vote(c)
	}
}

// vote looks for the length of records.
func (t *paqText) vote(c byte) {
	n := len(t.text)
	s := &t.places[c]
	if d := n - s[0]; d > 1 && s[2] > 0 && d == s[0]-s[1] && d == s[1]-s[2] {
		first, second := &t.rivals[0], &t.rivals[1]
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
		for i := range t.rivals {
			if r := t.rivals[i]; r.votes > 15 && r.length != t.record {
				t.record = r.length
				first.votes, second.votes = 0, 0
			}
		}
	}
	s[0], s[1], s[2] = n, s[0], s[1]
}

// hashes returns those of the contexts of the next byte.
func (t *paqText) hashes() []uint32 {
	c1, n := t.c(1), len(t.text)
	r4 := t.c(4)<<24 | t.c(3)<<16 | t.c(2)<<8 | c1
	long := hash2(r4, t.c(5)<<8|t.c(6))
	pairs := [][2]uint32{{c1}, {r4 & 0xFFFF}, {r4 & 0xFFFFFF}, {r4}, {long}, {t.word, c1}}
	if t.strong {
		over := uint32(0)
		if at := t.above + n - t.line; at < t.line {
			over = uint32(t.text[at])
		}
		r := max(t.record, 4)
		up, place, length := t.c(r), uint32(n%r), uint32(r)
		pairs = append(pairs, [][2]uint32{
			{r4, t.c(5)},
			{long, hash2(t.c(7), t.c(8))},
			{t.word, hash2(t.before, c1)},
			{t.word, hash2(t.third, c1)},
			{hash2(t.word, t.before), hash2(t.third, c1)},
			{r4 & 0xFF00},
			{r4 & 0xFFFF00},
			{r4 & 0xFF00FF},
			{r4 & 0xF0F0F0F0, t.kinds},
			{over, c1 | uint32(min(n-t.line, 255))<<8},
			{c1, t.followed[c1] & 0xFFFF},
			{r4 & 0xFFFF, t.pairs[r4&0xFFFF] & 0xFFFF},
			{t.followed[c1] & 0xFFFFFF},
			{up, c1 | length<<8},
			{up, t.c(2*r) | c1<<8},
			{place, length},
			{up, t.c(r-1)<<8 | t.c(r+1)<<16},
			{up + c1 - t.c(r+1), c1},
			{place, up | length<<8},
			{up | t.c(r-1)<<8 | t.c(r+1)<<16, t.c(2*r) | c1<<8},
			{t.first, uint32(min(n-t.line, 255))},
			{t.fields, r4 & 0xFFFF},
		}...)
	}
	var all []uint32
	for i, p := range pairs {
		all = append(all, hash2(p[0], p[1]+uint32(i)<<24))
	}
	return all
}
