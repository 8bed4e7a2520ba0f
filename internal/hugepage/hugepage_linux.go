// Package hugepage allocates memory that is read at random, or from end to end, in
// pages large enough that the processor seldom has to look up an address.
package hugepage

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Size is that of a huge page on most processors.
const Size = 2 << 20

// Make returns n zeroed bytes that begin at a cache line. From Size on they ask for
// huge pages, and begin at one.
func Make(n int) []byte {
	if n < Size {
		return make([]byte, n)
	}
	whole := (n + Size - 1) / Size * Size
	b := make([]byte, whole+Size)
	past := int(uintptr(unsafe.Pointer(&b[0])) % Size)
	b = b[Size-past : len(b)-past]
	// Only speed depends on it, so where it fails nothing is lost. The last part of a page
	// does without: it would take all of one.
	_ = unix.Madvise(b[:n/Size*Size], unix.MADV_HUGEPAGE)
	return b[:n:n]
}
