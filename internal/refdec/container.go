package refdec

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
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
	if s.err == nil && version>>5 != 1 {
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
		f := s.bytes(int(s.byte()))
		s.corrupt(s.err == nil && !validFingerprint(string(f)), "fingerprint")
		s.corrupt(h.flags&flagExternal == 0 && h.model == 0, "a fingerprint without a model")
	}
	if s.err == nil {
		h.raw = start[:len(start)-len(s.rest)]
	}
	return h
}

// validFingerprint reports whether f is fields name=value, joined by semicolons, of which
// the first is called engine.
func validFingerprint(f string) bool {
	names := map[string]bool{}
	for i, field := range strings.Split(f, ";") {
		name, value, ok := strings.Cut(field, "=")
		if !ok || name == "" || names[name] || i == 0 && name != "engine" {
			return false
		}
		names[name] = true
		for _, c := range []byte(name) {
			if c < 'a' || c > 'z' {
				return false
			}
		}
		for _, c := range []byte(value) {
			if c < 0x20 || c > 0x7E {
				return false
			}
		}
	}
	return true
}

func parseBlock(s *source, h *header, index int) block {
	start := s.rest
	kind := s.byte()
	b := block{header: h, kind: kind & 7, transformed: kind&8 != 0}
	s.corrupt(index >= 1<<24, "too many blocks")
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
	s.corrupt(b.kind == typeStored && length == 0 && h.flags&flagSingle == 0, "an empty block among others")
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
	if s.err == nil {
		switch {
		case b.kind > typeNeural:
			s.err = fail(Unsupported, "block type %d", b.kind)
		case kind>>4 != 0:
			s.err = fail(Unsupported, "transforms %02x", kind&0xF0)
		case b.transformed && b.kind < typeMixing:
			s.err = fail(Corrupt, "transforms of a block that has none")
		case b.kind == typeNeural && h.flags&flagExternal == 0 && h.model == 0:
			s.err = fail(Corrupt, "a neural block without a model")
		}
	}
	return b
}
