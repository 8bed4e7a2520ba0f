package refdec

import (
	"math"
	"math/bits"
)

const (
	one        = 4096 // of opinions
	maxOpinion = 22 * one
	full       = 1 << 22 // of probabilities
)

func hash2(a, b uint32) uint32 {
	h := a*0x2C1B3C6D + b*0x297A2D39 + 0x7FEB352D
	h = (h ^ h>>15) * 0x846CA68B
	return h ^ h>>13
}

// nearest rounds x, of which nothing depends on how exactly it was computed: it is not near to a half.
func nearest(x float64) uint32 {
	n := math.Floor(x + 0.5)
	if math.Abs(math.Abs(x-n)-0.5) < 1e-6 {
		panic("refdec: a table's value lies at a half")
	}
	return uint32(n)
}

var logTable, squashTable = func() (logs [4096]int32, squashes [44*64 + 2]uint32) {
	for i := range logs {
		logs[i] = int32(nearest(4096 * math.Log2(1+float64(i)/4096)))
	}
	for i := range squashes {
		squashes[i] = nearest((1 << 31) / (1 + math.Exp2(22-float64(i)/64)))
	}
	return
}()

// log2 is Log2 of NUMERICS.md.
func log2(x uint64) int32 {
	n := bits.Len64(x) - 1
	leading := x << (63 - n) >> 51 // 13 bits, the first of which is one
	return int32(n)*4096 + logTable[leading-4096]
}

func stretch(p uint32) int32 { return log2(uint64(p)) - log2(uint64(full-p)) }

func clamp(x, low, high int32) int32 { return min(max(x, low), high) }

func squash(x int32) uint32 {
	at := uint64(clamp(x, -maxOpinion, maxOpinion) + maxOpinion)
	i, r := at/64, at%64
	p := (uint64(squashTable[i])*(64-r) + uint64(squashTable[i+1])*r) / 64 >> 9
	return uint32(min(max(p, 1), full-1))
}

// An adaptive is a probability that learns.
type adaptive struct{ p, n int32 }

func (a *adaptive) learn(bit int, limit int32) {
	a.p += int32((int64(bit)*(full-1) - int64(a.p)) * int64((1<<17)/(2*a.n+3)) >> 16)
	if a.n < limit {
		a.n++
	}
}

func (a *adaptive) prob() uint32 { return uint32(max(a.p, 1)) }

// A curve is a map.
type curve struct {
	points []adaptive
	chosen *adaptive
}

func newCurve(contexts int) *curve {
	var straight [45]adaptive
	for i := range straight {
		straight[i] = adaptive{int32(squash(int32(i)*4096 - maxOpinion)), 8}
	}
	c := &curve{points: make([]adaptive, 45*contexts)}
	for i := range contexts {
		copy(c.points[45*i:], straight[:])
	}
	return c
}

func (c *curve) at(x int32, context int) (a, b *adaptive, r int64) {
	x = clamp(x, -maxOpinion, maxOpinion-1) + maxOpinion
	i := 45*context + int(x/4096)
	a, b, r = &c.points[i], &c.points[i+1], int64(x%4096)
	c.chosen = a
	if r > 2048 {
		c.chosen = b
	}
	return a, b, r
}

func (c *curve) prob(x int32, context int) uint32 {
	a, b, r := c.at(x, context)
	return uint32(int64(a.p) + int64(b.p-a.p)*r/4096)
}

func (c *curve) refine(x int32, context int) int32 {
	a, b, r := c.at(x, context)
	s, t := stretch(a.prob()), stretch(b.prob())
	return s + int32(int64(t-s)*r/4096)
}

func (c *curve) learn(bit int) { c.chosen.learn(bit, 511) }

// A weighting is a set of vectors of weights.
type weighting struct {
	vectors [][]int32
	context int
	opinion int32
}

func newWeighting(contexts int, initial []int32) *weighting {
	w := &weighting{vectors: make([][]int32, contexts)}
	for i := range w.vectors {
		w.vectors[i] = append([]int32(nil), initial...)
	}
	return w
}

func (w *weighting) mix(x []int32, context int) int32 {
	w.context = context
	var sum int64
	for i, v := range w.vectors[context] {
		sum += int64(v) * int64(x[i])
	}
	w.opinion = int32(min(max(sum>>16, -maxOpinion), maxOpinion))
	return w.opinion
}

func (w *weighting) learn(x []int32, step int32) {
	v := w.vectors[w.context]
	for i := range v {
		v[i] += int32((int64(x[i])*int64(step) + 1<<29) >> 30)
	}
}
