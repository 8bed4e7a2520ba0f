package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Type is the encoding of a tensor's values.
type Type uint32

// The encodings that Row understands. Blocks of the K types have 256 values.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q5_1 Type = 7
	Q8_0 Type = 8
	Q2_K Type = 10
	Q3_K Type = 11
	Q4_K Type = 12
	Q5_K Type = 13
	Q6_K Type = 14
	BF16 Type = 30
)

type form struct {
	name          string
	values, bytes int
	row           func(dst []float32, src []byte)
}

// forms lists every encoding the format defines; those without a row function
// can be passed over but not read.
var forms = map[Type]form{
	F32:  {"F32", 1, 4, rowF32},
	F16:  {"F16", 1, 2, rowF16},
	BF16: {"BF16", 1, 2, rowBF16},
	Q4_0: {"Q4_0", 32, 18, rowQ4_0},
	Q4_1: {"Q4_1", 32, 20, rowQ4_1},
	Q5_0: {"Q5_0", 32, 22, rowQ5_0},
	Q5_1: {"Q5_1", 32, 24, rowQ5_1},
	Q8_0: {"Q8_0", 32, 34, rowQ8_0},
	Q2_K: {"Q2_K", 256, 84, rowQ2_K},
	Q3_K: {"Q3_K", 256, 110, rowQ3_K},
	Q4_K: {"Q4_K", 256, 144, rowQ4_K},
	Q5_K: {"Q5_K", 256, 176, rowQ5_K},
	Q6_K: {"Q6_K", 256, 210, rowQ6_K},
	9:    {name: "Q8_1", values: 32, bytes: 36},
	15:   {name: "Q8_K", values: 256, bytes: 292},
	16:   {name: "IQ2_XXS", values: 256, bytes: 66},
	17:   {name: "IQ2_XS", values: 256, bytes: 74},
	18:   {name: "IQ3_XXS", values: 256, bytes: 98},
	19:   {name: "IQ1_S", values: 256, bytes: 50},
	20:   {name: "IQ4_NL", values: 32, bytes: 18},
	21:   {name: "IQ3_S", values: 256, bytes: 110},
	22:   {name: "IQ2_S", values: 256, bytes: 82},
	23:   {name: "IQ4_XS", values: 256, bytes: 136},
	29:   {name: "IQ1_M", values: 256, bytes: 56},
	34:   {name: "TQ1_0", values: 256, bytes: 54},
	35:   {name: "TQ2_0", values: 256, bytes: 66},
	39:   {name: "MXFP4", values: 32, bytes: 17},
	24:   {name: "I8", values: 1, bytes: 1},
	25:   {name: "I16", values: 1, bytes: 2},
	26:   {name: "I32", values: 1, bytes: 4},
	27:   {name: "I64", values: 1, bytes: 8},
	28:   {name: "F64", values: 1, bytes: 8},
}

// String returns the name GGUF tools use.
func (t Type) String() string {
	if f, ok := forms[t]; ok {
		return f.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Supported reports whether Row can read the type.
func (t Type) Supported() bool { return forms[t].row != nil }

// row returns the bytes of row i.
func (t *Tensor) row(i int) []byte {
	f := forms[t.Type]
	size := int(t.Dims[0] / uint64(f.values) * uint64(f.bytes))
	return t.Data[i*size:][:size]
}

// Row sets dst, of Dims[0] values, to row i; rows count on through all further
// dimensions. The type must be supported. Every value is that of the encoding's
// formula, rounded once to float32: only its last operation can be inexact.
func (t *Tensor) Row(i int, dst []float32) {
	forms[t.Type].row(dst[:t.Dims[0]], t.row(i))
}

// Int8Row sets dst, of Dims[0] values, to the stored integers of row i and
// returns their scale. It fails unless the type is Q8_0, all blocks of the row
// carry the same scale, and no value is −128; dst is then undefined.
func (t *Tensor) Int8Row(i int, dst []int8) (scale float32, ok bool) {
	if t.Type != Q8_0 {
		return 0, false
	}
	src, dst := t.row(i), dst[:t.Dims[0]]
	first := binary.LittleEndian.Uint16(src)
	for ; len(dst) > 0; dst, src = dst[32:], src[34:] {
		if binary.LittleEndian.Uint16(src) != first {
			return 0, false
		}
		least := int8(0)
		to, from := dst[:32], src[2:34]
		for j, b := range from {
			v := int8(b)
			to[j] = v
			least = min(least, v)
		}
		if least == -128 {
			return 0, false
		}
	}
	return half(first), true
}

// half returns the value of an IEEE 754 binary16 number.
func half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 0:
		f := float32(float32(fraction) / (1 << 24))
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

func halfAt(b []byte) float32 { return half(binary.LittleEndian.Uint16(b)) }

func rowF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func rowF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = halfAt(src[2*i:])
	}
}

func rowBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

func rowQ8_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[34:] {
		d := halfAt(src)
		for j, q := range src[2:34] {
			dst[j] = float32(d * float32(int8(q)))
		}
	}
}

// nibbles calls set with the 32 values of a block of 4-bit numbers: the low
// halves of 16 bytes, then the high halves.
func nibbles(src []byte, set func(j int, q byte)) {
	for j, b := range src[:16] {
		set(j, b&15)
		set(j+16, b>>4)
	}
}

func rowQ4_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[18:] {
		d := halfAt(src)
		nibbles(src[2:], func(j int, q byte) { dst[j] = float32(d * float32(int(q)-8)) })
	}
}

func rowQ4_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[20:] {
		d, m := halfAt(src), halfAt(src[2:])
		nibbles(src[4:], func(j int, q byte) { dst[j] = float32(d*float32(q)) + m })
	}
}

func rowQ5_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[22:] {
		d, high := halfAt(src), binary.LittleEndian.Uint32(src[2:])
		nibbles(src[6:], func(j int, q byte) {
			dst[j] = float32(d * float32(int(q)+int(high>>j&1)*16-16))
		})
	}
}

func rowQ5_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[24:] {
		d, m, high := halfAt(src), halfAt(src[2:]), binary.LittleEndian.Uint32(src[4:])
		nibbles(src[8:], func(j int, q byte) {
			dst[j] = float32(d*float32(int(q)+int(high>>j&1)*16)) + m
		})
	}
}

func rowQ2_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[84:] {
		scales, low, d, least := src[:16], src[16:80], halfAt(src[80:]), halfAt(src[82:])
		for i := range 256 {
			q := low[i/128*32+i%32] >> (i / 32 % 4 * 2) & 3
			s := scales[i/16]
			dst[i] = float32(float32(d*float32(s&15))*float32(q)) - float32(least*float32(s>>4))
		}
	}
}

func rowQ3_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[110:] {
		high, low, scales, d := src[:32], src[32:96], src[96:108], halfAt(src[108:])
		for i := range 256 {
			q := int(low[i/128*32+i%32]>>(i/32%4*2)&3) | int(high[i%32]>>(i/32)&1)<<2
			j := i / 16
			s := int(scales[j%8]>>(j/8*4)&15) | int(scales[8+j%4]>>(j/4*2)&3)<<4
			dst[i] = float32(float32(d*float32(s-32)) * float32(q-4))
		}
	}
}

// subScale unpacks the 6-bit scale and minimum of 32 values of a Q4_K or Q5_K
// block from its 12 bytes.
func subScale(s []byte, j int) (scale, least float32) {
	if j < 4 {
		return float32(s[j] & 63), float32(s[j+4] & 63)
	}
	return float32(s[j+4]&15 | s[j-4]>>6<<4), float32(s[j+4]>>4 | s[j]>>6<<4)
}

func rowQ4_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[144:] {
		rowK(dst, src, nil, src[16:144])
	}
}

func rowQ5_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[176:] {
		rowK(dst, src, src[16:48], src[48:176])
	}
}

// rowK sets the 256 values of a Q4_K block or, with high bits, a Q5_K block.
func rowK(dst []float32, head, high, low []byte) {
	d, least := halfAt(head), halfAt(head[2:])
	for j := range 8 {
		scale, m := subScale(head[4:16], j)
		scale, m = float32(d*scale), float32(least*m)
		for l := range 32 {
			q := low[j/2*32+l] >> (j % 2 * 4) & 15
			if high != nil {
				q |= high[l] >> j & 1 << 4
			}
			dst[j*32+l] = float32(scale*float32(q)) - m
		}
	}
}

func rowQ6_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[210:] {
		low, high, scales, d := src[:128], src[128:192], src[192:208], halfAt(src[208:])
		for i := range 256 {
			half, part, l := i/128, i/32%4, i%32
			q := low[half*64+part%2*32+l] >> (part / 2 * 4) & 15
			q |= high[half*32+l] >> (part * 2) & 3 << 4
			dst[i] = float32(float32(d*float32(int8(scales[i/16]))) * float32(int(q)-32))
		}
	}
}
