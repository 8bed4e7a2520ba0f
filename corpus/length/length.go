// Package length measures how many bits compressors take for a text, alone and where
// another was read before: the code lengths that distances are made of. See
// docs/ALIGN.md.
package length

import (
	"fmt"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/paq"
)

// Engine is a compressor.
type Engine interface {
	// Bits returns the code length of a text by itself.
	Bits(text []byte) float64
	// After returns a reader of texts that has read context before each.
	After(context []byte) Reader
	// Reach returns how many bytes back the engine sees.
	Reach() int
	// Tail returns about how many bytes at the end of a context its language model
	// reads, 0 if it has none.
	Tail() int
	// Unread returns how many bytes of a context it does not read, from its beginning;
	// of a language model, those that only the mixer beside it reads.
	Unread(context []byte) int
	// Additive reports whether a text behind another takes what it takes after the
	// other was read: whether C(xy) is C(x) + C(y|x).
	Additive() bool
}

// Reader tells code lengths of texts, each as if it came right behind the same
// context. It may be used from several goroutines.
type Reader interface{ Bits(text []byte) float64 }

// Names lists the engines.
func Names() []string { return []string{"deflate", "zstd", "cm", "neural"} }

// New returns an engine, but for neural, which needs a model.
func New(name string) (Engine, error) {
	switch name {
	case "deflate":
		return deflate{}, nil
	case "zstd":
		return zstandard{}, nil
	case "cm":
		return mixing{}, nil
	}
	return nil, fmt.Errorf("engine %q: want %s", name, strings.Join(Names(), ", "))
}

func unread(e Engine, context []byte) int { return max(0, len(context)-e.Reach()) }

// count counts the bytes written to it.
type count int64

func (c *count) Write(p []byte) (int, error) { *c += count(len(p)); return len(p), nil }

// deflate is RFC 1951 at level 9, without a header.
type deflate struct{}

func (deflate) Reach() int                { return 32 << 10 }
func (deflate) Unread(context []byte) int { return unread(deflate{}, context) }
func (deflate) Tail() int                 { return 0 }
func (deflate) Additive() bool            { return false }

func (deflate) Bits(text []byte) float64 { return deflate{}.After(nil).Bits(text) }

func (deflate) After(context []byte) Reader {
	return deflateAfter(context[max(0, len(context)-32<<10):])
}

type deflateAfter []byte

func (d deflateAfter) Bits(text []byte) float64 {
	var n count
	w, err := flate.NewWriterDict(&n, flate.BestCompression, d)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("length: internal error: " + err.Error()) // nothing in it can fail
	}
	return float64(8 * n)
}

// zstandard is RFC 8878 with a raw dictionary, without a checksum.
type zstandard struct{}

func (zstandard) Reach() int                { return 8 << 20 }
func (zstandard) Unread(context []byte) int { return unread(zstandard{}, context) }
func (zstandard) Tail() int                 { return 0 }
func (zstandard) Additive() bool            { return false }

func (zstandard) Bits(text []byte) float64 { return zstandard{}.After(nil).Bits(text) }

func (zstandard) After(context []byte) Reader {
	o := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderCRC(false),
		zstd.WithSingleSegment(true), zstd.WithEncoderConcurrency(1), zstd.WithAllLitEntropyCompression(true)}
	if len(context) > 0 {
		o = append(o, zstd.WithEncoderDictRaw(0, context))
	}
	e, err := zstd.NewWriter(nil, o...)
	if err != nil {
		panic("length: internal error: " + err.Error())
	}
	return zstdAfter{e}
}

type zstdAfter struct{ e *zstd.Encoder }

func (z zstdAfter) Bits(text []byte) float64 { return float64(8 * len(z.e.EncodeAll(text, nil))) }

// mixing is the context mixer of levels 2 to 4, its fast profile: the sum of −log2 of the
// probabilities that the coder is given, without what the coder itself adds. The
// state behind the context is copied for each text.
type mixing struct{}

// reach is how much of a context is read, room what there is in tables for a text
// behind it.
const (
	reach = 4 << 20
	room  = 1 << 14
)

func (mixing) Reach() int                { return reach }
func (mixing) Unread(context []byte) int { return unread(mixing{}, context) }
func (mixing) Tail() int                 { return 0 }
func (mixing) Additive() bool            { return true }

func (mixing) Bits(text []byte) float64 {
	return bits(paq.New(paq.Fast, paq.LogFor(max(len(text), 1), 18), len(text)), text)
}

func (mixing) After(context []byte) Reader {
	context = context[max(0, len(context)-reach):]
	size := len(context) + room
	m := paq.New(paq.Fast, paq.LogFor(size, 18), size)
	m.Learn(context)
	return mixingAfter{m}
}

type mixingAfter struct{ m *paq.Model }

func (x mixingAfter) Bits(text []byte) float64 { return bits(x.m.Clone(), text) }

// bits has m predict and learn text and returns its code length.
func bits(m *paq.Model, text []byte) float64 {
	var l arith.Length
	for _, b := range text {
		for shift := 7; shift >= 0; shift-- {
			bit := int(b >> shift & 1)
			l.Add(bit, m.Predict())
			m.Update(bit)
		}
	}
	return l.Bits()
}

// GzipOverhead is the bits of gzip's header and trailer (RFC 1952).
const GzipOverhead = 8 * 18

// NCD returns the normalised compression distance (Cilibrasi and Vitányi, Clustering
// by Compression, 2005) of texts whose code lengths are x, y, and both together. One of
// x and y must not be 0.
func NCD(x, y, both float64) float64 { return (both - min(x, y)) / max(x, y) }
