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
	k.Name, k.Mul, k.Accumulate = "avxvnni", mulWith(mulAVXVNNI1, mulAVXVNNI2, mulAVXVNNI3, mulAVXVNNI4, mulAVXVNNI5, mulAVXVNNI6), oneByOne(accumulateAVXVNNI)
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

var mulsVNNI = [...]mulFunc{
	mulVNNI1, mulVNNI2, mulVNNI3, mulVNNI4, mulVNNI5, mulVNNI6, mulVNNI7, mulVNNI8, mulVNNI9, mulVNNI10, mulVNNI11, mulVNNI12,
}

// leastAMX is the number of vectors from which tiles are faster than VNNI.
const leastAMX = 4

type mulAheadFunc = func(dst *float32, ldd int, w *byte, ws *float32, groups int, q *int8, xs *float32, ahead *byte, stride int, blocks int)

var mulsAMX = [...]mulAheadFunc{
	mulAMX4, mulAMX5, mulAMX6, mulAMX7, mulAMX8, mulAMX9, mulAMX10, mulAMX11, mulAMX12, mulAMX13, mulAMX14, mulAMX15, mulAMX16,
}

type mulWordsFunc = func(dst *float32, ldd int, w *byte, ws *float32, groups int, words *int16, across int, xs *float32, xb *int32, stride int, blocks int)

var mulsAVX2 = [...]mulWordsFunc{mulAVX2x1, mulAVX2x2, mulAVX2x3, mulAVX2x4, mulAVX2x5, mulAVX2x6}

var accumulatesVNNI = [...]accumulateFunc{accumulateVNNI1, accumulateVNNI2, accumulateVNNI3}

var mulVNNI = mulWith(mulsVNNI[:]...)

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
