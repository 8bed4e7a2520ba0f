package token

import (
	"container/heap"
	"strings"
)

// merges says which pairs of tokens join, and in which order of preference.
type merges struct {
	ofByte [256]int32
	pairs  map[[2]int32]merge
}

type merge struct {
	rank int32
	id   int32
}

// newMerges reads the merge list. A merge that names unknown tokens can never
// apply and is passed over, as is one whose result is unknown.
func newMerges(t *Tokenizer) *merges {
	m := &merges{}
	ids := make(map[string]int32, len(t.tokens))
	for id := len(t.tokens) - 1; id >= 0; id-- {
		if t.tokens[id] != nil {
			ids[string(t.tokens[id])] = int32(id)
		}
	}
	for b := range 256 {
		m.ofByte[b] = int32(t.Size() + b)
		if id, ok := ids[string([]byte{byte(b)})]; ok {
			m.ofByte[b] = id
		}
	}
	list, err := t.file.Strings("tokenizer.ggml.merges")
	if err != nil {
		return m
	}
	m.pairs = make(map[[2]int32]merge, len(list))
	for rank, pair := range list {
		left, right, _ := strings.Cut(pair, " ")
		a, okA := fromRunes(left)
		b, okB := fromRunes(right)
		if !okA || !okB {
			continue
		}
		idA, okA := ids[string(a)]
		idB, okB := ids[string(b)]
		id, ok := ids[string(a)+string(b)]
		key := [2]int32{idA, idB}
		if _, twice := m.pairs[key]; okA && okB && ok && !twice {
			m.pairs[key] = merge{int32(rank), id}
		}
	}
	return m
}

// encoder joins the bytes of pieces. It remembers short pieces.
type encoder struct {
	*merges
	known map[string][]int32
	nodes []node
	queue candidates
}

// node is a token of the piece at hand in a doubly linked list.
type node struct {
	id         int32 // −1 once joined to its left neighbour
	prev, next int
}

// candidate is a pair that may be joined: the node at, of token left, and the
// one after it, of token right.
type candidate struct {
	merge
	at          int
	left, right int32
}

type candidates []candidate

func (c candidates) Len() int      { return len(c) }
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c candidates) Less(i, j int) bool {
	return c[i].rank < c[j].rank || c[i].rank == c[j].rank && c[i].at < c[j].at
}
func (c *candidates) Push(x any) { *c = append(*c, x.(candidate)) }
func (c *candidates) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// Pieces up to keepLen bytes are remembered, up to keepCount of them.
const (
	keepLen   = 32
	keepCount = 1 << 16
)

// piece appends the tokens of one piece.
func (e *encoder) piece(dst []int32, text []byte) []int32 {
	if ids, ok := e.known[string(text)]; ok {
		return append(dst, ids...)
	}
	start := len(dst)
	dst = e.join(dst, text)
	if len(text) <= keepLen && len(e.known) < keepCount {
		e.known[string(text)] = append([]int32(nil), dst[start:]...)
	}
	return dst
}

// join merges the best pair, leftmost first, until none is left.
func (e *encoder) join(dst []int32, text []byte) []int32 {
	e.nodes, e.queue = e.nodes[:0], e.queue[:0]
	for i, b := range text {
		e.nodes = append(e.nodes, node{e.ofByte[b], i - 1, i + 1})
	}
	for i := range text {
		e.offer(i)
	}
	for len(e.queue) > 0 {
		c := heap.Pop(&e.queue).(candidate)
		left := &e.nodes[c.at]
		if left.id != c.left || left.next >= len(e.nodes) || e.nodes[left.next].id != c.right {
			continue // a part has been joined elsewhere meanwhile
		}
		right := &e.nodes[left.next]
		left.id, right.id = c.id, -1
		left.next = right.next
		if left.next < len(e.nodes) {
			e.nodes[left.next].prev = c.at
		}
		e.offer(c.at)
		if left.prev >= 0 {
			e.offer(left.prev)
		}
	}
	for i := 0; i < len(e.nodes); i = e.nodes[i].next {
		dst = append(dst, e.nodes[i].id)
	}
	return dst
}

// offer queues the pair that begins at node i, if it can be joined.
func (e *encoder) offer(i int) {
	n := e.nodes[i]
	if n.next >= len(e.nodes) {
		return
	}
	right := e.nodes[n.next].id
	if m, ok := e.pairs[[2]int32{n.id, right}]; ok {
		heap.Push(&e.queue, candidate{m, i, n.id, right})
	}
}
