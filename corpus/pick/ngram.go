package pick

import (
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/pith-codec/pith/internal/exact"
)

const (
	buckets = 1 << 18 // features that are told apart
	shortN  = 3       // bytes of the shortest runs that are features
	longN   = 5       // and of the longest
	share   = 0.01    // of the target in what documents are held against the background
)

// Ngram scores texts by their runs of 3, 4 and 5 bytes, their words and pairs of words,
// hashed: the mean, a feature, of log2(1 − share + share·p/q), where a feature is p of
// the target's and q of the background's. With share 1, the sum, and words alone this
// is DSIR (Xie and others, Data Selection for Language Models via Importance
// Resampling, 2023). A sum would only tell long texts from short ones; and a small
// target has not all that its kind has, so that what it lacks must say little. In a
// document that has a feature n times it counts 1 + ln n: words come in bursts
// (Church and Gale, Poisson mixtures, 1995).
type Ngram struct {
	near, far counts
	ratio     []float64
}

// counts are those of features in documents, in units of 1/256, so that the order of
// the documents makes no difference.
type counts struct {
	of  []int64
	all atomic.Int64
}

// damped[n] is 256·(1 + ln n), rounded.
var damped = sync.OnceValue(func() (d [1 << 12]int64) {
	for n := 1; n < len(d); n++ {
		d[n] = int64(256*(1+float64(exact.Log2(float64(n))*exact.Ln2)) + 0.5)
	}
	return d
})

func newNgram() *Ngram {
	return &Ngram{near: counts{of: make([]int64, buckets)}, far: counts{of: make([]int64, buckets)}}
}

// tally is a text's features, each once, with their number.
type tally struct {
	number [buckets]uint16
	seen   []uint32
}

var tallies = sync.Pool{New: func() any { return new(tally) }}

// each calls visit for each feature of a text with what it counts.
func each(text []byte, visit func(f uint32, count int64)) {
	t, table := tallies.Get().(*tally), damped()
	features(text, func(f uint32) {
		if t.number[f] == 0 {
			t.seen = append(t.seen, f)
		}
		if int(t.number[f]) < len(table)-1 {
			t.number[f]++
		}
	})
	for _, f := range t.seen {
		visit(f, table[t.number[f]])
		t.number[f] = 0
	}
	t.seen = t.seen[:0]
	tallies.Put(t)
}

func (c *counts) add(text []byte) {
	all := int64(0)
	each(text, func(f uint32, count int64) { atomic.AddInt64(&c.of[f], count); all += count })
	c.all.Add(all)
}

// Target takes in a text of the target, Background one of the source. Several
// goroutines may call them.
func (g *Ngram) Target(text []byte)     { g.near.add(text) }
func (g *Ngram) Background(text []byte) { g.far.add(text) }

// Ready ends the counting.
func (g *Ngram) Ready() {
	g.ratio = make([]float64, buckets)
	for f := range g.ratio {
		g.ratio[f] = g.weigh(g.near.of[f], g.near.all.Load(), f)
	}
}

// weigh returns the binary logarithm of a feature that counts near, of all, in the
// target. The background has half a feature more of each, so that none has nothing.
func (g *Ngram) weigh(near, all int64, f int) float64 {
	if near == 0 {
		return rest
	}
	p := float64(near) / float64(all)
	q := (float64(g.far.of[f]) + 128) / (float64(g.far.all.Load()) + 128*buckets)
	return exact.Log2(1 - share + float64(share*(p/q)))
}

// rest is what a feature is worth that the target has not.
var rest = exact.Log2(1 - share)

// Score returns bits a feature, 0 of a text without any.
func (g *Ngram) Score(text []byte) float64 {
	sum, n := 0.0, 0
	features(text, func(f uint32) { sum, n = sum+g.ratio[f], n+1 })
	return sum / float64(max(n, 1))
}

// Without returns the score of a text of the target, as it would be if the target had
// all but it.
func (g *Ngram) Without(text []byte) float64 {
	own := map[uint32]int64{}
	all := g.near.all.Load()
	each(text, func(f uint32, count int64) { own[f] = count; all -= count })
	sum, n := 0.0, 0
	features(text, func(f uint32) { sum, n = sum+g.weigh(g.near.of[f]-own[f], all, int(f)), n+1 })
	return sum / float64(max(n, 1))
}

// features calls visit for each run of bytes, each word and each pair of neighbours: a
// word is a run of letters, digits and _, in small letters, or one of other
// characters but space.
func features(text []byte, visit func(f uint32)) {
	for i := range text {
		h := uint32(basis)
		for n, c := range text[i:min(i+longN, len(text))] {
			if h = (h ^ uint32(c)) * prime; n >= shortN-1 {
				visit(bucket(h))
			}
		}
	}
	var word, last uint32 // hashes; 0 is none
	kind := space
	end := func() {
		if word == 0 {
			return
		}
		visit(bucket(word))
		if last != 0 {
			visit(bucket((last ^ word*0x85EBCA6B) * prime))
		}
		word, last = 0, word
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		k := kindOf(r)
		if k != kind {
			end()
			kind = k
		}
		if k != space {
			if word == 0 {
				word = basis + 1 // words are none of the runs
			}
			word = (word ^ uint32(unicode.ToLower(r))) * prime
		}
	}
	end()
}

// Kinds of characters.
const (
	space = iota
	letter
	sign
)

func kindOf(r rune) int {
	switch {
	case unicode.IsSpace(r):
		return space
	case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
		return letter
	}
	return sign
}

// FNV-1a.
const (
	basis = 2166136261
	prime = 16777619
)

// bucket spreads a hash, whose low bits depend on few of the text's, over the buckets.
func bucket(h uint32) uint32 { return (h ^ h>>15) * 0x9E3779B1 >> 14 }
