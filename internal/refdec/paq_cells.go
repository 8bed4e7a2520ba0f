package refdec

// A paqMemory has the adaptives of a context's histories.
type paqMemory [256]adaptive

func newPaqMemory() *paqMemory {
	m := new(paqMemory)
	for h := range m {
		m[h] = adaptive{1 << 21, 0}
	}
	return m
}

// opinion returns that after the history h: S of MIXING.md.
func (m *paqMemory) opinion(h uint8) int32 {
	i := m[h].p >> 10
	return stretch(uint32(2*i+1) << 9)
}

func (m *paqMemory) learn(h *uint8, bit int) {
	m[*h].learn(bit, 400)
	*h = nextHistory[*h][bit]
}

// A paqSlot is the histories of a half byte, and in the first place a check.
type paqSlot [16]uint8

type paqSlots [][4]paqSlot

// find returns the slot with a check in the line of h.
func (s paqSlots) find(h uint32, check uint8) *paqSlot {
	line := &s[h%uint32(len(s))]
	for i := range line {
		if line[i][0] == check {
			return &line[i]
		}
	}
	least := 0
	for i := range line {
		if line[i][1] < line[least][1] {
			least = i
		}
	}
	line[least] = paqSlot{check}
	return &line[least]
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
