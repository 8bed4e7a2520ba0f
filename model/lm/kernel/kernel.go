// Package kernel holds the arithmetic of the native engine: int8 matrix
// products, attention and the element-wise steps of a llama-type transformer.
//
// Each step is defined once, by its generic implementation in this package;
// NUMERICS.md in package model states the same in words. The other
// implementations compute the same bits: integer sums are exact in any order,
// and every float32 operation is a single rounded IEEE 754 addition,
// subtraction, multiplication or division in a fixed order, never fused.
package kernel

import (
	"fmt"
	"os"
	"strings"
)

const (
	// Lanes is the number of rows in a group of a Matrix, and of partial sums
	// in a float reduction.
	Lanes = 16
	// Block is the number of consecutive columns that share one scale.
	Block = 64
	// ExpGroup is the number of consecutive weights that Impl.Exp sums.
	ExpGroup = 32
	// MaxTile is the largest number of vectors one call of any Impl.Mul takes.
	MaxTile = 16
	// MaxSlots bounds the number of positions of one attention sum:
	// 255·127·MaxSlots must stay below 2^31.
	MaxSlots = 1 << 16
)

// Matrix is an int8 matrix with one scale a row, packed for products.
// Rows is a multiple of Lanes and Cols of Block; padding holds zeros.
type Matrix struct {
	Rows, Cols int
	// Data has Rows·Cols bytes: for each group of 16 rows and each 4 columns,
	// 64 bytes [16 rows][4 columns], each a value in −127…127 plus 128.
	Data []byte
	// Scale has one factor a row.
	Scale []float32
}

// NewMatrix returns a zero matrix, rows and columns rounded up as needed.
func NewMatrix(rows, cols int) *Matrix {
	rows, cols = RoundUp(rows, Lanes), RoundUp(cols, Block)
	m := &Matrix{Rows: rows, Cols: cols, Data: allocate(rows * cols), Scale: make([]float32, rows)}
	for n := copy(m.Data, "\x80"); n < len(m.Data); n *= 2 {
		copy(m.Data[n:], m.Data[:n])
	}
	return m
}

// SetRow stores values, each in −127…127, as row r. Columns past the values
// keep what they hold.
func (m *Matrix) SetRow(r int, scale float32, values []int8) {
	m.Scale[r] = scale
	base := r/Lanes*Lanes*m.Cols + r%Lanes*4
	for c := 0; c+4 <= len(values); c += 4 {
		d := m.Data[base+c*Lanes:][:4]
		v := values[c:][:4]
		d[0], d[1], d[2], d[3] = byte(v[0])^128, byte(v[1])^128, byte(v[2])^128, byte(v[3])^128
	}
	for c := len(values) &^ 3; c < len(values); c++ {
		m.Data[base+c/4*4*Lanes+c%4] = byte(values[c]) ^ 128
	}
}

// Vectors is a batch of quantised vectors, laid out by blocks: entry b·N+i of
// Scale and Bias, and the Block values from 64·(b·N+i) of Q, belong to block b
// of vector i.
type Vectors struct {
	N, Cols int
	// Q has values in −127…127.
	Q []int8
	// Scale has the factor of a block.
	Scale []float32
	// Bias has −128 times the sum of a block: what a product with the offset
	// bytes of a Matrix must be corrected by.
	Bias []int32
}

// NewVectors returns room for n vectors; cols is rounded up to whole blocks.
func NewVectors(n, cols int) *Vectors {
	cols = RoundUp(cols, Block)
	b := n * (cols / Block)
	return &Vectors{N: n, Cols: cols, Q: make([]int8, b*Block), Scale: make([]float32, b), Bias: make([]int32, b)}
}

// Impl is one implementation of the steps. All slices are as long as the
// shapes demand; lengths of float vectors are multiples of 64 except where
// stated. No argument overlaps another unless stated.
type Impl struct {
	Name string
	// Tile is the number of vectors for which Mul is fastest, and the largest.
	Tile int
	// Mul sets dst[i·ldd+r] for r in rows 16·g0…16·g1 of w and i in 0…n,
	// n ≤ Tile, to the product of row r with vector first+i of x. What is ahead
	// are weights to be read soon after, which it may fetch meanwhile.
	Mul func(dst []float32, ldd int, w *Matrix, g0, g1 int, x *Vectors, first, n int, ahead []byte)
	// Quantize stores src as vector i of x.
	Quantize func(x *Vectors, i int, src []float32)
	// RMSNorm sets dst to src·weight/√(mean of squares + eps); dim is the
	// number of values before padding. dst may be src.
	RMSNorm func(dst, src, weight []float32, dim int, eps float32)
	// SiLUMul sets dst to gate·sigmoid(gate)·up. dst may be gate.
	SiLUMul func(dst, gate, up []float32)
	// Rotate sets x[j] to x[j]·c[j] + x[j^1]·s[j], in place.
	Rotate func(x, c, s []float32)
	// Add adds src to dst.
	Add func(dst, src []float32)
	// Max returns the largest of x; len(x) is a multiple of 16, not 0.
	Max func(x []float32) float32
	// Softmax turns the logits z (base 2, in place of scratch: z is
	// overwritten) into integer weights 256·hi+lo, each value's scale vs
	// folded in, and returns the sum of exponentials times 2^18 and the factor
	// that the largest weight, 65535, stands for. len(z) is a multiple of 16.
	Softmax func(hi, lo []byte, z, vs []float32) (den int64, top float32)
	// Accumulate sums weights times values over n slots (a multiple of 4, best
	// of 64) for 64 value columns: v has, for each 4 slots, ldv bytes that
	// begin with [64 columns][4 slots]. Weight vectors h = 0…heads−1,
	// heads ≤ Tile, lie ldw apart in hi and lo; sums for them lie 64 apart in
	// dst. Each is float32(Σ hi·v)·256 + float32(Σ lo·v).
	Accumulate func(dst []float32, hi, lo []byte, ldw int, v []int8, ldv, n, heads int)
	// Exp sets f to 1 + ⌊2^26·exp(logit−max)⌋ and sums to the sums of 32
	// consecutive f. len(logits) is a multiple of 32.
	Exp func(f, sums []uint32, logits []float32, max float32)
}

// Available lists the implementations this processor can run, fastest last.
// The first is the generic one.
func Available() []*Impl { return append([]*Impl{&generic}, native()...) }

// known are the names that PITH_KERNELS may hold, on any architecture.
var known = []string{"generic", "avx2", "avxvnni", "avx512vnni", "amx", "neon", "neondot", "neoni8mm"}

// Select returns the implementation called name, or the fastest for "".
func Select(name string) (*Impl, error) {
	all := Available()
	if name == "" {
		return all[len(all)-1], nil
	}
	for _, impl := range all {
		if impl.Name == name {
			return impl, nil
		}
	}
	for _, k := range known {
		if k == name {
			return nil, fmt.Errorf("kernel: this machine or build has no %s kernels", name)
		}
	}
	return nil, fmt.Errorf("kernel: unknown kernels %q: have %s", name, strings.Join(known, ", "))
}

// Default returns the implementation that the environment variable
// PITH_KERNELS names, or the fastest.
func Default() (*Impl, error) { return Select(os.Getenv("PITH_KERNELS")) }

// RoundUp returns the least multiple of m that is not below n.
func RoundUp(n, m int) int { return (n + m - 1) / m * m }
