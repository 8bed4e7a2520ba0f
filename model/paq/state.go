package paq

// state is a bit history: about how many zeros and ones a context has seen, and
// which came last while both are few (Mahoney's nonstationary states, here as in
// the ZPAQ specification, level 2, section 4.1). State 0 has seen nothing.
type state = uint8

// transitions[bit][s] is the state after s and the bit.
var transitions = makeTransitions()

// mostOf[n] is the largest count that may stand beside a count of n.
var mostOf = [...]int{20, 48, 15, 8, 6, 5}

// variants returns how many states have the given counts: two if the last bit
// is kept, none if the counts are out of bounds.
func variants(zeros, ones int) int {
	high, low := max(zeros, ones), min(zeros, ones)
	switch {
	case low < 0 || low >= len(mostOf) || high > mostOf[low]:
		return 0
	case low > 0 && high+low <= 17:
		return 2
	}
	return 1
}

// after returns the counts that follow a bit: its own grows, the other, if more
// than a few, shrinks, and both shrink in proportion until they are in bounds.
func after(zeros, ones, bit int) (int, int) {
	if zeros < ones {
		o, z := after(ones, zeros, 1-bit)
		return z, o
	}
	if bit == 1 {
		zeros, ones = discount(zeros), ones+1
	} else {
		zeros, ones = zeros+1, discount(ones)
	}
	for variants(zeros, ones) == 0 {
		if ones < 2 {
			zeros--
		} else {
			zeros = (zeros*(ones-1) + ones/2) / ones
			ones--
		}
	}
	return zeros, ones
}

func discount(n int) (m int) {
	for _, least := range [...]int{1, 2, 3, 4, 5, 7, 8} {
		if n >= least {
			m++
		}
	}
	return m
}

func makeTransitions() (t [2][256]state) {
	type counts struct{ zeros, ones int }
	first := map[counts]int{} // looked up only, so its order does not matter
	var all []counts
	n := 0
	for sum := range 50 {
		for ones := 0; ones <= sum; ones++ {
			c := counts{sum - ones, ones}
			if k := variants(c.zeros, c.ones); k > 0 {
				first[c] = n
				all = append(all, c)
				n += k
			}
		}
	}
	for _, c := range all {
		for bit := range 2 {
			z, o := after(c.zeros, c.ones, bit)
			next := first[counts{z, o}]
			if bit == 1 {
				next += variants(z, o) - 1
			}
			for i := range variants(c.zeros, c.ones) {
				t[bit][first[c]+i] = state(next)
			}
		}
	}
	return t
}
