package refdec

import "encoding/binary"

// A source is what is left of a file. After the first error it yields zeros.
type source struct {
	rest []byte
	err  *Error
}

func (s *source) bytes(n int) []byte {
	if s.err == nil && uint(n) > uint(len(s.rest)) {
		s.err = fail(Truncated, "ends within a member")
	}
	if s.err != nil {
		return make([]byte, 8) // enough for each number
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
