package codec

import "math/bits"

// Numerics is the version of the arithmetic that decides what neural blocks
// decode to. It changes whenever the same block would decode differently.
const Numerics = 1

// Levels.
const (
	MinLevel     = 1
	DefaultLevel = 6
	MaxLevel     = 9
)

// level is what a number from 1 to 9 stands for.
type level struct {
	window  int  // positions the language model attends to; 0 is without it
	stream  int  // least tokens of a stream, if there are several
	streams int  // most streams of a block
	block   int  // bytes of a block
	prefer  bool // neural blocks even where the context mixer is better: for tests
}

var levels = [MaxLevel + 1]level{
	1: {block: 1 << 20},
	2: {block: 2 << 20},
	3: {block: 4 << 20},
	4: {block: 4 << 20},
	5: {window: 512, stream: 8192, streams: 32, block: 4 << 20},
	6: {window: 1024, stream: 8192, streams: 32, block: 4 << 20},
	7: {window: 2048, stream: 16384, streams: 16, block: 4 << 20},
	8: {window: 2048, stream: 32768, streams: 8, block: 4 << 20},
	9: {window: 8192, stream: 131072, streams: 4, block: 4 << 20},
}

// shape returns how a block of the given tokens is laid out: as many streams,
// a power of two, as the level allows.
func (l level) shape(tokens int) shape {
	n := max(1, min(tokens/l.stream, l.streams))
	return shape{streams: 1 << (bits.Len(uint(n)) - 1), window: l.window}
}

// memory returns an upper bound of what decoding a neural block takes.
func (m *Model) memory(s shape, size int) int64 {
	const fixed = 96 << 20 // the mixer's tables, buffers of the engine and the runtime
	return m.lm.Bytes() + int64(s.streams)*(m.lm.StreamBytes(s.window, 1)+m.lm.WeightsBytes()) + int64(4*size) + fixed
}

// mixingMemory is an upper bound of what decoding blocks of other types takes.
const mixingMemory = 64 << 20
