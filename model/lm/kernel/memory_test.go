package kernel

import (
	"sync"
	"testing"
	"unsafe"
)

// Memory must be zero, begin at a cache line, and belong to one caller alone.
func TestAllocate(t *testing.T) {
	sizes := []int{1, 63, 64, 65, 4096, 1<<20 + 1, 2<<20 - 1, 2 << 20, 16 << 20, 16<<20 + 1}
	var mu sync.Mutex
	var wait sync.WaitGroup
	var all [][]byte
	for range 4 {
		wait.Go(func() {
			for _, n := range sizes {
				b := allocate(n)
				if len(b) != n {
					t.Errorf("%d bytes: length %d", n, len(b))
				}
				for i := 0; i < n; i += 1 + n/64 {
					if b[i] != 0 {
						t.Errorf("%d bytes: byte %d is %d", n, i, b[i])
					}
					b[i] = 255
				}
				if at := address(b); n >= 64 && at%64 != 0 {
					t.Errorf("%d bytes begin at %#x", n, at)
				}
				mu.Lock()
				all = append(all, b)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	for i, a := range all {
		for _, b := range all[:i] {
			if address(a) < address(b)+uintptr(cap(b)) && address(b) < address(a)+uintptr(cap(a)) {
				t.Errorf("%d bytes at %#x overlap %d at %#x", cap(a), address(a), cap(b), address(b))
			}
		}
	}
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(&b[0])) }
