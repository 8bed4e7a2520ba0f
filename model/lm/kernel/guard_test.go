//go:build linux

package kernel

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded returns n elements between two pages that must not be touched: at
// the end of the memory, or at its start.
func guarded[T any](t *testing.T, n int, atEnd bool) []T {
	t.Helper()
	var zero T
	size := n * int(unsafe.Sizeof(zero))
	page := unix.Getpagesize()
	inner := (size + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, inner+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	for _, guard := range [][]byte{mem[:page], mem[page+inner:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	start := page
	if atEnd {
		start += inner - size
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[start])), n)
}

// Assembly must not touch a byte beside its operands: neither the race
// detector nor bounds checks would see it, but a page without access does.
func TestGuardPages(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		for _, end := range []bool{false, true} {
			floats := func(n int) []float32 { return guarded[float32](t, n, end) }
			for n := 1; n <= k.Tile; n++ {
				cols, rows := 64*(1+n%3), 16*(1+n%2)
				w := &Matrix{Rows: rows, Cols: cols, Data: guarded[byte](t, rows*cols, end), Scale: floats(rows)}
				b := cols / Block * n
				x := &Vectors{N: n, Cols: cols, Q: guarded[int8](t, b*Block, end), Scale: floats(b), Bias: guarded[int32](t, b, end)}
				k.Mul(floats(n*rows), rows, w, 0, rows/16, x, 0, n, nil)
				for i := range n {
					k.Quantize(x, i, floats(cols))
				}
				slots := 16 * n
				a, c, d := floats(slots), floats(slots), floats(slots)
				k.RMSNorm(a, c, d, slots, 1e-5)
				k.SiLUMul(a, c, d)
				k.Rotate(a, c, d)
				k.Add(a, c)
				k.Max(a)
				hi, lo := guarded[byte](t, slots*3, end), guarded[byte](t, slots*3, end)
				k.Softmax(hi[:slots], lo[:slots], a, c)
				k.Softmax(hi[2*slots:], lo[2*slots:], a, c)
				for heads := 1; heads <= 3; heads++ {
					for few := 4; few <= 16; few += 4 {
						n := slots - 16 + few
						k.Accumulate(floats(64*heads), hi[3*slots-heads*n:], lo[3*slots-heads*n:], n, guarded[int8](t, n*64, end), 256, n, heads)
					}
				}
				k.Exp(guarded[uint32](t, 32*n, end), guarded[uint32](t, n, end), floats(32*n), 0)
			}
		}
	})
}
