package codec

import (
	"bytes"
	"slices"

	"github.com/pith-codec/pith/codec/transform"
	"github.com/pith-codec/pith/container"
)

// A buffer is cut into blocks where its content changes, as in an archive of texts
// and programs: each kind is coded in another way, and what is compressed already
// costs no time.

// sort is what a part of a buffer looks like.
type sort byte

const (
	binaryData sort = iota
	textData
	packedData // compressed or encrypted already
)

// sample is the number of bytes that are looked at together.
const sample = 8 << 10

// least[s] is the number of samples that a piece of its own must have: fewer gain less
// than context mixing loses by starting anew.
var least = [...]int{binaryData: 8, textData: 4, packedData: 16}

// piece is a run of samples of a sort.
type piece struct {
	sort   sort
	length int // bytes
}

// cut returns the pieces of a buffer that is to be coded at the level, each at most
// as long as a block of its sort may be.
func (l level) cut(buf []byte) []piece {
	if l.zstd {
		return []piece{{binaryData, len(buf)}}
	}
	var all []piece
	for _, p := range join(l.samples(buf)) {
		most := l.block
		if p.sort == textData {
			most = min(most, l.mostText())
		}
		n := (p.length + most - 1) / most
		for i := range n {
			all = append(all, piece{p.sort, p.length*(i+1)/n - p.length*i/n})
		}
	}
	return all
}

// mostText returns the most bytes of a block of text.
func (l level) mostText() int {
	if l.text != 0 {
		return l.text
	}
	return container.MaxNeural
}

// samples returns the sorts of the buffer's samples, equal neighbours as one piece.
func (l level) samples(buf []byte) (runs []piece) {
	for part := range slices.Chunk(buf, sample) {
		s := binaryData
		switch {
		case len(part) == sample && noisy(part):
			s = packedData
		case l.window > 0 && readable(part):
			s = textData
		}
		if n := len(runs); n > 0 && runs[n-1].sort == s {
			runs[n-1].length += len(part)
		} else {
			runs = append(runs, piece{s, len(part)})
		}
	}
	return runs
}

// join lets pieces that are too short become part of a neighbour, the shortest first.
func join(runs []piece) []piece {
	for size := 1; size < slices.Max(least[:]); size++ {
		joined := runs[:0:0]
		for i, p := range runs {
			if n := len(joined); p.length <= size*sample && size < least[p.sort] && len(runs) > 1 {
				// The longer neighbour takes it.
				if n > 0 && (i+1 == len(runs) || joined[n-1].length >= runs[i+1].length) {
					p.sort = joined[n-1].sort
				} else {
					p.sort = runs[i+1].sort
				}
			}
			if n := len(joined); n > 0 && joined[n-1].sort == p.sort {
				joined[n-1].length += p.length
			} else {
				joined = append(joined, p)
			}
		}
		runs = joined
	}
	return runs
}

// readable reports whether a sample looks like text in any character set. What is
// mostly zeros does not: bitmaps have long runs of them.
func readable(part []byte) bool {
	changed, _ := transform.Text(part)
	return 2*bytes.Count(changed, []byte{0}) < len(changed) && likelyText(changed)
}

// noisy reports whether the bytes of a sample are nearly as evenly spread as
// random ones: those of n bytes have n + n²/256 pairs of equal bytes, counting
// order and each byte with itself, on the average.
func noisy(part []byte) bool {
	var count [256]int
	for _, c := range part {
		count[c]++
	}
	pairs, n := 0, len(part)
	for _, k := range count {
		pairs += k * k
	}
	return 8*(pairs-n) < 9*(n*n/256)
}
