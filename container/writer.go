package container

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Writer writes one member.
type Writer struct {
	w      io.Writer
	Header Header // may be changed until the second WriteBlock or Close
	first  *Block // held back until it is known whether another follows
	head   []byte // the header as written
	model  bool   // it names a model
	blocks []entry
	err    error
}

// NewWriter returns a writer of a member to w. Nothing is written before the
// second block or Close.
func NewWriter(w io.Writer, h Header) *Writer { return &Writer{w: w, Header: h} }

var errClosed = errors.New("container: writer is closed")

// WriteBlock writes a block. The writer keeps the first one until the next call.
func (w *Writer) WriteBlock(b *Block) error {
	switch {
	case w.err != nil:
		return w.err
	case w.head == nil && w.first == nil:
		w.first = b
		return validate(b)
	case w.head == nil:
		w.start(false)
	}
	w.put(b, false)
	return w.err
}

func (w *Writer) start(single bool) {
	w.head, w.model = w.Header.append(nil, single), !w.Header.Model.none()
	if f := w.Header.Foreign; f != "" && w.err == nil {
		if _, ok := Fields(f); !ok || !w.model {
			w.err = fmt.Errorf("container: internal error: invalid fingerprint %q", f)
		}
	}
	w.write(w.head)
	w.put(w.first, single)
	w.first = nil
}

func (w *Writer) put(b *Block, single bool) {
	if w.err == nil {
		w.err = validate(b)
	}
	switch {
	case w.err != nil:
		return
	case b.Length == 0 && !single:
		w.err = errors.New("container: internal error: empty block beside others")
	case b.Type == Neural && !w.model:
		w.err = errors.New("container: internal error: neural block in a member without a model")
	case len(w.blocks) == MaxBlocks:
		w.err = errors.New("container: too many blocks")
	}
	if w.err != nil {
		return
	}
	head := b.appendHead(nil)
	sum := checkBlock(w.head, len(w.blocks), head, b.Payload)
	head = binary.LittleEndian.AppendUint32(head, sum)
	w.write(head)
	w.write(b.Payload)
	w.blocks = append(w.blocks, entry{int64(b.Length), int64(len(head) + len(b.Payload)), sum})
}

func (w *Writer) write(p []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(p)
	}
}

// Close ends the member. A member without blocks gets an empty one.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if w.head != nil {
		w.write(appendTrailer(nil, w.head, w.blocks))
	} else {
		if w.first == nil {
			w.first = &Block{Type: Stored, Hash: Hash(nil)}
		}
		w.start(true)
	}
	if err := w.err; err != nil {
		return err
	}
	w.err = errClosed
	return nil
}

// validate checks what the caller is responsible for.
func validate(b *Block) error {
	ok := false
	switch b.Type {
	case Stored:
		ok = !b.Transformed && b.Length == len(b.Payload) && b.Length <= MaxContent
	case Zstd:
		ok = !b.Transformed && b.Length <= MaxContent && len(b.Payload) < b.Length
	case Mixing:
		ok = b.Length <= MaxContent && len(b.Payload) < b.Length
	case Neural:
		ok = b.Length <= MaxNeural && len(b.Payload) < b.Length && b.validShape()
	}
	if !ok {
		return fmt.Errorf("container: internal error: invalid block of type %d, length %d", b.Type, b.Length)
	}
	return nil
}

// validShape checks the fields that only neural blocks have.
func (b *Block) validShape() bool {
	return b.Tokens >= 1 && b.Tokens <= b.Length &&
		b.Streams >= 1 && b.Streams <= min(b.Tokens, MaxStreams) && b.Streams&(b.Streams-1) == 0 &&
		b.Window >= MinWindow && b.Window <= MaxWindow && b.Window&(b.Window-1) == 0
}
