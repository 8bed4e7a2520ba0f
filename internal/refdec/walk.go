package refdec

// A coder returns the bit that is coded with the probability p/2^22 of 1: the one it reads, or bit if it is
// known.
type coder func(p uint32, bit int) int

// nothing is the id of a token that is not known yet.
const nothing = -1

// sums are the sums of the weights of the leaves before each.
type sums []uint64

func newSums(weights []uint64) sums {
	s := sums{0}
	for _, w := range weights {
		s = append(s, s[len(s)-1]+w)
	}
	return s
}

// opinion is log-odds of the leaves mid…hi−1 against lo…mid−1; 0 if there is no model.
func (s sums) opinion(lo, mid, hi int) int32 {
	if s == nil {
		return 0
	}
	return log2(s[hi]-s[mid]) - log2(s[mid]-s[lo])
}

func (s sums) sureness() int {
	class := max(0, log2(s[len(s)-1])-26*4096) / 2048
	if class >= 6 {
		class = 3 + class/2
	}
	return int(min(class, 11))
}

func boolBit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// token codes a token or escape of h, which is id if that is known, and returns it.
func (m *cm) token(v *vocabulary, h *cmHistory, s sums, id int, c coder) int {
	class := s.sureness()
	leaves, ids, escape := v.leaves, v.ids, 0
	if len(v.escapes) > 0 {
		a := &m.escapes[h.escaped]
		escape = c(a.prob(), boolBit(id >= len(v.bytes)))
		a.learn(escape, 1023)
	}
	if escape == 1 {
		leaves, s, ids = v.escapes, nil, nil
		for _, e := range v.escapes {
			ids = append(ids, len(v.bytes)+int(e[0]))
		}
	}
	target := 0
	for i, other := range ids {
		if other == id {
			target = i
		}
	}
	lo, hi, depth := 0, len(leaves), 0
	for {
		if len(leaves[lo]) == depth {
			if hi == lo+1 {
				break
			}
			e := expert{s.opinion(lo, lo+1, hi), class, depth, lo, hi}
			e.opinion = -e.opinion
			if m.codeEnd(h, e, boolBit(target == lo), c) == 1 {
				break
			}
			lo++
		}
		for i := 7; i >= 0; i-- {
			mid := lo
			for mid < hi && leaves[mid][depth]>>i&1 == 0 {
				mid++
			}
			if mid == lo || mid == hi {
				m.known(h, boolBit(mid == lo))
				continue
			}
			e := expert{s.opinion(lo, mid, hi), class, depth, lo, hi}
			if m.code(h, e, boolBit(target >= mid), c) == 1 {
				lo = mid
			} else {
				hi = mid
			}
		}
		depth++
	}
	h.endToken(ids[lo], escape == 1)
	return ids[lo]
}

// knownToken takes in a token or escape that was not coded.
func (m *cm) knownToken(v *vocabulary, h *cmHistory, id int) {
	for _, b := range v.text(id) {
		for i := 7; i >= 0; i-- {
			m.known(h, int(b>>i&1))
		}
	}
	h.endToken(id, id >= len(v.bytes))
}
