package gguf_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
)

func sections(parts ...[]byte) (all []*io.SectionReader) {
	for _, p := range parts {
		all = append(all, io.NewSectionReader(bytes.NewReader(p), 0, int64(len(p))))
	}
	return all
}

// parse calls Parse, and Head, which must say the same.
func parse(t *testing.T, parts ...[]byte) (*gguf.File, error) {
	t.Helper()
	f, err := gguf.Parse(parts...)
	head, headErr := gguf.Head(sections(parts...)...)
	switch {
	case (err == nil) != (headErr == nil) || err != nil && err.Error() != headErr.Error():
		t.Errorf("Parse says %v, Head %v", err, headErr)
	case err == nil && !slices.Equal(f.TensorNames(), head.TensorNames()):
		t.Errorf("Parse finds tensors %q, Head %q", f.TensorNames(), head.TensorNames())
	}
	return f, err
}

// sparse is a file of zeros behind a start, which counts what is read of it.
type sparse struct {
	start []byte
	read  int
	err   error
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(s.start)) {
		copy(p, s.start[off:])
	}
	s.read += len(p)
	return len(p), s.err
}

// The head of a file of a terabyte is read without the rest.
func TestHeadOfLargeFile(t *testing.T) {
	f := good()
	f.infos, f.data = info("t", gguf.F32, 0, 1<<20, 1<<17), nil
	file := &sparse{start: f.bytes()}
	head, err := gguf.Head(io.NewSectionReader(file, 0, 1<<40))
	if err != nil || file.read > 1<<20 {
		t.Fatalf("read %d bytes: %v", file.read, err)
	}
	if v, err := head.Tensor("t"); err != nil || v.Data != nil || v.Dims[1] != 1<<17 {
		t.Errorf("tensor %v, %v", v, err)
	}
	if _, err := gguf.Head(io.NewSectionReader(file, 0, 1<<39)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half of a tensor is there: %v", err)
	}
}

// A head longer than the first read, one byte before and after its ends too.
func TestLongHead(t *testing.T) {
	for n := 1<<20 - 200; n < 1<<20+64; n += 3 {
		f := good()
		f.pairs, f.metadata = 2, join(f.metadata, pair("long", 8, str(string(make([]byte, n)))))
		head, err := gguf.Head(sections(f.bytes())...)
		if err != nil {
			t.Fatalf("string of %d bytes: %v", n, err)
		}
		if s, err := head.String("long"); err != nil || len(s) != n {
			t.Fatalf("string of %d bytes: %d, %v", n, len(s), err)
		}
	}
}

// Claims that only a huge file makes possible are refused before it is read.
func TestHostileHead(t *testing.T) {
	for name, change := range map[string]func(f *file){
		"tensors":          func(f *file) { f.tensors = 1 << 40 },
		"pairs":            func(f *file) { f.pairs = 1 << 40 },
		"string":           func(f *file) { f.metadata = pair("a", 8, u64(1<<44)) },
		"array":            func(f *file) { f.metadata = pair("a", 9, join(u32(4), u64(1<<40))) },
		"array of strings": func(f *file) { f.metadata = pair("a", 9, join(u32(8), u64(1<<40))) },
	} {
		f := good()
		change(&f)
		file := &sparse{start: f.bytes()}
		_, err := gguf.Head(io.NewSectionReader(file, 0, 1<<50))
		if !errors.Is(err, gguf.ErrFormat) || file.read > 1<<20 {
			t.Errorf("%s: %v after %d bytes", name, err, file.read)
		}
	}
}

func TestHeadOfParts(t *testing.T) {
	a, b := splitFile(func([]file) {})
	if _, err := parse(t, a, b); err != nil {
		t.Error(err)
	}
	for _, parts := range [][][]byte{{a}, {b}, {b, a}, {a, b, b}} {
		if _, err := parse(t, parts...); !errors.Is(err, gguf.ErrFormat) {
			t.Errorf("%d parts: %v", len(parts), err)
		}
	}
	model := tinymodel.Bytes(tinymodel.Default())
	if _, err := parse(t, model); err != nil {
		t.Error(err)
	}
}

// A fault of the disk is not one of the file.
func TestHeadUnread(t *testing.T) {
	file := &sparse{start: good().bytes(), err: io.ErrClosedPipe}
	if _, err := gguf.Head(io.NewSectionReader(file, 0, 1<<30)); !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, gguf.ErrFormat) {
		t.Error(err)
	}
}
