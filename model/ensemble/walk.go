package ensemble

// node is a place in the trie: the range of the alphabet that begins with the
// bytes so far.
type node struct {
	lo, hi int
	depth  int // bytes so far
}

// coder decides what a walk meets. It is given the right answer where that is
// known, when encoding, and returns the answer to follow.
type coder interface {
	start(sureness int32)
	escape(bit int) int
	end(n node, bit int, opinion int32) int
	bit(n node, bit int, opinion int32) int
	// known is told of a bit that only one answer fits.
	known(bit int)
	finish()
}

// Unknown is the id of a token that is still to be decoded.
const Unknown = -1

// walk codes one token or escape and returns it.
func walk(v *Vocabulary, id int32, s source, c coder) int32 {
	c.start(s.begin(len(v.tokens)))
	escape := b2i(int(id) >= v.size)
	if len(v.escapes) > 0 {
		escape = c.escape(escape)
	}
	a, target := v.tokens, 0
	if escape != 0 {
		a, s = v.escapes, indifferent{}
	}
	if id != Unknown {
		target = v.place(id)
	}
	n := node{0, len(a), 0}
	for {
		if len(a[n.lo]) == n.depth {
			if n.hi-n.lo == 1 {
				break
			}
			if c.end(n, b2i(target == n.lo), -s.opinion(n.lo, n.lo+1, n.hi)) != 0 {
				n.hi = n.lo + 1
				break
			}
			n.lo++
		}
		for mask := byte(128); mask != 0; mask >>= 1 {
			mid := a.split(n.lo, n.hi, n.depth, mask)
			switch {
			case mid == n.lo:
				c.known(1)
				continue
			case mid == n.hi:
				c.known(0)
				continue
			}
			if c.bit(n, b2i(target >= mid), s.opinion(n.lo, mid, n.hi)) != 0 {
				n.lo = mid
			} else {
				n.hi = mid
			}
		}
		n.depth++
	}
	c.finish()
	return v.id(escape != 0, n.lo)
}

// indifferent has no opinion on anything.
type indifferent struct{}

func (indifferent) begin(int) int32           { return 0 }
func (indifferent) opinion(_, _, _ int) int32 { return 0 }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
