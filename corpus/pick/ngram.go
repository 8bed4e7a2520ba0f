package pick

import (
	"bytes"
	"math"
	"unicode"
	"unicode/utf8"
)

// buckets is the number of features that are told apart.
const buckets = 10000

// Ngram scores texts by their words and pairs of words, hashed: how much more likely
// they are in the target than in the background, a feature, as DSIR has it (Xie and
// others, Data Selection for Language Models via Importance Resampling, 2023), but
// the mean and not the sum, which would only tell long texts from short ones.
type Ngram struct {
	near, far [buckets]float64 // counts
	ratio     [buckets]float64 // binary logarithms
}

// Target takes in a text of the target, Background one of the source.
func (g *Ngram) Target(text []byte)     { features(text, func(f int) { g.near[f]++ }) }
func (g *Ngram) Background(text []byte) { features(text, func(f int) { g.far[f]++ }) }

// Ready ends the counting.
func (g *Ngram) Ready() {
	var near, far float64
	for f := range buckets {
		near, far = near+g.near[f]+1, far+g.far[f]+1
	}
	for f := range buckets {
		g.ratio[f] = math.Log2((g.near[f]+1)/near) - math.Log2((g.far[f]+1)/far)
	}
}

// Score returns bits a feature, 0 of a text without any.
func (g *Ngram) Score(text []byte) float64 {
	sum, n := 0.0, 0
	features(text, func(f int) { sum, n = sum+g.ratio[f], n+1 })
	return sum / float64(max(n, 1))
}

// features calls visit for each word and each pair of neighbours: a word is a run of
// letters, digits and _, in small letters, or one of other characters but space.
func features(text []byte, visit func(f int)) {
	var last uint32
	for first := true; len(text) > 0; {
		text = bytes.TrimLeftFunc(text, unicode.IsSpace)
		if len(text) == 0 {
			return
		}
		r, _ := utf8.DecodeRune(text)
		kind := wordRune(r)
		n := bytes.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || wordRune(r) != kind })
		if n < 0 {
			n = len(text)
		}
		word := bytes.ToLower(text[:n])
		text = text[n:]
		h := hash(2166136261, word)
		visit(int(h % buckets))
		if !first {
			visit(int(hash(hash(last, []byte{' '}), word) % buckets))
		}
		last, first = h, false
	}
}

// hash goes on with FNV-1a.
func hash(h uint32, text []byte) uint32 {
	for _, c := range text {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
