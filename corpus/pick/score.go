// Package pick chooses the documents of a large source that are most like those of a
// target. docs/ALIGN.md says how they are scored.
package pick

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pith-codec/pith/corpus/length"
	"github.com/pith-codec/pith/internal/parallel"
)

// Scorer scores texts: more is more like the target. It may be used from several
// goroutines.
type Scorer interface{ Score(text []byte) float64 }

// Methods lists the ways to score: the metric of each engine.
var Methods = []string{"contrast", "gain", "zipfit"}

// backgroundMost is how many bytes of the source engines but ngram read as background.
const backgroundMost = 1 << 20

// Training is the target, and the part of the source that is the background.
type Training struct {
	engine     length.Engine // nil for n-grams
	ngram      *Ngram
	target     [][]byte
	size       int
	background [][]byte
	rest       int // bytes of background that there is room for
}

// Train returns what learns a target and then a source, for an engine and for
// n-grams. The engine may be nil.
func Train(e length.Engine, target [][]byte) *Training {
	t := &Training{engine: e, ngram: newNgram(), target: target}
	for _, text := range target {
		t.size += len(text)
		t.ngram.Target(text)
	}
	if e != nil {
		t.rest = min(max(t.size, 1<<12), backgroundMost)
	}
	return t
}

// Size returns the bytes of the target.
func (t *Training) Size() int { return t.size }

// Background takes in documents of the source, with as many threads. Of their texts
// nothing is kept but what an engine needs.
func (t *Training) Background(all []Unit, threads int) {
	parallel.Each(threads, len(all), func(i int) { t.ngram.Background(all[i].Text) })
	for _, u := range all {
		if t.rest <= 0 {
			return
		}
		part := u.Text[:min(len(u.Text), t.rest)]
		t.background = append(t.background, slices.Clone(part))
		t.rest -= len(part)
	}
}

// Ngrams returns the scorer by n-grams, when the source was taken in.
func (t *Training) Ngrams() Scorer {
	t.ngram.Ready()
	return t.ngram
}

// Scorer returns the scorer of a method by the engine, or by n-grams without one.
func (t *Training) Scorer(method string) (Scorer, error) {
	e := t.engine
	switch {
	case !slices.Contains(Methods, method):
		return nil, fmt.Errorf("metric %q: want %s", method, strings.Join(Methods, ", "))
	case e == nil && method != "contrast":
		return nil, fmt.Errorf("engine ngram has no %s, only contrast", method)
	case e == nil:
		return t.Ngrams(), nil
	case method == "gain":
		return gain{e, e.After(context(e, t.target))}, nil
	case method == "zipfit":
		return newZipfit(e, t.target), nil
	}
	return contrast{e.After(context(e, t.background)), e.After(context(e, t.target))}, nil
}

// pieces is the most documents that the end of a context is made of.
const pieces = 16

// context returns texts behind one another for an engine to read before others. If its
// language model does not read all, they end with pieces of texts from everywhere:
// the last text alone would stand for all.
func context(e length.Engine, texts [][]byte) []byte {
	all := slices.Concat(texts...)
	if e.Tail() == 0 || len(all) <= e.Tail() {
		return all
	}
	n := min(pieces, len(texts))
	for i := range n {
		text := texts[i*len(texts)/n]
		all = append(all, text[:min(len(text), e.Tail()/n)]...)
		all = append(all, '\n')
	}
	return all
}

// Own returns, with n-grams, how surely documents of the target are told from those of a
// source with the given scores: the part of all pairs in which that of the target
// scores better, without its own part in the target. Of a target that is no kind of
// its own it is 1/2.
func (t *Training) Own(source []float64) float64 {
	sorted := slices.Sorted(slices.Values(source))
	sum := 0.0
	for _, text := range t.target {
		score := t.ngram.Without(text)
		below, _ := slices.BinarySearch(sorted, score)
		above, _ := slices.BinarySearchFunc(sorted, score, func(x, s float64) int {
			if x <= s {
				return -1
			}
			return 1
		})
		sum += float64(below+above) / 2
	}
	return sum / float64(max(len(t.target)*len(source), 1))
}

// contrast is bits a byte after the background less those after the target (Moore and
// Lewis, Intelligent Selection of Language Model Training Data, 2010).
type contrast struct{ far, near length.Reader }

func (c contrast) Score(text []byte) float64 {
	return (c.far.Bits(text) - c.near.Bits(text)) / float64(max(len(text), 1))
}

// gain is the part of a text that the target explains.
type gain struct {
	e    length.Engine
	near length.Reader
}

func (g gain) Score(text []byte) float64 {
	alone := g.e.Bits(text)
	if alone == 0 {
		return 0
	}
	return 1 - g.near.Bits(text)/alone
}

// zipfit is the mean over the target of 1 − NCD, as published (Obbad and others,
// ZIP-FIT, 2024), with gzip's header and trailer for every engine.
type zipfit struct {
	e      length.Engine
	target [][]byte
	alone  []float64
}

func newZipfit(e length.Engine, target [][]byte) zipfit {
	z := zipfit{e: e, target: target}
	for _, t := range target {
		z.alone = append(z.alone, e.Bits(t)+length.GzipOverhead)
	}
	return z
}

func (z zipfit) Score(text []byte) float64 {
	alone, sum := z.e.Bits(text)+length.GzipOverhead, 0.0
	for j, t := range z.target {
		both := z.e.Bits(slices.Concat(text, t)) + length.GzipOverhead
		sum += 1 - length.NCD(alone, z.alone[j], both)
	}
	return sum / float64(max(len(z.target), 1))
}

// ScoreAll scores documents, with as many threads.
func ScoreAll(s Scorer, all []Unit, threads int) []float64 {
	out := make([]float64, len(all))
	parallel.Each(threads, len(all), func(i int) { out[i] = s.Score(all[i].Text) })
	return out
}

// RankCorrelation returns Spearman's rank correlation of two lists as long as each
// other, 0 of lists that do not vary.
func RankCorrelation(a, b []float64) float64 {
	ra, rb := ranks(a), ranks(b)
	mean := float64(len(a)-1) / 2
	var both, aa, bb float64
	for i := range ra {
		both += (ra[i] - mean) * (rb[i] - mean)
		aa += (ra[i] - mean) * (ra[i] - mean)
		bb += (rb[i] - mean) * (rb[i] - mean)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return both / math.Sqrt(aa*bb)
}

// ranks returns the place of each number in order; equal ones share the mean of theirs.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(x[i], x[j]) })
	out := make([]float64, len(x))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && x[order[to]] == x[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+to-1) / 2
		}
		from = to
	}
	return out
}
