//go:build !purego

package kernel

import (
	"slices"
	"sync"

	"golang.org/x/sys/cpu"
)

// native lists the implementations in assembly that this processor can run.
func native() (list []*Impl) {
	if !cpu.X86.HasAVX2 {
		return nil
	}
	list = append(list, &avx2)
	x := &cpu.X86
	if x.HasAVXVNNI {
		list = append(list, &avxvnni)
	}
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512DQ && x.HasAVX512VNNI {
		list = append(list, &avx512vnni)
		if haveAMX() {
			list = append(list, &amx)
		}
	}
	return list
}

var avx2 = Impl{
	Name:       "avx2",
	Tile:       12,
	Mul:        mulAVX2,
	Quantize:   quantizeWith(quantizeAVX2),
	RMSNorm:    rmsNormWith(rmsNormAVX2),
	SiLUMul:    siluMulWith(siluMulAVX2),
	Rotate:     rotateWith(rotateAVX2),
	Add:        addWith(addAVX2),
	Max:        maxWith(maximumAVX2),
	Softmax:    softmaxWith(maximumAVX2, softmaxExpAVX2, softmaxSplitAVX2),
	Accumulate: oneByOne(accumulateAVX2),
	Exp:        expWith(exponentialsAVX2),
}

// avxvnni is avx2 with products of bytes.
var avxvnni = func() Impl {
	k := avx2
	k.Name, k.Mul, k.Accumulate = "avxvnni", mulAVXVNNI, oneByOne(accumulateAVXVNNI)
	return k
}()

var avx512vnni = Impl{
	Name:       "avx512vnni",
	Tile:       len(mulsVNNI),
	Mul:        mulVNNI,
	Quantize:   quantizeWith(quantizeAVX512),
	RMSNorm:    rmsNormWith(rmsNormAVX512),
	SiLUMul:    siluMulWith(siluMulAVX512),
	Rotate:     rotateWith(rotateAVX512),
	Add:        addWith(addAVX512),
	Max:        maxWith(maximumAVX512),
	Softmax:    softmaxWith(maximumAVX512, softmaxExpAVX512, softmaxSplitAVX512),
	Accumulate: accumulateVNNI,
	Exp:        expWith(exponentialsAVX512),
}

// amx is avx512vnni with products in tiles.
var amx = func() Impl {
	k := avx512vnni
	k.Name, k.Tile, k.Mul, k.Accumulate = "amx", MaxTile, mulTiles, accumulateTiles
	return k
}()

type mulFunc = func(dst *float32, ldd int, w *byte, ws *float32, groups int, q *int8, xs *float32, xb *int32, stride int, blocks int)

var mulsVNNI = [...]mulFunc{
	mulVNNI1, mulVNNI2, mulVNNI3, mulVNNI4, mulVNNI5, mulVNNI6, mulVNNI7, mulVNNI8, mulVNNI9, mulVNNI10, mulVNNI11, mulVNNI12,
}

var mulsAVXVNNI = [...]mulFunc{mulAVXVNNI1, mulAVXVNNI2, mulAVXVNNI3, mulAVXVNNI4, mulAVXVNNI5, mulAVXVNNI6}

// leastAMX is the number of vectors from which tiles are faster than VNNI.
const leastAMX = 4

type mulAheadFunc = func(dst *float32, ldd int, w *byte, ws *float32, groups int, q *int8, xs *float32, ahead *byte, stride int, blocks int)

var mulsAMX = [...]mulAheadFunc{
	mulAMX4, mulAMX5, mulAMX6, mulAMX7, mulAMX8, mulAMX9, mulAMX10, mulAMX11, mulAMX12, mulAMX13, mulAMX14, mulAMX15, mulAMX16,
}

type mulWordsFunc = func(dst *float32, ldd int, w *byte, ws *float32, groups int, words *int16, across int, xs *float32, xb *int32, stride int, blocks int)

var mulsAVX2 = [...]mulWordsFunc{mulAVX2x1, mulAVX2x2, mulAVX2x3, mulAVX2x4, mulAVX2x5, mulAVX2x6}

type accumulateFunc = func(dst *float32, hi, lo *byte, ldw int, v *int8, ldv int, n int)

var accumulatesVNNI = [...]accumulateFunc{accumulateVNNI1, accumulateVNNI2, accumulateVNNI3}

// The wrappers index the last element of every operand, so that a wrong shape
// panics here rather than reading past the end there.

// callBytes bounds the weights that one call reads: assembly cannot be preempted.
const callBytes = 1 << 20

// checkMul returns the number of groups of rows that one call should multiply.
func checkMul(dst []float32, ldd int, w *Matrix, g1 int, x *Vectors, first, n int) (step int) {
	if w.Cols != x.Cols {
		panic("kernel: internal error: matrix and vectors of different length")
	}
	last := (x.Cols/Block-1)*x.N + first + n - 1
	_, _, _ = x.Q[(last+1)*Block-1], x.Scale[last], x.Bias[last]
	_, _ = w.Data[g1*Lanes*w.Cols-1], w.Scale[g1*Lanes-1]
	_ = dst[(n-1)*ldd+g1*Lanes-1]
	return max(1, callBytes/(Lanes*w.Cols))
}

func mulVNNI(dst []float32, ldd int, w *Matrix, g0, g1 int, x *Vectors, first, n int, _ []byte) {
	if g0 >= g1 || n == 0 {
		return
	}
	step := checkMul(dst, ldd, w, g1, x, first, n)
	for g := g0; g < g1; g += step {
		mulsVNNI[n-1](&dst[g*Lanes], ldd, &w.Data[g*Lanes*w.Cols], &w.Scale[g*Lanes], min(step, g1-g),
			&x.Q[first*Block], &x.Scale[first], &x.Bias[first], x.N, x.Cols/Block)
	}
}

// mulTiles leaves to VNNI what would leave most of a tile empty.
func mulTiles(dst []float32, ldd int, w *Matrix, g0, g1 int, x *Vectors, first, n int, ahead []byte) {
	if n < leastAMX {
		mulVNNI(dst, ldd, w, g0, g1, x, first, n, ahead)
		return
	}
	if g0 >= g1 {
		return
	}
	step := checkMul(dst, ldd, w, g1, x, first, n)
	for g := g0; g < g1; g += step {
		next := &w.Data[g*Lanes*w.Cols] // is there already: fetched for nothing
		if len(ahead) > 0 {
			next, ahead = &ahead[0], ahead[min(step*Lanes*w.Cols/2, len(ahead)):]
		}
		mulsAMX[n-leastAMX](&dst[g*Lanes], ldd, &w.Data[g*Lanes*w.Cols], &w.Scale[g*Lanes], min(step, g1-g),
			&x.Q[first*Block], &x.Scale[first], next, x.N, x.Cols/Block)
	}
}

// widened holds vectors of 16-bit numbers between calls.
var widened = sync.Pool{New: func() any { return new([]int16) }}

func mulAVX2(dst []float32, ldd int, w *Matrix, g0, g1 int, x *Vectors, first, n int, _ []byte) {
	if g0 >= g1 || n == 0 {
		return
	}
	step := checkMul(dst, ldd, w, g1, x, first, n)
	buffer := widened.Get().(*[]int16)
	defer widened.Put(buffer)
	*buffer = slices.Grow((*buffer)[:0], n*x.Cols)[:n*x.Cols]
	blocks := x.Cols / Block
	widenAVX2(&(*buffer)[0], &x.Q[first*Block], n, x.N, blocks)
	tiles := (n + len(mulsAVX2) - 1) / len(mulsAVX2)
	for g := g0; g < g1; g += step {
		for t := range tiles {
			i, end := t*n/tiles, (t+1)*n/tiles
			mulsAVX2[end-i-1](&dst[i*ldd+g*Lanes], ldd, &w.Data[g*Lanes*w.Cols], &w.Scale[g*Lanes], min(step, g1-g),
				&(*buffer)[i*Block], n, &x.Scale[first+i], &x.Bias[first+i], x.N, blocks)
		}
	}
}

func mulAVXVNNI(dst []float32, ldd int, w *Matrix, g0, g1 int, x *Vectors, first, n int, _ []byte) {
	if g0 >= g1 || n == 0 {
		return
	}
	step := checkMul(dst, ldd, w, g1, x, first, n)
	tiles := (n + len(mulsAVXVNNI) - 1) / len(mulsAVXVNNI)
	for g := g0; g < g1; g += step {
		for t := range tiles {
			i, end := t*n/tiles, (t+1)*n/tiles
			mulsAVXVNNI[end-i-1](&dst[i*ldd+g*Lanes], ldd, &w.Data[g*Lanes*w.Cols], &w.Scale[g*Lanes], min(step, g1-g),
				&x.Q[(first+i)*Block], &x.Scale[first+i], &x.Bias[first+i], x.N, x.Cols/Block)
		}
	}
}

// oneByOne sums for one head after the other.
func oneByOne(f accumulateFunc) func([]float32, []byte, []byte, int, []int8, int, int, int) {
	return func(dst []float32, hi, lo []byte, ldw int, v []int8, ldv, n, heads int) {
		for h := range heads {
			accumulateNative(f, dst[h*Block:], hi[h*ldw:], lo[h*ldw:], ldw, v, ldv, n, 1)
		}
	}
}

func accumulateVNNI(dst []float32, hi, lo []byte, ldw int, v []int8, ldv, n, heads int) {
	for h := 0; h < heads; h += len(accumulatesVNNI) {
		some := min(len(accumulatesVNNI), heads-h)
		accumulateNative(accumulatesVNNI[some-1], dst[h*Block:], hi[h*ldw:], lo[h*ldw:], ldw, v, ldv, n, some)
	}
}

// accumulateTiles leaves to VNNI what would leave most of a tile empty.
func accumulateTiles(dst []float32, hi, lo []byte, ldw int, v []int8, ldv, n, heads int) {
	if heads < 2 || n%Block != 0 {
		accumulateVNNI(dst, hi, lo, ldw, v, ldv, n, heads)
		return
	}
	accumulateNative(func(dst *float32, hi, lo *byte, ldw int, v *int8, ldv int, n int) {
		accumulateAMX(dst, hi, lo, ldw, v, ldv, n, heads)
	}, dst, hi, lo, ldw, v, ldv, n, heads)
}

func accumulateNative(f accumulateFunc, dst []float32, hi, lo []byte, ldw int, v []int8, ldv, n, heads int) {
	if whole(n, 4) == 0 {
		clear(dst[:heads*Block])
		return
	}
	last := (heads-1)*ldw + n - 1
	_, _, _ = hi[last], lo[last], v[(n/4-1)*ldv+4*Block-1]
	_ = dst[heads*Block-1]
	f(&dst[0], &hi[0], &lo[0], ldw, &v[0], ldv, n)
}

func quantizeWith(f func(q *int8, scale *float32, bias *int32, x *float32, stride int, blocks int)) func(*Vectors, int, []float32) {
	return func(x *Vectors, i int, src []float32) {
		blocks := x.Cols / Block
		last := (blocks-1)*x.N + i
		_, _, _, _ = x.Q[(last+1)*Block-1], x.Scale[last], x.Bias[last], src[blocks*Block-1]
		f(&x.Q[i*Block], &x.Scale[i], &x.Bias[i], &src[0], x.N, blocks)
	}
}

// whole panics where assembly, which takes step numbers at a time, would run
// past the end.
func whole(n, step int) int {
	if n%step != 0 {
		panic("kernel: internal error: length is no multiple of a vector's")
	}
	return n
}

func rmsNormWith(f func(dst, src, weight *float32, n int, dim, eps float32)) func(_, _, _ []float32, _ int, _ float32) {
	return func(dst, src, weight []float32, dim int, eps float32) {
		if n := whole(len(src), Lanes); n > 0 {
			_, _ = dst[n-1], weight[n-1]
			f(&dst[0], &src[0], &weight[0], n, float32(dim), eps)
		}
	}
}

func siluMulWith(f func(dst, gate, up *float32, n int)) func(_, _, _ []float32) {
	return func(dst, gate, up []float32) {
		if n := whole(len(gate), Lanes); n > 0 {
			_, _ = dst[n-1], up[n-1]
			f(&dst[0], &gate[0], &up[0], n)
		}
	}
}

func rotateWith(f func(x, c, s *float32, n int)) func(_, _, _ []float32) {
	return func(x, c, s []float32) {
		if n := whole(len(x), Lanes); n > 0 {
			_, _ = c[n-1], s[n-1]
			f(&x[0], &c[0], &s[0], n)
		}
	}
}

func addWith(f func(dst, src *float32, n int)) func(_, _ []float32) {
	return func(dst, src []float32) {
		if n := whole(len(src), Lanes); n > 0 {
			_ = dst[n-1]
			f(&dst[0], &src[0], n)
		}
	}
}

func maxWith(f func(x *float32, n int) float32) func([]float32) float32 {
	return func(x []float32) float32 { return f(&x[0], whole(len(x), Lanes)) }
}

func softmaxWith(
	maximum func(x *float32, n int) float32,
	exp func(z, vs *float32, n int, max float32, sums *[16]int32) float32,
	split func(hi, lo *byte, a *float32, n int, inverse float32),
) func(hi, lo []byte, z, vs []float32) (int64, float32) {
	return func(hi, lo []byte, z, vs []float32) (den int64, top float32) {
		n := whole(len(z), Lanes)
		_, _, _ = hi[n-1], lo[n-1], vs[n-1]
		var sums [16]int32
		top = exp(&z[0], &vs[0], n, maximum(&z[0], n), &sums)
		for _, s := range sums {
			den += int64(s)
		}
		var inverse float32
		if top >= tiny {
			inverse = 65535 / top
		}
		split(&hi[0], &lo[0], &z[0], n, inverse)
		return den, top
	}
}

func expWith(f func(f, sums *uint32, logits *float32, n int, max float32)) func(_, _ []uint32, _ []float32, _ float32) {
	return func(weights, sums []uint32, logits []float32, max float32) {
		if n := whole(len(logits), 32); n > 0 {
			_, _ = weights[n-1], sums[n/32-1]
			f(&weights[0], &sums[0], &logits[0], n, max)
		}
	}
}
