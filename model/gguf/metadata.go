package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Codes of metadata types.
const (
	typeUint8 = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
)

// array is an array whose elements are decoded on demand: a claimed length
// costs nothing.
type array struct {
	of   uint32
	n    int
	data []byte
}

// sizes of the types that have one.
var sizes = [...]int{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

// value reads one value. Integers become uint64 or, where negative, int64;
// floats become float64.
func (r *reader) value(kind uint32) any {
	switch {
	case r.err != nil:
		return nil
	case kind == typeString:
		return r.string()
	case kind == typeArray:
		return r.array()
	case kind >= uint32(len(sizes)):
		r.err = fmt.Errorf("unknown type %d", kind)
		return nil
	}
	b := r.bytes(uint64(sizes[kind]))
	if b == nil {
		return nil
	}
	return number(kind, b)
}

// array reads an array of single values: no known key holds arrays of arrays.
func (r *reader) array() any {
	a := array{of: r.uint32()}
	switch {
	case r.err != nil:
		return nil
	case a.of == typeArray:
		r.err = errors.New("arrays of arrays are not supported")
		return nil
	case a.of >= uint32(len(sizes)):
		r.err = fmt.Errorf("array of the unknown type %d", a.of)
		return nil
	}
	least := sizes[a.of]
	if a.of == typeString {
		least = 8
	}
	a.n = r.count(least)
	start := r.at
	if a.of == typeString {
		for i := 0; i < a.n && r.err == nil; i++ {
			r.bytes(r.uint64())
		}
	} else {
		r.bytes(uint64(a.n) * uint64(least))
	}
	if r.err != nil {
		return nil
	}
	a.data = r.data[start:r.at]
	return a
}

func number(kind uint32, b []byte) any {
	signed := func(n int64) any {
		if n < 0 {
			return n
		}
		return uint64(n)
	}
	switch kind {
	case typeUint8:
		return uint64(b[0])
	case typeInt8:
		return signed(int64(int8(b[0])))
	case typeUint16:
		return uint64(binary.LittleEndian.Uint16(b))
	case typeInt16:
		return signed(int64(int16(binary.LittleEndian.Uint16(b))))
	case typeUint32:
		return uint64(binary.LittleEndian.Uint32(b))
	case typeInt32:
		return signed(int64(int32(binary.LittleEndian.Uint32(b))))
	case typeUint64:
		return binary.LittleEndian.Uint64(b)
	case typeInt64:
		return signed(int64(binary.LittleEndian.Uint64(b)))
	case typeFloat32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case typeFloat64:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	default:
		return b[0] != 0
	}
}

// Has reports whether the metadata has a value for key.
func (f *File) Has(key string) bool { _, ok := f.values[key]; return ok }

func get[T any](f *File, key, want string) (T, error) {
	v, ok := f.values[key]
	if !ok {
		var zero T
		return zero, fmt.Errorf("gguf: no metadata %s", key)
	}
	t, ok := v.(T)
	if !ok {
		return t, fmt.Errorf("gguf: metadata %s is not %s", key, want)
	}
	return t, nil
}

// Uint returns a non-negative integer.
func (f *File) Uint(key string) (uint64, error) { return get[uint64](f, key, "a non-negative integer") }

// Float returns a floating-point number.
func (f *File) Float(key string) (float64, error) { return get[float64](f, key, "a number") }

// Bool returns a truth value.
func (f *File) Bool(key string) (bool, error) { return get[bool](f, key, "a truth value") }

// String returns a string.
func (f *File) String(key string) (string, error) { return get[string](f, key, "a string") }

// Strings returns an array of strings.
func (f *File) Strings(key string) ([]string, error) {
	a, err := get[array](f, key, "an array")
	if err != nil {
		return nil, err
	}
	if a.of != typeString {
		return nil, fmt.Errorf("gguf: metadata %s is not an array of strings", key)
	}
	// One copy for all: a vocabulary has tens of thousands of strings.
	all, list := string(a.data), make([]string, a.n)
	r := reader{data: a.data, size: uint64(len(a.data))}
	for i := range list {
		n := len(r.bytes(r.uint64()))
		list[i] = all[r.at-n : r.at]
	}
	return list, nil
}

// Ints returns an array of integers.
func (f *File) Ints(key string) ([]int64, error) {
	a, err := get[array](f, key, "an array")
	if err != nil {
		return nil, err
	}
	size := sizes[a.of]
	if size == 0 || a.of == typeBool || a.of == typeFloat32 || a.of == typeFloat64 {
		return nil, fmt.Errorf("gguf: metadata %s is not an array of integers", key)
	}
	list := make([]int64, a.n)
	for i := range list {
		switch n := number(a.of, a.data[i*size:]).(type) {
		case int64:
			list[i] = n
		case uint64:
			if n > math.MaxInt64 {
				return nil, fmt.Errorf("gguf: metadata %s: element %d is too large", key, i)
			}
			list[i] = int64(n)
		}
	}
	return list, nil
}

// Floats returns an array of numbers of the type float32.
func (f *File) Floats(key string) ([]float32, error) {
	a, err := get[array](f, key, "an array")
	if err != nil {
		return nil, err
	}
	if a.of != typeFloat32 {
		return nil, fmt.Errorf("gguf: metadata %s is not an array of numbers of 32 bits", key)
	}
	list := make([]float32, a.n)
	for i := range list {
		list[i] = math.Float32frombits(binary.LittleEndian.Uint32(a.data[4*i:]))
	}
	return list, nil
}
