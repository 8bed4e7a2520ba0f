package paq

import (
	"unsafe"

	"github.com/pith-codec/pith/internal/prefetch"
)

// slot holds the bit histories of a context for half a byte: history i ≥ 1 is that of the
// bits that i is behind a leading one. Slot[0] is a check.
type slot [16]state

// line is four slots, in one line of the cache. A context has its slot in any of them.
type line [4]slot

// slots is a hash table of lines.
type slots []line

// fetch returns where the contexts with the given hashes belong, and has the lines
// fetched.
func (s slots) fetch(lines []*line, hashes []uint32) {
	for i, h := range hashes {
		lines[i] = &s[h&uint32(len(s)-1)]
	}
	prefetch.Lines(unsafe.Slice((*unsafe.Pointer)(unsafe.Pointer(unsafe.SliceData(lines))), len(lines)))
}

// find returns the slot of the context with the given check. One that has none takes
// that which was used least.
func (l *line) find(check state) *slot {
	least := &l[0]
	for i := range l {
		s := &l[i]
		if s[0] == check {
			return s
		}
		if s[1] < least[1] {
			least = s
		}
	}
	*least = slot{check}
	return least
}

func hash2(a, b uint32) uint32 {
	h := a*0x2C1B3C6D + b*0x297A2D39 + 0x7FEB352D
	h = (h ^ h>>15) * 0x846CA68B
	return h ^ h>>13
}
