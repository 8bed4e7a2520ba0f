package refdec

// A paqCell is what context mixing alone remembers of a bit in a context.
type paqCell struct {
	p, n int32
	h    uint8
}

var freshCell = paqCell{p: 1 << 15}

func (c *paqCell) learn(bit int) {
	c.p += (int32(bit*65535) - c.p) * ((1 << 17) / (2*c.n + 3)) >> 16
	if c.n < 250 {
		c.n++
	}
	c.h = nextHistory[c.h][bit]
}

// stretch12 is S of MIXING.md.
func stretch12(i int32) int32 { return stretch(uint32(2*i+1) << 9) }

// A paqSlot is the cells of a half byte.
type paqSlot struct {
	check uint32
	cells [16]paqCell
}

type paqSlots struct {
	table []paqSlot
	shift int
}

func newPaqSlots(log int) *paqSlots {
	s := &paqSlots{make([]paqSlot, 1<<log), 32 - log}
	for i := range s.table {
		s.table[i].renew(0)
	}
	return s
}

func (s *paqSlot) renew(check uint32) {
	s.check = check
	for i := range s.cells {
		s.cells[i] = freshCell
	}
}

func (s *paqSlots) find(h uint32) *paqSlot {
	at := h * 0x9E3779B1 >> s.shift
	check := h | 1
	a, b := &s.table[at], &s.table[at^1]
	if a.check == check {
		return a
	}
	if b.check == check {
		return b
	}
	if b.cells[1].n < a.cells[1].n {
		a = b
	}
	a.renew(check)
	return a
}

func variants(z, o int) int {
	low, high := min(z, o), max(z, o)
	switch {
	case low > 5 || high > [...]int{20, 48, 15, 8, 6, 5}[low]:
		return 0
	case low > 0 && z+o <= 17:
		return 2
	}
	return 1
}

// fewer returns how many of 1, 2, 3, 4, 5, 7, 8 are m or less.
func fewer(m int) (n int) {
	for _, v := range []int{1, 2, 3, 4, 5, 7, 8} {
		if v <= m {
			n++
		}
	}
	return n
}

// successor returns the counts after a bit.
func successor(z, o, bit int) (int, int) {
	zeros, ones := z+1, fewer(o)
	if bit == 1 {
		zeros, ones = fewer(z), o+1
	}
	a, b := &zeros, &ones
	if o > z {
		a, b = b, a
	}
	for variants(zeros, ones) == 0 {
		if *b < 2 {
			*a--
		} else {
			*a = (*a*(*b-1) + *b/2) / *b
			*b--
		}
	}
	return zeros, ones
}

var nextHistory = func() (next [256][2]uint8) {
	type pair struct{ z, o int }
	numbers := map[pair]int{}
	n := 0
	var all []pair
	for sum := range 69 {
		for o := 0; o <= sum; o++ {
			if v := variants(sum-o, o); v > 0 {
				numbers[pair{sum - o, o}] = n
				all = append(all, pair{sum - o, o})
				n += v
			}
		}
	}
	for _, p := range all {
		for bit := range 2 {
			z, o := successor(p.z, p.o, bit)
			number := numbers[pair{z, o}]
			if bit == 1 {
				number += variants(z, o) - 1
			}
			for i := range variants(p.z, p.o) {
				next[numbers[p]+i][bit] = uint8(number)
			}
		}
	}
	return next
}()
