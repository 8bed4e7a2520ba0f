package codec

import (
	"math/bits"

	"github.com/pith-codec/pith/model/lm"
	"github.com/pith-codec/pith/model/paq"
)

// Numerics is the version of the arithmetic that decides what blocks
// decode to. It changes whenever the same block would decode differently.
const Numerics = 5

// Levels.
const (
	MinLevel     = 1
	DefaultLevel = 6
	MaxLevel     = 9

	// MinNeuralLevel is the first level with a language model.
	MinNeuralLevel = 5
)

// level is what a number from 1 to 9 stands for.
type level struct {
	window  int         // positions the language model attends to; 0 is without it
	shorter int         // a window to try where the model says little; 0 is none
	stream  int         // least tokens of a stream, if there are several
	streams int         // most streams of a block
	block   int         // most bytes of a block
	text    int         // most bytes of a block of text; 0 is container.MaxNeural
	zstd    bool        // Zstandard in place of context mixing
	profile paq.Profile // of context mixing
	log     int         // most slots of context mixing, as a power of two; 0 is paq.MaxLog
	prefer  bool        // neural blocks even where the context mixer is better: for tests

	dictionary *Dictionary // nil if there is none
}

var levels = [MaxLevel + 1]level{
	1: {zstd: true, block: 8 << 20},
	2: {profile: paq.Fast, log: 18, block: 8 << 20},
	3: {profile: paq.Strong, log: 20, block: 16 << 20},
	4: {profile: paq.Strong, log: 22, block: 64 << 20},
	5: {profile: paq.Strong, log: 22, window: 512, stream: 8192, streams: 32, block: 64 << 20},
	6: {profile: paq.Strong, log: 22, window: 1024, stream: 8192, streams: 32, block: 64 << 20},
	7: {profile: paq.Strong, log: 22, window: 2048, stream: 16384, streams: 16, block: 64 << 20},
	8: {profile: paq.Strong, log: 22, window: 2048, stream: 32768, streams: 8, block: 64 << 20},
	9: {profile: paq.Strong, log: 22, window: 8192, shorter: 2048, stream: 131072, streams: 4, block: 64 << 20},
}

// mixing returns how a block of the given size is coded by context mixing.
func (l level) mixing(size int) mixing {
	most := l.log
	if most == 0 {
		most = paq.MaxLog
	}
	return mixing{profile: l.profile, log: paq.LogFor(size+l.dictionary.size(), most)}
}

// shape returns how a block of the given tokens is laid out: as many streams,
// a power of two, as the level allows.
func (l level) shape(tokens int) shape {
	n := max(1, min(tokens/l.stream, l.streams))
	return shape{streams: 1 << (bits.Len(uint(n)) - 1), window: l.window}
}

// besides is what the mixer's tables, buffers of the engine and the runtime take.
const besides = int64(96 << 20)

// memory returns an upper bound of what decoding a neural block takes, with a
// dictionary of primed bytes.
func (m *Model) memory(s shape, size, primed int) int64 {
	if m.backend != nil {
		return m.backend.Memory(s.streams, s.window) + int64(8*size) + besides
	}
	return neuralMemory(m.lm.Config(), m.lm.Leaves(), s, size, primed)
}

// neuralMemory is memory for a model that need not be loaded.
func neuralMemory(c lm.Config, leaves int, s shape, size, primed int) int64 {
	fixed := besides
	if primed > 0 {
		fixed += 48<<20 + c.StreamBytes(s.window, prefill) + 24*int64(primed)
	}
	return c.Bytes(leaves) + int64(s.streams)*(c.StreamBytes(s.window, prefill)+c.WeightsBytes(leaves)) + int64(8*size) + fixed
}
