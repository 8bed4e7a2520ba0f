// Package gguf reads GGUF files, versions 2 and 3, the format of llama.cpp
// models (specification: docs/gguf.md in the ggml repository).
//
// Parts of a split file are given together; tensor data is never copied. The
// input is not trusted: every count and length is checked against the bytes
// that are there before anything of that size is made, and no two tensors share
// bytes, so memory stays proportional to the size of the input.
package gguf

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrFormat is wrapped by every error that Parse returns, and by those of Head
// that are not errors of reading. So is io.ErrUnexpectedEOF if the file is
// shorter than it says.
var ErrFormat = errors.New("not a good GGUF file")

// File is a parsed model file. It keeps references to the parts.
type File struct {
	values  map[string]any
	tensors map[string]*Tensor
	names   []string
}

// Tensor is a named array of one to four dimensions, none of them 0.
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
	maxSize          = 1 << 40 // bytes of a tensor; twice that is no overflow
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

// Parse reads a file from its parts, all that it was split into and in their
// order. The first holds the metadata. Tensors are slices of the parts, which
// must not change afterwards.
func Parse(parts ...[]byte) (*File, error) {
	return assemble(len(parts), func(i int) (*File, error) { return parsePart(parts[i]) })
}

// assemble makes a file of its parts, each of which read returns.
func assemble(parts int, read func(i int) (*File, error)) (*File, error) {
	if parts == 0 {
		return nil, fmt.Errorf("%w: no parts", ErrFormat)
	}
	var whole *File
	for i := range parts {
		f, err := read(i)
		if err == nil {
			err = f.checkSplit(i, parts)
		}
		if err == nil && i > 0 {
			err = whole.join(f)
		}
		switch {
		case err != nil && parts == 1:
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		case err != nil:
			return nil, fmt.Errorf("%w: part %d of %d: %w", ErrFormat, i+1, parts, err)
		}
		if i == 0 {
			whole = f
		}
	}
	if n, err := whole.splitUint("split.tensors.count", uint64(len(whole.names))); err != nil || n != uint64(len(whole.names)) {
		return nil, fmt.Errorf("%w: %d tensors in all, split.tensors.count is %d", ErrFormat, len(whole.names), n)
	}
	return whole, nil
}

// checkSplit compares what the part says of its place with its place. A file
// of one part need not say anything.
func (f *File) checkSplit(i, parts int) error {
	no, err := f.splitUint("split.no", 0)
	if err != nil {
		return err
	}
	count, err := f.splitUint("split.count", 1)
	if err != nil {
		return err
	}
	if count = max(count, 1); no != uint64(i) || count != uint64(parts) {
		return fmt.Errorf("split.no is %d and split.count %d", no, count)
	}
	return nil
}

func (f *File) splitUint(key string, otherwise uint64) (uint64, error) {
	if !f.Has(key) {
		return otherwise, nil
	}
	return f.Uint(key)
}

// join adds the tensors of a further part.
func (f *File) join(part *File) error {
	for _, name := range part.names {
		if f.tensors[name] != nil {
			return fmt.Errorf("tensor %.64q appears twice", name)
		}
		f.tensors[name] = part.tensors[name]
	}
	f.names = append(f.names, part.names...)
	return nil
}

// parsePart reads a part and gives its tensors their data.
func parsePart(data []byte) (*File, error) {
	f, places, start, err := parseHead(&reader{data: data, size: uint64(len(data))})
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		at := start + p.offset
		p.tensor.Data = data[at:][:p.size:p.size]
	}
	return f, nil
}

// parseHead reads what comes before the data of the tensors, and returns where
// that lies, within the part, behind start.
func parseHead(r *reader) (f *File, places []place, start uint64, err error) {
	if string(r.bytes(4)) != magic {
		if r.err == nil {
			r.err = errors.New("does not begin with GGUF")
		}
		return nil, nil, 0, r.err
	}
	switch version := r.uint32(); {
	case r.err != nil:
		return nil, nil, 0, r.err
	case version == 2<<24 || version == 3<<24:
		return nil, nil, 0, errors.New("big-endian files are not supported")
	case version != 2 && version != 3:
		return nil, nil, 0, fmt.Errorf("version %d is not supported", version)
	}
	// The smallest tensor entry has 32 bytes and the smallest pair 13.
	tensors, pairs := r.count(32), r.count(13)
	f = &File{values: map[string]any{}, tensors: map[string]*Tensor{}}
	for range pairs {
		key := r.string()
		value := r.value(r.uint32())
		if r.err != nil {
			return nil, nil, 0, fmt.Errorf("metadata %.64q: %w", key, r.err)
		}
		if f.Has(key) {
			return nil, nil, 0, fmt.Errorf("metadata %.64q appears twice", key)
		}
		f.values[key] = value
	}
	alignment, err := f.alignment()
	if err != nil {
		return nil, nil, 0, err
	}
	for range tensors {
		p, err := r.tensor()
		switch {
		case err != nil:
			return nil, nil, 0, err
		case f.tensors[p.tensor.Name] != nil:
			return nil, nil, 0, fmt.Errorf("tensor %.64q appears twice", p.tensor.Name)
		case p.offset%alignment != 0:
			return nil, nil, 0, fmt.Errorf("tensor %.64q: offset %d is not a multiple of %d", p.tensor.Name, p.offset, alignment)
		}
		f.tensors[p.tensor.Name] = p.tensor
		f.names = append(f.names, p.tensor.Name)
		places = append(places, p)
	}
	if r.err != nil {
		return nil, nil, 0, r.err
	}
	start = min((uint64(r.at)+alignment-1)&^(alignment-1), r.size)
	return f, places, start, checkPlaces(places, r.size-start)
}

func (f *File) alignment() (uint64, error) {
	const key = "general.alignment"
	if !f.Has(key) {
		return defaultAlignment, nil
	}
	a, err := f.Uint(key)
	if err == nil && (a == 0 || a > maxAlignment || a&(a-1) != 0) {
		err = fmt.Errorf("alignment %d: want a power of two up to %d", a, maxAlignment)
	}
	return a, err
}

// place is where a tensor's data lies after the header.
type place struct {
	tensor       *Tensor
	offset, size uint64
}

// checkPlaces checks that tensors lie within the size of all data and share no
// bytes, for with those a small file could ask for a large model.
func checkPlaces(places []place, size uint64) error {
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.offset, b.offset) })
	end, last := uint64(0), ""
	for _, p := range places {
		if p.offset < end {
			return fmt.Errorf("tensors %.64q and %.64q overlap", last, p.tensor.Name)
		}
		if p.offset > size || p.size > size-p.offset {
			return fmt.Errorf("tensor %.64q ends after the file: %w", p.tensor.Name, io.ErrUnexpectedEOF)
		}
		end, last = p.offset+p.size, p.tensor.Name
	}
	return nil
}

// tensor reads one entry of the table of tensors.
func (r *reader) tensor() (place, error) {
	t := &Tensor{Name: r.string()}
	dims := r.uint32()
	if r.err == nil && (dims == 0 || dims > maxDims) {
		return place{}, fmt.Errorf("tensor %.64q has %d dimensions: want 1 to %d", t.Name, dims, maxDims)
	}
	t.Dims = make([]uint64, min(dims, maxDims))
	for i := range t.Dims {
		t.Dims[i] = r.uint64()
	}
	t.Type = Type(r.uint32())
	offset := r.uint64()
	if r.err != nil {
		return place{}, fmt.Errorf("tensor %.64q: %w", t.Name, r.err)
	}
	size, err := t.size()
	return place{t, offset, size}, err
}

// size returns the number of bytes of the tensor's data.
func (t *Tensor) size() (uint64, error) {
	form, ok := forms[t.Type]
	if !ok {
		return 0, fmt.Errorf("tensor %.64q has %v, which is not supported", t.Name, t.Type)
	}
	if t.Dims[0]%uint64(form.values) != 0 {
		return 0, fmt.Errorf("tensor %.64q: rows of %d values in blocks of %d", t.Name, t.Dims[0], form.values)
	}
	size := t.Dims[0] / uint64(form.values)
	for _, d := range append([]uint64{uint64(form.bytes)}, t.Dims[1:]...) {
		if d != 0 && size > maxSize/d {
			return 0, fmt.Errorf("tensor %.64q with dimensions %v is too large", t.Name, t.Dims)
		}
		size *= d
	}
	if size == 0 {
		return 0, fmt.Errorf("tensor %.64q with dimensions %v is empty", t.Name, t.Dims)
	}
	return size, nil
}

// Tensor returns the named tensor.
func (f *File) Tensor(name string) (*Tensor, error) {
	if t := f.tensors[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("gguf: no tensor %.64q", name)
}

// TensorNames returns the names of all tensors, in the order of the parts and
// of their tables.
func (f *File) TensorNames() []string { return f.names }

// reader reads from the start of a part.
type reader struct {
	data []byte // what of it is there
	size uint64 // bytes of the part
	at   int
	err  error
}

var (
	errShort = fmt.Errorf("file ends early: %w", io.ErrUnexpectedEOF)
	errMore  = errors.New("more of the file is needed")
)

func (r *reader) bytes(n uint64) []byte {
	switch {
	case r.err != nil:
		return nil
	case n > r.size-uint64(r.at):
		r.err = errShort
		return nil
	case n > maxHead:
		r.err = errLong
		return nil
	case n > uint64(len(r.data)-r.at):
		r.err = errMore
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
	switch {
	case r.err != nil:
		return 0
	case n > (r.size-uint64(r.at))/uint64(size):
		r.err = errShort
		return 0
	case n > maxHead/uint64(size):
		r.err = errLong
		return 0
	}
	return int(n)
}

func (r *reader) string() string { return string(r.bytes(r.uint64())) }
