package refdec

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

func crc32c(parts ...[]byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	var crc uint32
	for _, p := range parts {
		crc = crc32.Update(crc, table, p)
	}
	return crc
}

const (
	prime1 = 0x9E3779B185EBCA87
	prime2 = 0xC2B2AE3D27D4EB4F
	prime3 = 0x165667B19E3779F9
	prime4 = 0x85EBCA77C2B2AE63
	prime5 = 0x27D4EB2F165667C5
)

func xxRound(acc, lane uint64) uint64 {
	return bits.RotateLeft64(acc+lane*prime2, 31) * prime1
}

// xxh64 is XXH64 with seed 0, after the specification of xxHash.
func xxh64(data []byte) uint64 {
	n := uint64(len(data))
	h := uint64(prime5)
	if len(data) >= 32 {
		var p1, p2 uint64 = prime1, prime2
		acc := [4]uint64{p1 + p2, p2, 0, -p1}
		for ; len(data) >= 32; data = data[32:] {
			for i := range acc {
				acc[i] = xxRound(acc[i], binary.LittleEndian.Uint64(data[8*i:]))
			}
		}
		h = bits.RotateLeft64(acc[0], 1) + bits.RotateLeft64(acc[1], 7) + bits.RotateLeft64(acc[2], 12) + bits.RotateLeft64(acc[3], 18)
		for _, a := range acc {
			h = (h^xxRound(0, a))*prime1 + prime4
		}
	}
	h += n
	for ; len(data) >= 8; data = data[8:] {
		h = bits.RotateLeft64(h^xxRound(0, binary.LittleEndian.Uint64(data)), 27)*prime1 + prime4
	}
	if len(data) >= 4 {
		h = bits.RotateLeft64(h^uint64(binary.LittleEndian.Uint32(data))*prime1, 23)*prime2 + prime3
		data = data[4:]
	}
	for _, b := range data {
		h = bits.RotateLeft64(h^uint64(b)*prime5, 11) * prime1
	}
	h = (h ^ h>>33) * prime2
	h = (h ^ h>>29) * prime3
	return h ^ h>>32
}
