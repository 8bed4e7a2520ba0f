package ensemble

import "slices"

// Repeats finds, for each stream of a block, the place where its latest tokens
// stood before, in any stream, and what followed there. Where a long repeat is
// confirmed, a language model is not worth its time.
type Repeats struct {
	tokens [][]int32 // of the dictionary and each stream
	match  []repeat
	last   []place // by hash of the latest tokens; offset 0 is none
	mask   uint32
}

// repeat is a stream's current match: at is the place of the token expected.
type repeat struct {
	at     place
	length int32
}

type place struct{ stream, offset int32 } // stream 0 is the dictionary

const (
	// Confirmed is the number of tokens that must have been repeated.
	Confirmed = 48

	hashed     = 16 // tokens that a match is looked up by
	maxRepeat  = 1 << 20
	maxPlaces  = 1 << 20
	tokenPrime = 0x9E3779B1
)

// NewRepeats returns the state for a block of so many streams and tokens, which may
// repeat what stands in the dictionary, too.
func NewRepeats(streams, tokens int, dictionary []int32) *Repeats {
	n := 1 << 10
	for n < tokens+len(dictionary) && n < maxPlaces {
		n *= 2
	}
	r := &Repeats{tokens: make([][]int32, streams+1), match: make([]repeat, streams+1), last: make([]place, n), mask: uint32(n - 1)}
	r.tokens[0] = make([]int32, 0, len(dictionary))
	for _, id := range dictionary {
		r.append(0, id)
	}
	return r
}

// Fork returns the state for a block of so many streams, with the dictionary of r, a
// state without streams.
func (r *Repeats) Fork(streams int) *Repeats {
	f := *r
	f.tokens = make([][]int32, streams+1)
	f.tokens[0] = r.tokens[0]
	f.match = make([]repeat, streams+1)
	f.last = slices.Clone(r.last)
	return &f
}

// Expected returns the token that is expected next in a stream, and how many
// tokens before it were the same as there; ok is false if no repeat is
// confirmed.
func (r *Repeats) Expected(stream int) (id, length int32, ok bool) {
	m := r.match[stream+1]
	if m.length < Confirmed || int(m.at.offset) >= len(r.tokens[m.at.stream]) {
		return 0, 0, false
	}
	return r.tokens[m.at.stream][m.at.offset], m.length, true
}

// Append adds the next token to a stream.
func (r *Repeats) Append(stream int, id int32) { r.append(stream+1, id) }

func (r *Repeats) append(stream int, id int32) {
	m := &r.match[stream]
	if source := r.tokens[m.at.stream]; m.length > 0 && int(m.at.offset) < len(source) && source[m.at.offset] == id {
		m.at.offset++
		m.length = min(m.length+1, maxRepeat)
	} else {
		m.length = 0
	}
	r.tokens[stream] = append(r.tokens[stream], id)
	text := r.tokens[stream]
	if len(text) < hashed {
		return
	}
	var h uint32
	for _, id := range text[len(text)-hashed:] {
		h = (h ^ uint32(id)) * tokenPrime
		h ^= h >> 15
	}
	entry := &r.last[h&r.mask]
	if m.length == 0 && entry.offset > 0 {
		m.at = *entry
		m.length = same(text, r.tokens[entry.stream][:entry.offset])
	}
	*entry = place{int32(stream), int32(len(text))}
}

// same returns how many tokens a and b agree in from the end, up to Confirmed.
func same(a, b []int32) (n int32) {
	for int(n) < min(len(a), len(b), Confirmed) && a[len(a)-1-int(n)] == b[len(b)-1-int(n)] {
		n++
	}
	return n
}
