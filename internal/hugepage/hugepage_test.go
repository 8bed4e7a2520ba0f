package hugepage

import (
	"testing"
	"unsafe"
)

func TestMake(t *testing.T) {
	for _, n := range []int{0, 1, Size - 1, Size, Size + 1, 3*Size + 5} {
		b := Make(n)
		if len(b) != n || cap(b) < n {
			t.Fatalf("%d bytes asked for, %d of %d made", n, len(b), cap(b))
		}
		for i := range b {
			if b[i] != 0 {
				t.Fatalf("byte %d of %d is %d", i, n, b[i])
			}
			b[i] = 255 // all of it can be written
		}
		if n >= 1<<16 && uintptr(unsafe.Pointer(&b[0]))%64 != 0 {
			t.Errorf("%d bytes do not begin at a cache line", n)
		}
	}
}

func TestOf(t *testing.T) {
	type pair struct{ a, b uint32 }
	for _, n := range []int{0, 1, Size/8 - 1, Size / 8, Size/8 + 1} {
		list := Of[pair](n)
		if len(list) != n {
			t.Fatalf("%d asked for, %d made", n, len(list))
		}
		for i := range list {
			if list[i] != (pair{}) {
				t.Fatalf("%d of %d is %v", i, n, list[i])
			}
			list[i] = pair{1, 2} // all of it can be written
		}
	}
}
