package lm

import (
	"flag"
	"math"
	"sync"
	"testing"

	"github.com/pith-codec/pith/model/lm/kernel"
)

var measureSchemes = flag.Bool("schemes", false, "measure what ways to quantise activations cost in bits")

// scheme is a way to quantise a vector for products with int8 matrices, done
// with the kernels for one scale a block.
type scheme struct {
	name string
	// scales returns the scale of each block, for the largest magnitudes in them.
	scales func(tops []float32) []float32
	// planes is 2 where what rounding to int8 leaves is rounded again.
	planes int
}

func perToken(tops []float32) []float32 {
	var top float32
	for _, t := range tops {
		top = max(top, t)
	}
	scales := make([]float32, len(tops))
	for b := range scales {
		scales[b] = top / 127
	}
	return scales
}

func perBlock(tops []float32) []float32 {
	scales := make([]float32, len(tops))
	for b, t := range tops {
		scales[b] = t / 127
	}
	return scales
}

// powersOfTwo gives each block the token's scale divided by a power of two: a
// shift, so that sums can stay integers.
func powersOfTwo(tops []float32) []float32 {
	scales := perToken(tops)
	for b, t := range tops {
		for t > 0 && scales[b]/2*127 >= t {
			scales[b] /= 2
		}
	}
	return scales
}

var schemes = []scheme{
	{"int8, one scale a token", perToken, 1},
	{"int8, one scale per 64, powers of two", powersOfTwo, 1},
	{"int8, one scale per 64 (chosen)", perBlock, 1},
	{"int16 as two int8 planes, one scale a token", perToken, 2},
}

// impl returns k with vectors quantised by the scheme.
func (s scheme) impl(k *kernel.Impl) *kernel.Impl {
	var low sync.Map // second planes by *kernel.Vectors
	changed := *k
	changed.Quantize = func(x *kernel.Vectors, i int, src []float32) {
		if x.Cols == kernel.Block { // queries, keys and values
			k.Quantize(x, i, src)
			return
		}
		blocks := x.Cols / kernel.Block
		tops := make([]float32, blocks)
		for j, v := range src {
			tops[j/kernel.Block] = max(tops[j/kernel.Block], float32(math.Abs(float64(v))))
		}
		second, ok := low.Load(x)
		if !ok {
			second, _ = low.LoadOrStore(x, kernel.NewVectors(x.N, x.Cols))
		}
		rest := append([]float32(nil), src...)
		for p := range s.planes {
			to := x
			if p == 1 {
				to = second.(*kernel.Vectors)
			}
			for b, scale := range s.scales(tops) {
				if p == 1 {
					scale /= 254
				}
				at, sum := b*x.N+i, int32(0)
				to.Scale[at] = scale
				for j := range kernel.Block {
					q := float64(0)
					if scale > 0 {
						q = max(-127, min(127, math.RoundToEven(float64(rest[b*kernel.Block+j]/scale))))
					}
					rest[b*kernel.Block+j] -= float32(q) * scale
					to.Q[at*kernel.Block+j] = int8(q)
					sum += int32(q)
				}
				to.Bias[at] = -128 * sum
			}
		}
	}
	changed.Mul = func(dst []float32, ldd int, w *kernel.Matrix, g0, g1 int, x *kernel.Vectors, first, n int, _ []byte) {
		k.Mul(dst, ldd, w, g0, g1, x, first, n, nil)
		if s.planes < 2 || x.Cols == kernel.Block {
			return
		}
		plane, _ := low.Load(x)
		second := make([]float32, len(dst))
		k.Mul(second, ldd, w, g0, g1, plane.(*kernel.Vectors), first, n, nil)
		for i := range n {
			for r := g0 * kernel.Lanes; r < g1*kernel.Lanes; r++ {
				dst[i*ldd+r] += second[i*ldd+r]
			}
		}
	}
	return &changed
}

// TestSchemes prints a table. It also asserts that the scheme in use is the one
// it is taken for: but for the rounding of a product instead of a quotient.
func TestSchemes(t *testing.T) {
	if !*measureSchemes {
		t.Skip("a measurement: give -schemes")
	}
	m := realModel(t)
	k, err := kernel.Default()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"logprobs-alice29-lf.tsv", "logprobs-asyoulik.tsv", "logprobs-fields.c.tsv"}
	var inUse []float64
	for _, name := range names {
		got, _ := codeLength(t, m, k, references(t, name))
		inUse = append(inUse, got)
	}
	for _, s := range schemes {
		for i, name := range names {
			got, want := codeLength(t, m, s.impl(k), references(t, name))
			t.Logf("%-45s %-25s %.5f bits a token, f32 %.5f (%+.2f %%)", s.name, name, got, want, 100*(got/want-1))
			if s.name == "int8, one scale per 64 (chosen)" && math.Abs(got/inUse[i]-1) > 3e-3 {
				t.Errorf("the engine itself needs %.5f", inUse[i])
			}
		}
	}
}
