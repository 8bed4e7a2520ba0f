package container

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/cespare/xxhash/v2"
)

// Type says how a block's content is coded.
type Type byte

// The block types.
const (
	trailerType Type = 0
	Stored      Type = 1
	Zstd        Type = 2
	Mixing      Type = 3
	Neural      Type = 4
)

const (
	typeMask    = 7
	transformed = 8 // the content was transformed, as the payload says
)

func (t Type) String() string {
	switch t {
	case Stored:
		return "stored"
	case Zstd:
		return "zstd"
	case Mixing:
		return "mixing"
	case Neural:
		return "neural"
	}
	return fmt.Sprintf("type %d", byte(t))
}

// Limits of the content of one block.
const (
	MaxContent = 64 << 20
	MaxNeural  = 4 << 20
)

// MaxBlocks bounds the blocks of a member, so that a trailer's size fits its
// field.
const MaxBlocks = 1 << 24

// Bounds of a neural block's shape.
const (
	MaxStreams = 1 << 15
	MinWindow  = 1 << 7
	MaxWindow  = 1 << 22
)

// Block is a piece of content.
type Block struct {
	Type        Type
	Transformed bool // the payload begins with how; neural and mixing only
	Length      int  // bytes of content
	Tokens      int  // neural only
	Streams     int  // a power of two; neural only
	Window      int  // a power of two; neural only
	Hash        uint64
	Payload     []byte // the content itself if stored
	Offset      int64  // where the block begins in the file; set by Reader
}

// Hash returns what a block's Hash field must be for content.
func Hash(content []byte) uint64 { return xxhash.Sum64(content) }

// appendHead appends the block's encoding up to and with the hash.
func (b *Block) appendHead(dst []byte) []byte {
	kind := byte(b.Type)
	if b.Transformed {
		kind |= transformed
	}
	dst = append(dst, kind)
	if b.Type == Stored {
		dst = AppendVarint(dst, uint64(b.Length))
	} else {
		dst = AppendVarint(AppendVarint(dst, uint64(b.Length-1)), uint64(len(b.Payload)))
	}
	if b.Type == Neural {
		dst = AppendVarint(dst, uint64(b.Tokens-1))
		dst = append(dst, log2(b.Streams)<<4|(log2(b.Window)-7))
	}
	return binary.LittleEndian.AppendUint64(dst, b.Hash)
}

// log2 returns the logarithm of a power of two.
func log2(n int) (e byte) {
	for n > 1 {
		n >>= 1
		e++
	}
	return e
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// check returns the CRC32C of the byte strings joined.
func check(parts ...[]byte) uint32 {
	var crc uint32
	for _, p := range parts {
		crc = crc32.Update(crc, castagnoli, p)
	}
	return crc
}

// checkBlock returns a block's check: header is its member's, head its own
// encoding up to the check.
func checkBlock(header []byte, index int, head, payload []byte) uint32 {
	return check(header, binary.LittleEndian.AppendUint32(nil, uint32(index)), head, payload)
}

// entry is what a trailer says of a block.
type entry struct {
	content int64
	stored  int64 // bytes in the file
	check   uint32
}

// appendTrailer appends the trailer of a member.
func appendTrailer(dst, header []byte, blocks []entry) []byte {
	start := len(dst)
	dst = AppendVarint(append(dst, byte(trailerType)), uint64(len(blocks)))
	total := int64(0)
	for _, b := range blocks {
		dst = AppendVarint(AppendVarint(dst, uint64(b.content)), uint64(b.stored))
		dst = binary.LittleEndian.AppendUint32(dst, b.check)
		total += b.content
	}
	dst = AppendVarint(dst, uint64(total))
	dst = binary.LittleEndian.AppendUint32(dst, check(header, dst[start:]))
	return binary.LittleEndian.AppendUint32(dst, uint32(len(dst)-start+4))
}
