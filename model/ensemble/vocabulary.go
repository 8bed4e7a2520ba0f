// Package ensemble joins a language model with the context mixer bit by bit.
//
// The tokens of a vocabulary, sorted by their bytes, form a trie: the tokens
// that begin with some bytes are a range of the order. Coding a token walks
// down from the root. At a node that is itself a token it codes whether the
// token ends there; otherwise the next byte, bit by bit, each bit halving the
// range. The language model's opinion of every decision is the ratio of the
// weights on its two sides, so that the product over a walk is exactly the
// model's probability of the token. Decisions with all weight on one side are
// not coded, but the context mixer learns from them too.
package ensemble

import (
	"bytes"
	"slices"
	"sort"
)

// Vocabulary is the sorted tokens of a model. It is immutable.
type Vocabulary struct {
	size    int
	tokens  alphabet
	escapes alphabet // bytes that no token begins with
	ids     []int32  // of each leaf
	leaves  []int32  // of each id, −1 if it has none
}

// alphabet is a sorted list of byte strings.
type alphabet [][]byte

// NewVocabulary sorts size tokens. Ids without bytes are special and have no
// leaf; of several with the same bytes the lowest has it.
func NewVocabulary(size int, text func(id int32) []byte) *Vocabulary {
	v := &Vocabulary{size: size, leaves: make([]int32, size)}
	var missing [256]bool
	for b := range missing {
		missing[b] = true
	}
	for id := range int32(size) {
		v.leaves[id] = -1
		if b := text(id); len(b) > 0 {
			v.ids = append(v.ids, id)
			if len(b) == 1 {
				missing[b[0]] = false
			}
		}
	}
	slices.SortFunc(v.ids, func(a, b int32) int {
		if c := bytes.Compare(text(a), text(b)); c != 0 {
			return c
		}
		return int(a - b)
	})
	v.ids = slices.CompactFunc(v.ids, func(a, b int32) bool { return bytes.Equal(text(a), text(b)) })
	for leaf, id := range v.ids {
		v.leaves[id] = int32(leaf)
		v.tokens = append(v.tokens, text(id))
	}
	for b, no := range missing {
		if no {
			v.escapes = append(v.escapes, []byte{byte(b)})
		}
	}
	return v
}

// Order returns the id of each leaf. It must not be changed.
func (v *Vocabulary) Order() []int32 { return v.ids }

// place returns where an id or escape stands in its alphabet; it must be there.
func (v *Vocabulary) place(id int32) int {
	b := int(id) - v.size
	if b < 0 {
		return int(v.leaves[id])
	}
	return slices.IndexFunc(v.escapes, func(e []byte) bool { return int(e[0]) == b })
}

// id returns the id or escape at a place of an alphabet.
func (v *Vocabulary) id(escape bool, at int) int32 {
	if escape {
		return int32(v.size) + int32(v.escapes[at][0])
	}
	return v.ids[at]
}

// bytes returns what an id or escape stands for.
func (v *Vocabulary) bytes(id int32) []byte {
	if b := int(id) - v.size; b >= 0 {
		return []byte{byte(b)}
	}
	return v.tokens[v.leaves[id]]
}

// split returns the first place in lo…hi whose byte at depth has the bit that
// mask selects; above it, all bytes there agree.
func (a alphabet) split(lo, hi, depth int, mask byte) int {
	return lo + sort.Search(hi-lo, func(i int) bool { return a[lo+i][depth]&mask != 0 })
}
