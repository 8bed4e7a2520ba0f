package refdec

import (
	"encoding/binary"
	"math"
)

// tiny is 2^-96.
var tiny = float32(math.Ldexp(1, -96))

func roundEven(x float32) int32 { return int32(math.RoundToEven(float64(x))) }

// A quantised is a row or vector: int8 values with a scale for each block of them.
type quantised struct {
	q     []int8
	scale []float32
	block int
}

// quantise quantises x in blocks.
func quantise(x []float32, block int) quantised {
	out := quantised{q: make([]int8, len(x)), block: block}
	for start := 0; start < len(x); start += block {
		part := x[start:min(start+block, len(x))]
		var m float32
		for _, v := range part {
			m = max(m, float32(math.Abs(float64(v))))
		}
		if m < tiny {
			out.scale = append(out.scale, 0)
			continue
		}
		out.scale = append(out.scale, m/127)
		factor := 127 / m
		for i, v := range part {
			out.q[start+i] = int8(roundEven(float32(v * factor)))
		}
	}
	return out
}

// A matrix has one scale for each row.
type matrix []quantised

func (t tensor) matrix() matrix {
	var m matrix
	for i := range t.rows {
		if r, ok := t.asItIs(i); ok {
			m = append(m, r)
		} else {
			m = append(m, quantise(t.row(i), t.cols))
		}
	}
	return m
}

// asItIs returns a row of Q8_0 whose blocks carry one scale and hold no −128.
func (t tensor) asItIs(i int) (quantised, bool) {
	if t.kind != kindQ8_0 {
		return quantised{}, false
	}
	size := rowBytes(t.kind, t.cols)
	b := t.data[i*size : (i+1)*size]
	first := binary.LittleEndian.Uint16(b)
	r := quantised{scale: []float32{half(first)}, block: t.cols}
	for ; len(b) > 0; b = b[34:] {
		if binary.LittleEndian.Uint16(b) != first {
			return r, false
		}
		for _, v := range b[2:34] {
			if int8(v) == -128 {
				return r, false
			}
			r.q = append(r.q, int8(v))
		}
	}
	return r, true
}

// dot returns the product of a row, which has one scale, and a vector.
func dot(row, x quantised) float32 {
	var sum float32
	for b, s := range x.scale {
		start, end := b*x.block, min((b+1)*x.block, len(x.q))
		var d int32
		weights := row.q[start:end]
		for i, v := range x.q[start:end] {
			d += int32(v) * int32(weights[i])
		}
		sum += float32(float32(d) * s)
	}
	return float32(row.scale[0] * sum)
}

func (m matrix) times(x []float32) []float32 {
	v := quantise(x, 64)
	out := make([]float32, len(m))
	for i := range out {
		out[i] = dot(m[i], v)
	}
	return out
}
