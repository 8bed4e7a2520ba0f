package refdec

import "encoding/binary"

// parseTrailer compares the trailer with that which the blocks of its member make, byte by byte.
func parseTrailer(s *source, h *header, blocks []block) {
	s.corrupt(s.rest[0] != typeTrailer, "transforms of a trailer")
	s.corrupt(h.flags&flagSingle != 0 || len(blocks) < 2, "a trailer of less than two blocks")
	want := appendVarint([]byte{typeTrailer}, len(blocks))
	total := 0
	for _, b := range blocks {
		want = appendVarint(appendVarint(want, b.length), b.size)
		want = binary.LittleEndian.AppendUint32(want, b.check)
		total += b.length
	}
	want = appendVarint(want, total)
	want = binary.LittleEndian.AppendUint32(want, crc32c(h.raw, want))
	want = binary.LittleEndian.AppendUint32(want, uint32(len(want)+4))
	for _, b := range want {
		s.corrupt(s.byte() != b, "a trailer of other blocks")
	}
}

func appendVarint(b []byte, v int) []byte {
	for ; v >= 128; v >>= 7 {
		b = append(b, byte(v)|128)
	}
	return append(b, byte(v))
}
