package codec

import (
	"fmt"
	"runtime"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/paq"
)

// MinBlockSize and MaxBlockSize bound EncoderOptions.BlockSize.
const (
	MinBlockSize = 16 << 10
	MaxBlockSize = container.MaxContent
)

// ForeignBlock is the most bytes of a block of text that a Backend codes, if
// EncoderOptions does not say otherwise.
const ForeignBlock = 256 << 10

// room returns a *LimitError if a block takes more memory than the decoder may, else
// makes room for it.
func (d *Decoder) room(need int64) error {
	if need > d.o.Memory {
		return &LimitError{need, d.o.Memory}
	}
	collect(need)
	return nil
}

// collect frees what earlier blocks have left, before one that takes so many bytes of
// memory. By itself the collector lets what is left grow to as much as is in use, and
// files state what restoring takes without that.
func collect(need int64) {
	const little = 8 << 20
	if need > little {
		runtime.GC()
	}
}

// limited returns the level with the sizes that the options ask for.
func (l level) limited(o EncoderOptions) (level, error) {
	if o.BlockSize != 0 && (o.BlockSize < MinBlockSize || o.BlockSize > MaxBlockSize) {
		return l, fmt.Errorf("codec: blocks of %d bytes: want %d to %d", o.BlockSize, MinBlockSize, MaxBlockSize)
	}
	if o.BlockSize != 0 {
		l.block = o.BlockSize
	} else if o.Foreign {
		l.text = ForeignBlock
	}
	l.dictionary = o.Dictionary
	if o.Memory == 0 {
		return l, nil
	}
	for l.plain() > o.Memory {
		switch {
		// Tables of a slot for four bytes still hold what recurs.
		case !l.zstd && l.mixing(l.block).log > max(paq.MinLog, paq.LogFor(l.block+l.dictionary.size(), paq.MaxLog)-4):
			l.log = l.mixing(l.block).log - 1
		case l.block > MinBlockSize:
			l.block = max(l.block/2, MinBlockSize)
		default:
			return l, &LimitError{l.plain(), o.Memory}
		}
	}
	return l, nil
}

// plain returns what decoding a block takes that is not neural.
func (l level) plain() int64 {
	if l.zstd {
		return zstdMemory(l.block + l.dictionary.size())
	}
	return l.mixing(l.block).memory(l.block, l.dictionary.size())
}

// within returns the level with as many streams and as long a window as decode in
// limit bytes; 0 is without a limit.
func (l level) within(limit int64, m *Model) (level, error) {
	need := func() int64 {
		return m.memory(shape{l.streams, l.window}, min(l.block, l.mostText()), l.dictionary.size())
	}
	for limit > 0 && need() > limit {
		switch {
		case l.streams > 1:
			l.streams /= 2
		case l.window > container.MinWindow:
			l.window /= 2
		default:
			return l, &LimitError{need(), limit}
		}
	}
	return l, nil
}
