// Package align measures how alike texts are by what one tells a compressor of the
// other. docs/ALIGN.md has the definitions.
package align

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pith-codec/pith/corpus/length"
	"github.com/pith-codec/pith/internal/parallel"
)

// Metric is a distance, or a similarity, of two texts.
type Metric string

// Metrics. C is the code length, xy a text behind the other, x|y a text after another
// was read.
const (
	NCD    Metric = "ncd"    // (C(xy) − min(C(x), C(y))) / max(C(x), C(y)): Cilibrasi and Vitányi, 2005
	NCCD   Metric = "nccd"   // max(C(x|y), C(y|x)) / max(C(x), C(y)): Li and others, 2004
	CDM    Metric = "cdm"    // C(xy) / (C(x) + C(y)): Keogh and others, 2004
	Gain   Metric = "gain"   // 1 − C(x|y) / C(x), how much of x is explained by y
	ZIPFIT Metric = "zipfit" // 1 − NCD, x first: Obbad and others, 2024
)

var metrics = []Metric{NCD, NCCD, CDM, Gain, ZIPFIT}

// ParseMetric returns the metric of a name.
func ParseMetric(name string) (Metric, error) {
	if m := Metric(name); slices.Contains(metrics, m) {
		return m, nil
	}
	return "", fmt.Errorf("metric %q: want %s", name, strings.Trim(fmt.Sprint(metrics), "[]"))
}

// Similarity reports whether more of a metric is more alike.
func (m Metric) Similarity() bool { return m == Gain || m == ZIPFIT }

// Symmetric reports whether the order of two texts makes no difference to a metric.
func (m Metric) Symmetric() bool { return !m.Similarity() }

// lengths are the code lengths of two texts, in bits, that a metric is made of. Those
// of both are the mean of the two orders, but for ZIP-FIT.
type lengths struct {
	x, y    float64
	xy, yx  float64 // one behind the other
	xAfterY float64
	yAfterX float64
}

// value returns a metric, exact and unclamped: compressors are no perfect measure, and
// distances of a text to itself may be above 0, others above 1.
func (m Metric) value(l lengths) float64 {
	most := max(l.x, l.y)
	if most == 0 {
		return 0
	}
	both := (l.xy + l.yx) / 2
	switch m {
	case NCD:
		return length.NCD(l.x, l.y, both)
	case NCCD:
		return max(l.xAfterY, l.yAfterX) / most
	case CDM:
		return both / (l.x + l.y)
	case Gain:
		if l.x == 0 {
			return 0
		}
		return 1 - l.xAfterY/l.x
	}
	return 1 - length.NCD(l.x, l.y, l.xy)
}

// needs tells which lengths a metric takes beside those of the texts alone.
func (m Metric) needs() (joint, conditional bool) {
	return m == NCD || m == CDM || m == ZIPFIT, m == NCCD || m == Gain
}

// Matrix is the metric of each text to each. Texts are in the same order as names.
type Matrix struct {
	Metric Metric
	Names  []string
	Values [][]float64 // [row][column]
	// Gap is the mean of |C(xy) − C(yx)| / C(xy) over all pairs, 0 if it was not measured.
	Gap float64
	// Beyond lists the names of texts of which the engine does not see all at once.
	Beyond []string
}

// New measures texts by an engine, with as many threads; the result does not depend
// on their number. Tick is called with the pairs done so far, never at once.
func New(e length.Engine, m Metric, names []string, texts [][]byte, threads int, tick func(done int)) *Matrix {
	n := len(texts)
	out := &Matrix{Metric: m, Names: names, Values: make([][]float64, n)}
	overhead := 0.0
	if m == ZIPFIT {
		overhead = length.GzipOverhead
	}
	alone := Sizes(e, texts, threads)
	for i := range n {
		alone[i] += overhead
		out.Values[i] = make([]float64, n)
		if 2*len(texts[i]) > e.Reach() {
			out.Beyond = append(out.Beyond, names[i])
		}
	}
	joint, conditional := m.needs()
	pair := make([][]float64, n) // C(row then column), or C(column after row)
	var lock sync.Mutex
	done := 0
	parallel.Each(threads, n, func(i int) {
		pair[i] = make([]float64, n)
		var after length.Reader
		if conditional || e.Additive() {
			after = e.After(texts[i])
		}
		for j := range n {
			switch {
			case conditional:
				pair[i][j] = after.Bits(texts[j])
			case e.Additive():
				pair[i][j] = alone[i] + after.Bits(texts[j]) // with x's overhead
			default:
				pair[i][j] = e.Bits(slices.Concat(texts[i], texts[j])) + overhead
			}
		}
		lock.Lock()
		defer lock.Unlock()
		done += n
		tick(done)
	})
	for i := range n {
		for j := range n {
			l := lengths{x: alone[i], y: alone[j]}
			if joint {
				l.xy, l.yx = pair[i][j], pair[j][i]
				if n > 1 && i != j && l.xy > 0 {
					out.Gap += abs(l.xy-l.yx) / l.xy / float64(n*(n-1))
				}
			} else {
				l.xAfterY, l.yAfterX = pair[j][i], pair[i][j]
			}
			out.Values[i][j] = m.value(l)
		}
	}
	return out
}

// Sizes returns the code length of each text by itself, in bits.
func Sizes(e length.Engine, texts [][]byte, threads int) []float64 {
	bits := make([]float64, len(texts))
	parallel.Each(threads, len(texts), func(i int) { bits[i] = e.Bits(texts[i]) })
	return bits
}

func abs(x float64) float64 { return max(x, -x) }
