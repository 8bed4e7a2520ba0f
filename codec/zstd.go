package codec

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// encodeZstd returns content as one Zstandard frame (RFC 8878) without a
// checksum: blocks have their own. What it is depends on content, effort and
// dictionary alone.
func encodeZstd(content []byte, effort zstd.EncoderLevel, d *Dictionary) ([]byte, error) {
	o := []zstd.EOption{zstd.WithEncoderLevel(effort), zstd.WithEncoderCRC(false),
		zstd.WithSingleSegment(true), zstd.WithAllLitEntropyCompression(true), zstd.WithEncoderConcurrency(1)}
	if d != nil {
		o = append(o, zstd.WithEncoderDictRaw(0, d.data))
	}
	e, err := zstd.NewWriter(nil, o...)
	if err != nil {
		return nil, fmt.Errorf("codec: internal error: zstd: %w", err)
	}
	return e.EncodeAll(content, nil), nil
}

// decodeZstd returns the size bytes that payload stands for, and never
// allocates more than what they and a window of as much take.
func decodeZstd(payload []byte, size int, d *Dictionary) ([]byte, error) {
	limit := max(uint64(size), zstd.MinWindowSize)
	o := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(limit)}
	if d != nil {
		o = append(o, zstd.WithDecoderDictRaw(0, d.data))
	}
	r, err := zstd.NewReader(nil, o...)
	if err != nil {
		return nil, fmt.Errorf("codec: internal error: zstd: %w", err)
	}
	defer r.Close()
	content, err := r.DecodeAll(payload, nil)
	if err == nil && len(content) != size {
		err = fmt.Errorf("zstd: %d bytes instead of %d", len(content), size)
	}
	return content, err
}

// zstdMemory is an upper bound of what decoding a block of size bytes takes, those
// of a dictionary included.
func zstdMemory(size int) int64 { return 2*int64(size) + 4<<20 }

// leastSaving is the part of a block, one in so many bytes, that Zstandard must
// save for the slow ways to be tried. Where repetitions and skewed bytes give
// less, as in what is compressed already, they find next to nothing.
const leastSaving = 100

// smallTrial is the size up to which a block is tried in any case: that
// takes no time.
const smallTrial = 4 << 10

// incompressible reports whether content is not worth a slow trial.
func incompressible(content []byte, d *Dictionary) (bool, error) {
	if len(content) <= smallTrial {
		return false, nil
	}
	payload, err := encodeZstd(content, zstd.SpeedFastest, d)
	return len(payload) > len(content)-len(content)/leastSaving, err
}
