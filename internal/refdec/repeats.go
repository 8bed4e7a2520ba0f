package refdec

import "math/bits"

// A sequence is the tokens of a stream or of the dictionary, and its repeat.
type sequence struct {
	ids    []int
	other  *sequence
	at     int
	length int
}

// expected returns the token that a confirmed repeat lets expect.
func (s *sequence) expected() (int, bool) {
	if s.length < 48 || s.at >= len(s.other.ids) {
		return 0, false
	}
	return s.other.ids[s.at], true
}

// missClass is that of the decision whether the expected token comes.
func (s *sequence) missClass() int { return min(15, bits.Len(uint(s.length))) }

type repeatPlace struct {
	of *sequence
	at int
}

// repeats are the places where the tokens of a block stood last.
type repeats []repeatPlace

func newRepeats(tokens int) repeats {
	n := 1 << 10
	for n < tokens && n < 1<<20 {
		n *= 2
	}
	return make(repeats, n)
}

// append adds a token to s.
func (r repeats) append(s *sequence, id int) {
	if s.length > 0 && s.at < len(s.other.ids) && s.other.ids[s.at] == id {
		s.at++
		s.length = min(s.length+1, 1<<20)
	} else {
		s.length = 0
	}
	s.ids = append(s.ids, id)
	n := len(s.ids)
	if n < 16 {
		return
	}
	var h uint32
	for _, id := range s.ids[n-16:] {
		h = (h ^ uint32(id)) * 0x9E3779B1
		h ^= h >> 15
	}
	entry := &r[int(h)&(len(r)-1)]
	if s.length == 0 && entry.of != nil {
		s.other, s.at = entry.of, entry.at
		for s.length < min(48, n, s.at) && s.other.ids[s.at-1-s.length] == s.ids[n-1-s.length] {
			s.length++
		}
	}
	*entry = repeatPlace{s, n}
}
