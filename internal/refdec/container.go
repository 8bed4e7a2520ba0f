package refdec

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

const (
	typeTrailer = 0
	typeStored  = 1
	typeZstd    = 2
	typeMixing  = 3
	typeNeural  = 4

	flagSingle     = 1
	flagExternal   = 2
	flagDictionary = 4
	flagForeign    = 8
)

// A header is that of a member.
type header struct {
	raw        []byte
	flags      byte
	model      uint64 // number of a built-in model
	external   [9]byte
	numerics   uint64
	dictionary [8]byte
}

// A block is one whose check was good.
type block struct {
	header      *header
	kind        byte
	transformed bool
	length      int // bytes of content
	tokens      int
	streams     int
	window      int
	hash        uint64
	payload     []byte
	size        int // bytes in the file
	check       uint32
}

// A source is what is left of a file. After the first error it yields zeros.
type source struct {
	rest []byte
	err  *Error
}

func (s *source) bytes(n int) []byte {
	if s.err == nil && n > len(s.rest) {
		s.err = fail(Truncated, "ends within a member")
	}
	if s.err != nil {
		return make([]byte, min(n, 16))
	}
	out := s.rest[:n]
	s.rest = s.rest[n:]
	return out
}

func (s *source) byte() byte  { return s.bytes(1)[0] }
func (s *source) u32() uint32 { return binary.LittleEndian.Uint32(s.bytes(4)) }
func (s *source) u64() uint64 { return binary.LittleEndian.Uint64(s.bytes(8)) }

func (s *source) varint() uint64 {
	var v uint64
	for i := 0; s.err == nil; i++ {
		b := s.byte()
		if i == 9 {
			s.corrupt(true, "a number of 2^63 or more")
			break
		}
		v |= uint64(b&127) << (7 * i)
		if b < 128 {
			s.corrupt(b == 0 && i > 0, "a number longer than need be")
			break
		}
	}
	return v
}

func (s *source) corrupt(is bool, what string) {
	if is && s.err == nil {
		s.err = fail(Corrupt, "%s", what)
	}
}

var magic = []byte{0xB7, 0x70, 0x0D, 0x0A}

// parse returns all blocks of all members up to the first error.
func parse(file []byte) ([]block, *Error) {
	s := &source{rest: file}
	var all []block
	for first := true; first || len(s.rest) > 0; first = false {
		n := min(len(s.rest), len(magic))
		if !bytes.Equal(s.rest[:n], magic[:n]) {
			if first {
				return nil, fail(NotPith, "no magic")
			}
			return all, fail(Corrupt, "no member follows the member")
		}
		h := parseHeader(s)
		member := 0
		for s.err == nil {
			at := len(all) - member
			if len(s.rest) > 0 && s.rest[0]&7 == typeTrailer {
				parseTrailer(s, h, all[at:])
				break
			}
			b := parseBlock(s, h, member)
			if s.err != nil {
				break
			}
			all = append(all, b)
			member++
			if h.flags&flagSingle != 0 {
				break
			}
		}
		if s.err != nil {
			return all, s.err
		}
	}
	return all, nil
}

func parseHeader(s *source) *header {
	start := s.rest
	s.bytes(len(magic))
	version := s.byte()
	h := &header{flags: version & 15}
	s.corrupt(bits.OnesCount8(version>>4)%2 != 0, "parity of the version")
	if s.err == nil && version>>5 != 0 {
		s.err = fail(Unsupported, "version %d", version>>5)
	}
	if h.flags&flagExternal != 0 {
		copy(h.external[:], s.bytes(9))
	} else {
		h.model = s.varint()
	}
	h.numerics = s.varint()
	s.byte()
	if h.flags&flagDictionary != 0 {
		copy(h.dictionary[:], s.bytes(8))
	}
	if h.flags&flagForeign != 0 {
		s.bytes(int(s.byte()))
	}
	if s.err == nil {
		h.raw = start[:len(start)-len(s.rest)]
	}
	return h
}

func parseBlock(s *source, h *header, index int) block {
	start := s.rest
	kind := s.byte()
	b := block{header: h, kind: kind & 7, transformed: kind&8 != 0}
	s.corrupt(index >= 1<<24, "too many blocks")
	s.corrupt(b.transformed && b.kind < typeMixing, "transforms of a block that has none")
	length := s.varint()
	payload := length
	limit := uint64(64 << 20)
	if b.kind == typeNeural {
		limit = 4 << 20
	}
	if b.kind != typeStored {
		limit--
	}
	s.corrupt(length > limit, "too much content")
	if b.kind != typeStored {
		length++
		payload = s.varint()
		s.corrupt(payload >= length, "a payload not shorter than the content")
	}
	if b.kind == typeNeural {
		tokens := s.varint()
		s.corrupt(tokens >= length, "more tokens than bytes")
		shape := s.byte()
		b.tokens, b.streams, b.window = int(tokens)+1, 1<<(shape>>4), 128<<(shape&15)
		s.corrupt(b.streams > b.tokens, "more streams than tokens")
		s.corrupt(h.flags&flagExternal == 0 && h.model == 0, "a neural block without a model")
	}
	b.length = int(length)
	b.hash = s.u64()
	covered := start[:len(start)-len(s.rest)]
	b.check = s.u32()
	if s.err != nil {
		return b
	}
	b.payload = s.bytes(int(payload))
	if s.err != nil {
		return b
	}
	b.size = len(start) - len(s.rest)
	place := binary.LittleEndian.AppendUint32(nil, uint32(index))
	s.corrupt(crc32c(h.raw, place, covered, b.payload) != b.check, "check of a block")
	s.corrupt(b.length == 0 && h.flags&flagSingle == 0, "an empty block among others")
	if s.err == nil {
		switch {
		case h.flags&flagForeign != 0:
			s.err = fail(Unsupported, "results of a foreign engine")
		case b.kind > typeNeural:
			s.err = fail(Unsupported, "block type %d", b.kind)
		case kind>>4 != 0:
			s.err = fail(Unsupported, "transforms %02x", kind&0xF0)
		}
	}
	return b
}

// parseTrailer compares the trailer with the blocks of its member.
func parseTrailer(s *source, h *header, blocks []block) {
	start := s.rest
	s.corrupt(s.byte() != typeTrailer, "type of the trailer")
	s.corrupt(h.flags&flagSingle != 0 || len(blocks) < 2, "a trailer of less than two blocks")
	s.corrupt(s.varint() != uint64(len(blocks)), "number of blocks")
	total := 0
	for _, b := range blocks {
		s.corrupt(s.varint() != uint64(b.length), "length of a block")
		s.corrupt(s.varint() != uint64(b.size), "size of a block")
		s.corrupt(s.u32() != b.check, "check of a block in the trailer")
		total += b.length
	}
	s.corrupt(s.varint() != uint64(total), "bytes of content")
	covered := start[:len(start)-len(s.rest)]
	check := s.u32()
	s.corrupt(s.err == nil && crc32c(h.raw, covered) != check, "check of the trailer")
	size := s.u32()
	s.corrupt(s.err == nil && int(size) != len(start)-len(s.rest), "size of the trailer")
}
