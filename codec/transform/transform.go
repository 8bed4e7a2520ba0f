// Package transform changes the content of a block into a form that is predicted
// better, and back: every change is exactly undone. FORMAT.md has the bytes.
package transform

import (
	"bytes"
	"errors"

	"github.com/pith-codec/pith/container"
)

// Transforms says what was done to a block's content, in the order of its
// fields, and thus how to undo it.
type Transforms struct {
	charset charset
	mark    bool // a byte-order mark was taken off
	lines   bool // CR LF was made LF
	lone    []uint64
	filling filling // lines of this filling were joined
	kept    []uint64
	x86     bool // the targets of calls and jumps were made absolute
}

const (
	charsetMask = 3
	markBit     = 4
	linesBit    = 8
	filledBit   = 16
	indentBit   = 32
	x86Bit      = 64
)

// Text returns content as the text a language model has learnt from, and how to
// undo that: nil if content is returned as it is.
func Text(content []byte) ([]byte, *Transforms) {
	t := &Transforms{}
	text := content
	if t.charset = detect(content); t.charset != asIs {
		text = t.charset.decode(content)
	}
	if bytes.HasPrefix(text, byteOrderMark) {
		t.mark, text = true, text[len(byteOrderMark):]
	}
	if lines, lone, ok := unixLines(text); ok {
		t.lines, t.lone, text = true, lone, lines
	}
	if t.filling = findFilling(text); t.filling.width > 0 {
		text, t.kept = joinLines(text, t.filling)
	}
	return t.checked(content, text)
}

// Code returns content as machine code of x86 is predicted best, and how to undo
// that: nil if content does not gain by it and is returned as it is.
func Code(content []byte) ([]byte, *Transforms) {
	code, ok := absoluteTargets(content)
	if !ok {
		return content, nil
	}
	return (&Transforms{x86: true}).checked(content, code)
}

// checked returns what is left of t once it was undone on trial.
func (t *Transforms) checked(content, changed []byte) ([]byte, *Transforms) {
	if t.flags() == 0 {
		return content, nil
	}
	if back, ok := t.Undo(changed, len(content)); !ok || !bytes.Equal(back, content) {
		return content, nil
	}
	return changed, t
}

// flags returns the first byte of t.
func (t *Transforms) flags() byte {
	f := byte(t.charset)
	for _, b := range []struct {
		on  bool
		bit byte
	}{{t.mark, markBit}, {t.lines, linesBit}, {t.filling.width > 0, filledBit}, {t.filling.indent, indentBit}, {t.x86, x86Bit}} {
		if b.on {
			f |= b.bit
		}
	}
	return f
}

// Append appends the bytes that stand for t.
func (t *Transforms) Append(dst []byte) []byte {
	dst = append(dst, t.flags())
	if t.lines {
		dst = appendGaps(dst, t.lone)
	}
	if t.filling.width > 0 {
		dst = container.AppendVarint(dst, uint64(t.filling.width))
		dst = appendGaps(dst, t.kept)
	}
	return dst
}

// Kind says what the content of a block was taken for: which transforms it may
// have had.
type Kind byte

// Kinds.
const (
	OfText Kind = charsetMask | markBit | linesBit | filledBit | indentBit
	OfCode Kind = x86Bit
)

// Errors of Parse.
var (
	ErrEncoding = errors.New("transforms are not validly encoded")
	ErrUnknown  = errors.New("transforms that this version does not know")
)

// Parse splits the payload of a block into the transforms it begins with and the rest.
// It fails with ErrUnknown if one of them is reserved, as nothing that follows can be
// read then, and with ErrEncoding.
func Parse(payload []byte, k Kind) (t *Transforms, rest []byte, err error) {
	if len(payload) > 0 && payload[0]&^byte(k) != 0 {
		return nil, nil, ErrUnknown
	}
	if t, rest, ok := parse(payload); ok {
		return t, rest, nil
	}
	return nil, nil, ErrEncoding
}

// parse is Parse if no transform is reserved.
func parse(payload []byte) (t *Transforms, rest []byte, ok bool) {
	if len(payload) == 0 || payload[0] == 0 || payload[0]&(filledBit|indentBit) == indentBit {
		return nil, nil, false
	}
	f, payload := payload[0], payload[1:]
	t = &Transforms{charset: charset(f & charsetMask), mark: f&markBit != 0, lines: f&linesBit != 0, x86: f&x86Bit != 0}
	if t.lines {
		if t.lone, payload, ok = readGaps(payload); !ok {
			return nil, nil, false
		}
	}
	if f&filledBit != 0 {
		width, n := container.Varint(payload)
		if n <= 0 || width == 0 || width > maxWidth {
			return nil, nil, false
		}
		t.filling = filling{int(width), f&indentBit != 0}
		if t.kept, payload, ok = readGaps(payload[n:]); !ok {
			return nil, nil, false
		}
	}
	return t, payload, true
}

// Growth is how many bytes of text a byte of content becomes at most.
const Growth = 3

// Undo returns the content, of at most size bytes, that became text. It fails if
// none did.
func (t *Transforms) Undo(text []byte, size int) (content []byte, ok bool) {
	ok = true
	if t.x86 {
		text = relativeTargets(text)
	}
	if t.filling.width > 0 {
		text, ok = fillLines(text, t.filling, t.kept, Growth*size)
	}
	if t.lines && ok {
		text, ok = dosLines(text, t.lone)
	}
	if t.mark {
		text = append(bytes.Clone(byteOrderMark), text...)
	}
	if t.charset != asIs && ok {
		text, ok = t.charset.encode(text)
	}
	return text, ok && len(text) <= size
}
