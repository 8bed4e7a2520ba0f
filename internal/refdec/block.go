package refdec

import (
	"bytes"
	"crypto/sha256"
	"io"

	"github.com/klauspost/compress/zstd"
)

// numerics is the version of NUMERICS.md that this decoder follows.
const numerics = 5

// A decoder decodes the blocks of a file one by one.
type decoder struct {
	in    Inputs
	model *languageModel // of in, once a block has needed it
}

// block returns the content of b, verified.
func (d *decoder) block(b *block) ([]byte, *Error) {
	if err := d.canDecode(b); err != nil {
		return nil, err
	}
	var content []byte
	var err *Error
	switch b.kind {
	case typeStored:
		content = b.payload
	case typeZstd:
		content, err = d.zstd(b)
	default:
		content, err = d.coded(b)
	}
	if err != nil {
		return nil, err
	}
	if len(content) != b.length || xxh64(content) != b.hash {
		return nil, fail(Diverged, "hash of the content")
	}
	return content, nil
}

// coded returns the content of a block of context mixing or a neural one.
func (d *decoder) coded(b *block) ([]byte, *Error) {
	if b.kind == typeNeural {
		if err := d.open(b); err != nil {
			return nil, err
		}
	}
	payload := b.payload
	var t *transformed
	if b.transformed {
		var err *Error
		if t, payload, err = parseTransforms(payload, b.kind == typeNeural); err != nil {
			return nil, err
		}
	}
	var text []byte
	var err *Error
	if b.kind == typeMixing {
		text, err = mixing(payload, d.dictionary(b), b.length)
	} else {
		text, err = d.neural(b, t != nil, payload)
	}
	if err != nil || t == nil {
		return text, err
	}
	content, ok := t.undo(text, b.length)
	if !ok {
		return nil, fail(Diverged, "transforms that do not fit the text")
	}
	return content, nil
}

// open makes the model of a neural block ready.
func (d *decoder) open(b *block) *Error {
	if b.window > 1<<15 {
		return fail(Unsupported, "window of %d positions", b.window)
	}
	if d.in.Model == nil {
		return fail(CannotHere, "no model")
	}
	if h := b.header; h.flags&flagExternal == 0 {
		if h.model != d.in.Number {
			return fail(CannotHere, "built-in model %d", h.model)
		}
	} else if id := externalID(d.in.Model); id != h.external {
		return fail(CannotHere, "model %x", h.external)
	}
	if d.model == nil {
		var err error
		if d.model, err = newLanguageModel(d.in.Model); err != nil {
			return fail(CannotHere, "model: %v", err)
		}
	}
	return nil
}

// neural returns the text of a neural block.
func (d *decoder) neural(b *block, transformed bool, payload []byte) ([]byte, *Error) {
	most := b.length
	if transformed {
		most *= 3
	}
	return neural(d.model, b, payload, d.dictionary(b), most)
}

// externalID is what headers name a model by.
func externalID(parts [][]byte) (id [9]byte) {
	h := sha256.New()
	size := 0
	for _, p := range parts {
		h.Write(p)
		size += len(p)
	}
	copy(id[:], h.Sum(nil)[:8])
	id[8] = memoryByte(size)
	return id
}

// memoryByte states a size in bytes: the least byte that does not state less.
func memoryByte(size int) byte {
	for b := range 256 {
		// (8 + m)·2^e / 8 MiB, times 8.
		if stated := uint64(8+b&7) << 17; stated<<(b>>3) >= uint64(size) {
			return byte(b)
		}
	}
	return 255
}

// canDecode compares what the header names with what is at hand, as far as the block needs it.
func (d *decoder) canDecode(b *block) *Error {
	h := b.header
	if b.kind == typeStored {
		return nil
	}
	if h.numerics != numerics && b.kind != typeZstd {
		return fail(CannotHere, "numerics %d", h.numerics)
	}
	if h.flags&flagForeign != 0 && b.kind == typeNeural {
		return fail(CannotHere, "made with another engine")
	}
	if h.flags&flagDictionary != 0 {
		sum := sha256.Sum256(d.in.Dictionary)
		if d.in.Dictionary == nil || !bytes.Equal(sum[:8], h.dictionary[:]) {
			return fail(CannotHere, "another dictionary")
		}
	}
	return nil
}

// dictionary returns the dictionary of the member of b, or nothing.
func (d *decoder) dictionary(b *block) []byte {
	if b.header.flags&flagDictionary == 0 {
		return nil
	}
	return d.in.Dictionary
}

func (d *decoder) zstd(b *block) ([]byte, *Error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(max(1<<10, uint64(b.length)))}
	if dict := d.dictionary(b); dict != nil {
		options = append(options, zstd.WithDecoderDictRaw(0, dict))
	}
	r, err := zstd.NewReader(bytes.NewReader(b.payload), options...)
	if err != nil {
		return nil, fail(Corrupt, "Zstandard: %v", err)
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, int64(b.length)+1))
	if err != nil {
		return nil, fail(Corrupt, "Zstandard: %v", err)
	}
	if len(content) != b.length {
		return nil, fail(Corrupt, "Zstandard: %d bytes instead of %d", len(content), b.length)
	}
	return content, nil
}
