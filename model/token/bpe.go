package token

import (
	"strings"
	"unicode/utf8"
)

// merges says which pairs of tokens join, and in which order of preference.
type merges struct {
	ofByte [256]int32
	ofRune map[rune]int32   // characters that are not joined from bytes; nil if all are
	pairs  map[uint64]merge // by pairKey
}

type merge struct {
	rank int32 // the lower joins first
	id   int32
}

func pairKey(left, right int32) uint64 { return uint64(left)<<32 | uint64(right) }

// newMerges reads the merge list. A merge that names an unknown token or makes
// one can never apply and is passed over; of two for the same pair the first
// counts, and of two tokens with the same bytes the one with the lower id.
func newMerges(t *Tokenizer, list []string) *merges {
	m := &merges{pairs: make(map[uint64]merge, len(list))}
	ids := m.setBytes(t)
	var name []byte
	for rank, pair := range list {
		left, right, _ := strings.Cut(pair, " ")
		name, okA := appendBytes(name[:0], left, typeNormal)
		n := len(name)
		name, okB := appendBytes(name, right, typeNormal)
		if !okA || !okB {
			continue
		}
		a, okA := ids[string(name[:n])]
		b, okB := ids[string(name[n:])]
		id, ok := ids[string(name)]
		if !okA || !okB || !ok {
			continue
		}
		if _, twice := m.pairs[pairKey(a, b)]; !twice {
			m.pairs[pairKey(a, b)] = merge{int32(rank), id}
		}
	}
	return m
}

// setBytes finds the token of each byte, and returns those of all texts.
func (m *merges) setBytes(t *Tokenizer) (ids map[string]int32) {
	text := string(t.text)
	ids = make(map[string]int32, t.Size())
	for id := t.Size() - 1; id >= 0; id-- {
		ids[text[t.ends[id]:t.ends[id+1]]] = int32(id)
	}
	for b := range 256 {
		m.ofByte[b] = int32(t.Size() + b)
		if id, ok := ids[string([]byte{byte(b)})]; ok {
			m.ofByte[b] = id
		}
	}
	return ids
}

// encoder joins the bytes of pieces. It remembers short ones.
type encoder struct {
	*merges
	known map[string]span
	ids   []int32 // what known points to
	nodes []node
	queue queue
}

type span struct{ from, to int32 }

// Pieces up to keepLen bytes are remembered, up to keepCount of them.
const (
	keepLen   = 32
	keepCount = 1 << 16
)

// piece appends the tokens of one piece.
func (e *encoder) piece(dst []int32, text []byte) []int32 {
	if s, ok := e.known[string(text)]; ok {
		return append(dst, e.ids[s.from:s.to]...)
	}
	start := len(dst)
	dst = e.join(dst, text)
	if len(text) <= keepLen && len(e.known) < keepCount {
		from := len(e.ids)
		e.ids = append(e.ids, dst[start:]...)
		e.known[string(text)] = span{int32(from), int32(len(e.ids))}
	}
	return dst
}

// node is a token of the piece at hand in a doubly linked list; merge is what
// its pair with the next one becomes.
type node struct {
	id         int32
	prev, next int32
	merge      merge
}

// noRank is the rank of a node that joins nothing, or is itself joined to the
// one before.
const noRank = -1

// join merges the pair of the lowest rank, leftmost first, until none is left:
// n bytes take the time of n log n.
func (e *encoder) join(dst []int32, text []byte) []int32 {
	e.nodes, e.queue = e.nodes[:0], e.queue[:0]
	for len(text) > 0 {
		id, n := e.first(text)
		i := int32(len(e.nodes))
		e.nodes = append(e.nodes, node{id: id, prev: i - 1, next: i + 1})
		text = text[n:]
	}
	for i := range e.nodes {
		e.offer(int32(i))
	}
	for len(e.queue) > 0 {
		rank, at := e.queue.pop()
		left := &e.nodes[at]
		if left.merge.rank != rank {
			continue // one of the two has been joined elsewhere meanwhile
		}
		right := &e.nodes[left.next]
		left.id, right.merge.rank = left.merge.id, noRank
		left.next = right.next
		if int(left.next) < len(e.nodes) {
			e.nodes[left.next].prev = at
		}
		e.offer(at)
		if left.prev >= 0 {
			e.offer(left.prev)
		}
	}
	for i := int32(0); int(i) < len(e.nodes); i = e.nodes[i].next {
		dst = append(dst, e.nodes[i].id)
	}
	return dst
}

// first returns the token that joining begins with at the start of text, and its
// bytes.
func (m *merges) first(text []byte) (id int32, n int) {
	if m.ofRune != nil && text[0] >= utf8.RuneSelf {
		r, n := utf8.DecodeRune(text)
		if id, ok := m.ofRune[r]; ok && n > 1 {
			return id, n
		}
	}
	return m.ofByte[text[0]], 1
}

// offer notes and queues what node i and the next become, if they can join.
func (e *encoder) offer(i int32) {
	n := &e.nodes[i]
	n.merge.rank = noRank
	if int(n.next) == len(e.nodes) {
		return
	}
	if m, ok := e.pairs[pairKey(n.id, e.nodes[n.next].id)]; ok {
		n.merge = m
		e.queue.push(m.rank, i)
	}
}

// queue is a binary heap of ranks and positions, the lowest rank first and of
// equal ranks the lowest position.
type queue []uint64

func (q *queue) push(rank, at int32) {
	v := uint64(rank)<<32 | uint64(at)
	h := append(*q, v)
	i := len(h) - 1
	for ; i > 0 && v < h[(i-1)/2]; i = (i - 1) / 2 {
		h[i] = h[(i-1)/2]
	}
	h[i] = v
	*q = h
}

func (q *queue) pop() (rank, at int32) {
	h := *q
	top, v := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if child >= len(h) || v <= h[child] {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = v
	}
	*q = h
	return int32(top >> 32), int32(uint32(top))
}
