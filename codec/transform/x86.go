package transform

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// Calls and jumps of x86 hold the distance to their target. Made the target itself,
// calls of one function look alike (Mahoney's paq8 and Pavlov's BCJ do the same).
// What counts are the 25 low bits of distances whose high byte is a mere sign.

// target reports whether code[i:i+4] may be the distance of a call or jump, E8, E9
// or 0F 80 to 0F 8F.
func target(code []byte, i int) bool {
	op := code[i-1]
	return (code[i+3] == 0 || code[i+3] == 0xFF) && (op&0xFE == 0xE8 || op&0xF0 == 0x80 && i > 1 && code[i-2] == 0x0F)
}

// shift adds a number to the 25 bits of the distance code[i:i+4].
func shift(code []byte, i int, by int32) {
	d := code[i : i+4]
	x := int32(binary.LittleEndian.Uint32(d)) + by
	binary.LittleEndian.PutUint32(d, uint32(x<<7>>7))
}

// absoluteTargets makes distances targets, from the end so that an earlier one is found
// as it was. It reports whether Zstandard finds the result smaller by a 256th.
func absoluteTargets(content []byte) (code []byte, ok bool) {
	if bytes.Count(content, []byte{0xE8})*256 < len(content) {
		return nil, false
	}
	code = bytes.Clone(content)
	for i := len(code) - 4; i > 0; i-- {
		if target(code, i) {
			shift(code, i, int32(i))
		}
	}
	before, after := zstdSize(content), zstdSize(code)
	return code, after < before-before/256
}

// relativeTargets undoes absoluteTargets.
func relativeTargets(code []byte) []byte {
	code = bytes.Clone(code)
	for i := 1; i+4 <= len(code); i++ {
		if target(code, i) {
			shift(code, i, -int32(i))
		}
	}
	return code
}

func zstdSize(content []byte) int {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		return 0
	}
	defer w.Close()
	return len(w.EncodeAll(content, nil))
}
