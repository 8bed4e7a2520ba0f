package container

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"slices"
)

// Reader reads the members of a file, one after the other. It checks
// everything but the content's hash, which its caller must.
type Reader struct {
	in     *bufio.Reader
	offset int64 // of the next byte
	err    error

	header Header
	member int64  // where the member begins; at the end, the size of the file
	head   []byte // the member's header as read; nil between members
	single bool
	blocks []entry
	raw    []byte // bytes of the structure at hand
	start  int64  // where it begins

	skip func(n int64) error // passes over a payload; nil to read and check it
}

// NewReader returns a reader of r. It reads ahead.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 1<<16)} }

// Header returns the header of the member that the last block belongs to.
func (r *Reader) Header() Header { return r.header }

// Offset returns the number of bytes read.
func (r *Reader) Offset() int64 { return r.offset }

// Next returns the next block, its check verified, or io.EOF after the last
// block of the last member. Errors are ErrFormat, *CorruptError,
// *UnsupportedError, io.ErrUnexpectedEOF wrapped, or those of the input; they
// are final.
func (r *Reader) Next() (*Block, error) {
	var b *Block
	for r.err == nil && b == nil {
		b, r.err = r.step()
	}
	if r.err != nil {
		return nil, r.err
	}
	return b, nil
}

// step reads a header, a block, or a trailer.
func (r *Reader) step() (*Block, error) {
	r.raw, r.start = r.raw[:0], r.offset
	switch {
	case r.head == nil:
		return nil, r.readHeader()
	case r.single && len(r.blocks) == 1:
		r.head = nil
		return nil, nil
	}
	kind, err := r.byte()
	if err != nil {
		return nil, err
	}
	if Type(kind) == trailerType {
		return nil, r.readTrailer()
	}
	return r.readBlock(kind)
}

func (r *Reader) corrupt(msg string) error { return &CorruptError{r.start, msg} }

// fill appends n bytes of the input to raw.
func (r *Reader) fill(n int) error {
	for range n {
		if _, err := r.byte(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) byte() (byte, error) {
	c, err := r.in.ReadByte()
	if err == io.EOF {
		return 0, truncated(r.offset)
	}
	if err != nil {
		return 0, err
	}
	r.offset++
	r.raw = append(r.raw, c)
	return c, nil
}

// varint reads a number of at most limit.
func (r *Reader) varint(limit uint64, what string) (uint64, error) {
	start := len(r.raw)
	for {
		if _, err := r.byte(); err != nil {
			return 0, err
		}
		switch v, n := Varint(r.raw[start:]); {
		case n < 0:
			return 0, r.corrupt(what + " is not validly encoded")
		case n > 0 && v > limit:
			return 0, r.corrupt(what + " is too large")
		case n > 0:
			return v, nil
		}
	}
}

func (r *Reader) readHeader() error {
	first := r.offset == 0
	r.member = r.offset
	if _, err := r.in.Peek(1); err == io.EOF && first {
		return truncated(0)
	} else if err != nil {
		return err
	}
	for i := range magic {
		c, err := r.byte()
		if err != nil {
			return err
		}
		if first && c != magic[i] {
			return ErrFormat
		}
		if c != magic[i] {
			return r.corrupt("what follows a member is not another")
		}
	}
	c, err := r.byte()
	if err != nil {
		return err
	}
	if bits.OnesCount8(c>>4)%2 != 0 {
		return r.corrupt("version")
	}
	if version := c >> 5; version != Version {
		return &UnsupportedError{What: "format version " + string('0'+rune(version)), Earlier: version < Version}
	}
	r.single = c&flagSingle != 0
	r.header = Header{Model: ModelID{External: c&flagExternal != 0}}
	if r.header.Model.External {
		if err := r.fill(9); err != nil {
			return err
		}
		id := r.raw[len(r.raw)-9:]
		copy(r.header.Model.Hash[:], id)
		r.header.Model.Size = Memory(id[8])
	} else if r.header.Model.Number, err = r.varint(maxVarint, "model number"); err != nil {
		return err
	}
	if r.header.Numerics, err = r.varint(maxVarint, "numerics version"); err != nil {
		return err
	}
	memory, err := r.byte()
	if err != nil {
		return err
	}
	r.header.Memory = Memory(memory)
	if c&flagDictionary != 0 {
		if err := r.fill(8); err != nil {
			return err
		}
		r.header.Primed = true
		copy(r.header.Dictionary[:], r.raw[len(r.raw)-8:])
	}
	if c&flagForeign != 0 {
		n, err := r.byte()
		if err != nil {
			return err
		}
		if err := r.fill(int(n)); err != nil {
			return err
		}
		r.header.Foreign = string(r.raw[len(r.raw)-int(n):])
		if _, ok := Fields(r.header.Foreign); !ok || r.header.Model.none() {
			return r.corrupt("fingerprint of an engine")
		}
	}
	r.head, r.blocks = bytes.Clone(r.raw), r.blocks[:0]
	return nil
}

func (r *Reader) readBlock(kind byte) (*Block, error) {
	b := &Block{Type: Type(kind & typeMask), Transformed: kind&transformed != 0, Offset: r.start}
	if b.Type == trailerType {
		return nil, r.corrupt("trailer with transforms")
	}
	if len(r.blocks) == MaxBlocks {
		return nil, r.corrupt("too many blocks")
	}
	limit := uint64(MaxContent)
	if b.Type == Neural {
		limit = MaxNeural
	}
	least := uint64(1)
	if b.Type == Stored {
		least = 0
	}
	length, err := r.varint(limit-least, "block length")
	if err != nil {
		return nil, err
	}
	if length+least == 0 && !r.single {
		return nil, r.corrupt("empty block")
	}
	b.Length = int(length + least)
	size := length
	if b.Type != Stored {
		if size, err = r.varint(length, "payload length"); err != nil {
			return nil, err
		}
	}
	if b.Type == Neural {
		tokens, err := r.varint(length, "number of tokens")
		if err != nil {
			return nil, err
		}
		shape, err := r.byte()
		if err != nil {
			return nil, err
		}
		b.Tokens, b.Streams, b.Window = int(tokens)+1, 1<<(shape>>4), 1<<(shape&15+7)
		if !b.validShape() {
			return nil, r.corrupt("block header")
		}
	}
	if err := r.fill(12); err != nil {
		return nil, err
	}
	end := len(r.raw) - 4
	b.Hash = binary.LittleEndian.Uint64(r.raw[end-8:])
	sum := binary.LittleEndian.Uint32(r.raw[end:])
	later := r.understood(kind)
	if r.skip != nil && later == nil { // else the check has to tell it from damage
		err = r.skip(int64(size))
	} else if b.Payload, err = r.payload(int(size)); err == nil && checkBlock(r.head, len(r.blocks), r.raw[:end], b.Payload) != sum {
		err = r.corrupt("check of the block fails")
	}
	if err != nil {
		return nil, err
	}
	r.blocks = append(r.blocks, entry{int64(b.Length), int64(len(r.raw)) + int64(size), sum})
	return b, later
}

// understood tells, of a block whose check was good, whether it uses only what this
// version has.
func (r *Reader) understood(kind byte) error {
	t := Type(kind & typeMask)
	switch {
	case t != Stored && t != Zstd && t != Mixing && t != Neural:
		return &UnsupportedError{What: fmt.Sprintf("block type %d", t)}
	case kind&^(typeMask|transformed) != 0:
		return &UnsupportedError{What: fmt.Sprintf("block transform %#02x", kind&^(typeMask|transformed))}
	case kind&transformed != 0 && t != Neural && t != Mixing:
		return r.corrupt("transforms of a block that is stored or Zstandard")
	case t == Neural && r.header.Model.none():
		return r.corrupt("neural block in a member without a model")
	}
	return nil
}

// payload reads n bytes in pieces, so that what is allocated follows what
// arrives and not what was claimed.
func (r *Reader) payload(n int) ([]byte, error) {
	const piece = 64 << 10
	var pieces [][]byte
	for n > 0 {
		p := make([]byte, min(n, piece))
		k, err := io.ReadFull(r.in, p)
		r.offset += int64(k)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil, truncated(r.offset)
		}
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
		n -= k
	}
	if len(pieces) == 1 {
		return pieces[0], nil
	}
	return slices.Concat(pieces...), nil
}

// readTrailer reads what the blocks so far call for and nothing else.
func (r *Reader) readTrailer() error {
	if len(r.blocks) < 2 {
		return r.corrupt("trailer after too few blocks")
	}
	want := appendTrailer(nil, r.head, r.blocks)
	for _, c := range want[1:] {
		got, err := r.byte()
		if err != nil {
			return err
		}
		if got != c {
			return r.corrupt("trailer does not agree with the blocks")
		}
	}
	r.head = nil
	return nil
}
