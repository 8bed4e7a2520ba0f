package container

import "encoding/binary"

// maxVarint bounds the value of a varint so that it fits an int64.
const maxVarint = 1<<63 - 1

// AppendVarint appends v in its only valid encoding.
func AppendVarint(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }

// Varint reads a number from the start of b and returns its length, which is 0
// if b ends within the number and negative if it is not validly encoded.
func Varint(b []byte) (v uint64, n int) {
	v, n = binary.Uvarint(b)
	if n < 0 || n == 0 && len(b) >= binary.MaxVarintLen64 || v > maxVarint || n > 1 && b[n-1] == 0 {
		return 0, -1
	}
	return v, n
}
