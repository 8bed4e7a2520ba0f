package kernel

import (
	"sync"

	"github.com/pith-codec/pith/internal/hugepage"
)

// A token's products read all weights once, and a processor fetches ahead within
// a page only. So matrices, most of them smaller than a huge page, are cut from
// regions that ask for huge pages: decoding of one stream gains a tenth.

const (
	region = 8 * hugepage.Size
	line   = 64
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
		rest.bytes = hugepage.Make(RoundUp(max(n, region), hugepage.Size))
	}
	b := rest.bytes[:n:n]
	rest.bytes = rest.bytes[min(RoundUp(n, line), len(rest.bytes)):]
	return b
}
