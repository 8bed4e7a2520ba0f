// Package gguf reads GGUF files, versions 2 and 3, the format of llama.cpp
// models (specification: docs/gguf.md in the ggml repository).
//
// Parts of a split file are given together; tensor data is never copied. The
// input is not trusted: every count and length is checked against the bytes
// that are there before anything of that size is made, so memory stays
// proportional to the size of the input.
package gguf

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrFormat is wrapped by every error that Parse returns.
var ErrFormat = errors.New("gguf: invalid file")

// File is a parsed model file. It keeps references to the parts.
type File struct {
	values  map[string]any
	tensors map[string]*Tensor
	names   []string
}

// Tensor is a named array of at most four dimensions.
type Tensor struct {
	Name string
	Type Type
	Dims []uint64 // Dims[0] counts the values of a row, which are contiguous
	Data []byte   // whole rows, in order
}

const (
	magic            = "GGUF"
	maxDims          = 4
	defaultAlignment = 32
	maxAlignment     = 1 << 16
)

// Identity returns the first eight bytes of the SHA-256 of the concatenated
// parts: what a compressed file names a model by.
func Identity(parts ...[]byte) (id [8]byte) {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	copy(id[:], h.Sum(nil))
	return id
}

// Parse reads a file from its parts; the first holds the metadata.
func Parse(parts ...[]byte) (*File, error) {
	f := &File{tensors: map[string]*Tensor{}}
	for i, p := range parts {
		values, err := f.parsePart(p)
		if err != nil {
			return nil, fmt.Errorf("%w: part %d: %w", ErrFormat, i+1, err)
		}
		if i == 0 {
			f.values = values
		}
		if no, ok := values["split.no"]; ok && fmt.Sprint(no) != fmt.Sprint(i) {
			return nil, fmt.Errorf("%w: part %d says it is part %v of a split file", ErrFormat, i+1, no)
		}
	}
	if f.values == nil {
		return nil, fmt.Errorf("%w: no parts", ErrFormat)
	}
	if count, err := f.Uint("split.count"); err == nil && count > 1 && count != uint64(len(parts)) {
		return nil, fmt.Errorf("%w: %d parts of a file split into %d", ErrFormat, len(parts), count)
	}
	return f, nil
}

func (f *File) parsePart(data []byte) (map[string]any, error) {
	r := &reader{data: data}
	if string(r.bytes(4)) != magic {
		return nil, errors.New("does not begin with GGUF")
	}
	switch version := r.uint32(); {
	case r.err != nil:
		return nil, r.err
	case version == 2<<24 || version == 3<<24:
		return nil, errors.New("big-endian files are not supported")
	case version != 2 && version != 3:
		return nil, fmt.Errorf("version %d is not supported", version)
	}
	// The smallest tensor entry has 24 bytes and the smallest pair 13.
	tensors, pairs := r.count(24), r.count(13)
	values := map[string]any{}
	for range pairs {
		key := r.string()
		value := r.value(r.uint32(), 0)
		if r.err != nil {
			return nil, r.err
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("key %q appears twice", key)
		}
		values[key] = value
	}
	alignment := uint64(defaultAlignment)
	if a, ok := values["general.alignment"].(uint64); ok {
		alignment = a
	}
	if alignment == 0 || alignment > maxAlignment || alignment&(alignment-1) != 0 {
		return nil, fmt.Errorf("alignment %d", alignment)
	}
	type entry struct {
		tensor       *Tensor
		offset, size uint64
	}
	var entries []entry
	for range tensors {
		t := &Tensor{Name: r.string()}
		dims := r.uint32()
		if r.err == nil && (dims == 0 || dims > maxDims) {
			return nil, fmt.Errorf("tensor %q has %d dimensions", t.Name, dims)
		}
		for range min(dims, maxDims) {
			t.Dims = append(t.Dims, r.uint64())
		}
		t.Type = Type(r.uint32())
		offset := r.uint64()
		if r.err != nil {
			return nil, r.err
		}
		size, err := t.size()
		if err != nil {
			return nil, err
		}
		if f.tensors[t.Name] != nil {
			return nil, fmt.Errorf("tensor %q appears twice", t.Name)
		}
		if offset%alignment != 0 {
			return nil, fmt.Errorf("tensor %q: offset %d is not a multiple of %d", t.Name, offset, alignment)
		}
		f.tensors[t.Name] = t
		f.names = append(f.names, t.Name)
		entries = append(entries, entry{t, offset, size})
	}
	if r.err != nil {
		return nil, r.err
	}
	start := (uint64(r.at) + alignment - 1) &^ (alignment - 1)
	var body []byte
	if start <= uint64(len(data)) {
		body = data[start:]
	}
	for _, e := range entries {
		if e.offset > uint64(len(body)) || e.size > uint64(len(body))-e.offset {
			return nil, fmt.Errorf("tensor %q ends after the file", e.tensor.Name)
		}
		e.tensor.Data = body[e.offset:][:e.size:e.size]
	}
	return values, nil
}

// size returns the number of bytes of the tensor's data.
func (t *Tensor) size() (uint64, error) {
	form, ok := forms[t.Type]
	if !ok {
		return 0, fmt.Errorf("tensor %q has the unknown type %d", t.Name, t.Type)
	}
	if t.Dims[0]%uint64(form.values) != 0 {
		return 0, fmt.Errorf("tensor %q: rows of %d values in blocks of %d", t.Name, t.Dims[0], form.values)
	}
	size := t.Dims[0] / uint64(form.values)
	for _, d := range append([]uint64{uint64(form.bytes)}, t.Dims[1:]...) {
		if d != 0 && size > math.MaxInt32*64/d {
			return 0, fmt.Errorf("tensor %q is too large", t.Name)
		}
		size *= d
	}
	return size, nil
}

// Tensor returns the named tensor.
func (f *File) Tensor(name string) (*Tensor, error) {
	if t := f.tensors[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("gguf: no tensor %q", name)
}

// TensorNames returns the names of all tensors in file order.
func (f *File) TensorNames() []string { return f.names }

type reader struct {
	data []byte
	at   int
	err  error
}

var errShort = errors.New("file ends early")

func (r *reader) bytes(n uint64) []byte {
	if r.err != nil {
		return nil
	}
	if n > uint64(len(r.data)-r.at) {
		r.err = errShort
		return nil
	}
	b := r.data[r.at:][:n]
	r.at += int(n)
	return b
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count reads a number of items that take at least size bytes each.
func (r *reader) count(size int) int {
	n := r.uint64()
	if r.err == nil && n > uint64(len(r.data)-r.at)/uint64(size) {
		r.err = errShort
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *reader) string() string { return string(r.bytes(r.uint64())) }
