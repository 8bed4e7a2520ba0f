package tinymodel

import (
	"encoding/binary"
	"math"
)

// Writer builds a GGUF file, version 3, from its metadata and tensors in the
// order of the calls.
type Writer struct {
	pairs, tensors, data []byte
	pairCount, count     uint64
}

// Codes of GGUF metadata types.
const (
	typeUint32  = 4
	typeInt32   = 5
	typeFloat32 = 6
	typeString  = 8
	typeArray   = 9
)

// Codes of GGUF tensor types.
const (
	typeF32  = 0
	typeF16  = 1
	typeQ4_0 = 2
	typeQ8_0 = 8
)

func appendString(dst []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(dst, uint64(len(s))), s...)
}

func (w *Writer) key(name string, kind uint32) {
	w.pairs = binary.LittleEndian.AppendUint32(appendString(w.pairs, name), kind)
	w.pairCount++
}

// Uint32 adds an unsigned number to the metadata.
func (w *Writer) Uint32(name string, v uint32) {
	w.key(name, typeUint32)
	w.pairs = binary.LittleEndian.AppendUint32(w.pairs, v)
}

// Float32 adds a number to the metadata.
func (w *Writer) Float32(name string, v float32) {
	w.key(name, typeFloat32)
	w.pairs = binary.LittleEndian.AppendUint32(w.pairs, math.Float32bits(v))
}

// String adds a string to the metadata.
func (w *Writer) String(name, v string) {
	w.key(name, typeString)
	w.pairs = appendString(w.pairs, v)
}

func (w *Writer) array(name string, kind uint32, n int) {
	w.key(name, typeArray)
	w.pairs = binary.LittleEndian.AppendUint32(w.pairs, kind)
	w.pairs = binary.LittleEndian.AppendUint64(w.pairs, uint64(n))
}

// Strings adds an array of strings to the metadata.
func (w *Writer) Strings(name string, list []string) {
	w.array(name, typeString, len(list))
	for _, s := range list {
		w.pairs = appendString(w.pairs, s)
	}
}

// Int32s adds an array of integers to the metadata.
func (w *Writer) Int32s(name string, list []int32) {
	w.array(name, typeInt32, len(list))
	for _, v := range list {
		w.pairs = binary.LittleEndian.AppendUint32(w.pairs, uint32(v))
	}
}

// Float32s adds an array of numbers to the metadata.
func (w *Writer) Float32s(name string, list []float32) {
	w.array(name, typeFloat32, len(list))
	for _, v := range list {
		w.pairs = binary.LittleEndian.AppendUint32(w.pairs, math.Float32bits(v))
	}
}

// Raw adds rows of cols values in any encoding; rows is 0 for a vector.
func (w *Writer) Raw(name string, kind uint32, cols, rows int, data []byte) {
	w.tensors = appendString(w.tensors, name)
	dims := []int{cols, rows}
	if rows == 0 {
		dims = dims[:1]
	}
	w.tensors = binary.LittleEndian.AppendUint32(w.tensors, uint32(len(dims)))
	for _, d := range dims {
		w.tensors = binary.LittleEndian.AppendUint64(w.tensors, uint64(d))
	}
	w.tensors = binary.LittleEndian.AppendUint32(w.tensors, kind)
	w.tensors = binary.LittleEndian.AppendUint64(w.tensors, uint64(len(w.data)))
	w.count++
	w.data = pad(append(w.data, data...))
}

// Tensor adds rows of cols values in the encoding kind (F32, F16, Q4_0 or
// Q8_0, the last two for whole blocks of 32); rows is 0 for a vector.
func (w *Writer) Tensor(name string, kind uint32, cols, rows int, values []float32) {
	var data []byte
	switch kind {
	case typeF32:
		for _, v := range values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	case typeF16:
		for _, v := range values {
			data = binary.LittleEndian.AppendUint16(data, half(v))
		}
	case typeQ4_0:
		data = blocks(values, 7, func(data []byte, q []int) []byte {
			for j := range 16 {
				data = append(data, byte(q[j]+8)|byte(q[j+16]+8)<<4)
			}
			return data
		})
	case typeQ8_0:
		data = blocks(values, 127, func(data []byte, q []int) []byte {
			for _, v := range q {
				data = append(data, byte(int8(v)))
			}
			return data
		})
	}
	w.Raw(name, kind, cols, rows, data)
}

// blocks rounds each 32 values to integers of at most top, which put appends behind
// their scale.
func blocks(values []float32, top int, put func(data []byte, q []int) []byte) (data []byte) {
	for ; len(values) > 0; values = values[32:] {
		largest := 0.0
		for _, v := range values[:32] {
			largest = max(largest, math.Abs(float64(v)))
		}
		scale := half(float32(largest / float64(top)))
		data = binary.LittleEndian.AppendUint16(data, scale)
		q := make([]int, 32)
		for j, v := range values[:32] {
			if largest > 0 {
				q[j] = int(math.Round(float64(v) / largest * float64(top)))
			}
		}
		data = put(data, q)
	}
	return data
}

// half rounds a number below 65,504 to a normal binary16, or to zero if it is
// too small.
func half(f float32) uint16 {
	b := math.Float32bits(f) + 1<<12
	exponent := int(b>>23&255) - 112
	if exponent <= 0 {
		return 0
	}
	return uint16(b>>31<<15) | uint16(exponent<<10) | uint16(b>>13&1023)
}

func pad(b []byte) []byte {
	for len(b)%32 != 0 {
		b = append(b, 0)
	}
	return b
}

// Bytes returns the file.
func (w *Writer) Bytes() []byte {
	f := append([]byte("GGUF"), 3, 0, 0, 0)
	f = binary.LittleEndian.AppendUint64(f, w.count)
	f = binary.LittleEndian.AppendUint64(f, w.pairCount)
	return append(pad(append(append(f, w.pairs...), w.tensors...)), w.data...)
}
