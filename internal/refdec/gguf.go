package refdec

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A gguf is what a decoder needs of a GGUF file, after the specification of the format, version 3.
type gguf struct {
	values  map[string]any
	tensors map[string]tensor
}

type tensor struct {
	kind       uint32
	cols, rows int
	data       []byte
}

const (
	kindF32  = 0
	kindF16  = 1
	kindQ4_0 = 2
	kindQ8_0 = 8
)

// rowBytes returns how many bytes a row of n values takes, 0 for encodings that are not supported.
func rowBytes(kind uint32, n int) int {
	switch kind {
	case kindF32:
		return 4 * n
	case kindF16:
		return 2 * n
	case kindQ4_0:
		return n / 32 * 18
	case kindQ8_0:
		return n / 32 * 34
	}
	return 0
}

func (s *source) text() string { return string(s.bytes(int(s.u64()))) }

// value reads a value of metadata: numbers as float64, but strings and lists of them.
func (s *source) value(kind uint32) any {
	switch kind {
	case 0, 1, 7:
		return float64(s.byte())
	case 2, 3:
		return float64(binary.LittleEndian.Uint16(s.bytes(2)))
	case 4, 5:
		return float64(s.u32())
	case 6:
		return float64(math.Float32frombits(s.u32()))
	case 8:
		return s.text()
	case 9:
		kind := s.u32()
		var all []any
		for n := s.u64(); n > 0 && s.err == nil; n-- {
			all = append(all, s.value(kind))
		}
		return all
	case 10, 11:
		return float64(s.u64())
	case 12:
		return math.Float64frombits(s.u64())
	}
	s.corrupt(true, "a value of unknown type")
	return nil
}

// readGGUF reads a file, or all parts of one.
func readGGUF(parts [][]byte) (*gguf, error) {
	g := &gguf{values: map[string]any{}, tensors: map[string]tensor{}}
	for _, part := range parts {
		s := &source{rest: part}
		s.corrupt(string(s.bytes(4)) != "GGUF", "no GGUF file")
		s.corrupt(s.u32() != 3, "version")
		tensors, values := s.u64(), s.u64()
		for ; values > 0 && s.err == nil; values-- {
			name := s.text()
			g.values[name] = s.value(s.u32())
		}
		offsets := map[string]uint64{}
		found := map[string]tensor{}
		for ; tensors > 0 && s.err == nil; tensors-- {
			name := s.text()
			dimensions := s.u32()
			t := tensor{cols: int(s.u64()), rows: 1}
			if dimensions == 2 {
				t.rows = int(s.u64())
			}
			s.corrupt(dimensions > 2, "a tensor of more than two dimensions")
			t.kind = s.u32()
			offsets[name] = s.u64()
			found[name] = t
		}
		if s.err != nil {
			return nil, s.err
		}
		alignment := 32
		if a, ok := g.values["general.alignment"].(float64); ok {
			alignment = int(a)
		}
		start := (len(part) - len(s.rest) + alignment - 1) / alignment * alignment
		for name, t := range found {
			size := t.rows * rowBytes(t.kind, t.cols)
			at := start + int(offsets[name])
			if size == 0 || at+size > len(part) {
				return nil, fmt.Errorf("tensor %s of type %d has no place", name, t.kind)
			}
			t.data = part[at : at+size]
			g.tensors[name] = t
		}
	}
	return g, nil
}

func (g *gguf) number(name string) float64 {
	v, _ := g.values[name].(float64)
	return v
}

// half returns an IEEE 754 binary16 as float32, exactly.
func half(bits uint16) float32 {
	sign, exponent, fraction := bits>>15, int(bits>>10&31), float64(bits&1023)
	v := math.Ldexp(fraction, -24)
	if exponent > 0 {
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if exponent == 31 {
		v = math.Inf(1)
	}
	if sign != 0 {
		v = -v
	}
	return float32(v)
}

// row returns the values of a row.
func (t tensor) row(i int) []float32 {
	size := rowBytes(t.kind, t.cols)
	b := t.data[i*size : (i+1)*size]
	out := make([]float32, t.cols)
	for j := range out {
		switch t.kind {
		case kindF32:
			out[j] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*j:]))
		case kindF16:
			out[j] = half(binary.LittleEndian.Uint16(b[2*j:]))
		case kindQ8_0:
			block := b[j/32*34:]
			out[j] = float32(half(binary.LittleEndian.Uint16(block)) * float32(int8(block[2+j%32])))
		case kindQ4_0:
			block := b[j/32*18:]
			q := block[2+j%16] & 15
			if j%32 >= 16 {
				q = block[2+j%16] >> 4
			}
			out[j] = float32(half(binary.LittleEndian.Uint16(block)) * float32(int(q)-8))
		}
	}
	return out
}
