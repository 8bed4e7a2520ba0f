//go:build (amd64 || arm64) && !purego

package kernel

import (
	"testing"
	"time"
)

// A goroutine in assembly cannot be stopped, not even by the garbage collector:
// no call may take a millisecond, however large its operands.
func TestCallsAreShort(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := seed(1)
		const vocabulary = 1 << 18
		slots, columns := r.logits(MaxSlots), r.int8s(MaxSlots*Block)
		hi, lo := r.bytes(3*MaxSlots), r.bytes(3*MaxSlots)
		logits, f, sums := r.logits(vocabulary), make([]uint32, vocabulary), make([]uint32, vocabulary/32)
		w, x := problem(r, callBytes/1536, 1536, k.Tile)
		dst := make([]float32, k.Tile*w.Rows)
		for name, call := range map[string]func(){
			"Mul":        func() { k.Mul(dst, w.Rows, w, 0, w.Rows/Lanes, x, 0, k.Tile, nil) },
			"Softmax":    func() { k.Softmax(hi[:MaxSlots], lo[:MaxSlots], slots, slots) },
			"Accumulate": func() { k.Accumulate(dst, hi, lo, MaxSlots, columns, 4*Block, MaxSlots, 1) },
			"Exp":        func() { k.Exp(f, sums, logits, 60) },
			"Max":        func() { k.Max(logits) },
			"SiLUMul":    func() { k.SiLUMul(logits, logits, logits) },
		} {
			least := time.Hour // of several: others use the processor too
			for range 20 {
				start := time.Now()
				call()
				least = min(least, time.Since(start))
			}
			if least > time.Millisecond {
				t.Errorf("%s takes %v", name, least)
			}
			t.Log(name, least)
		}
	})
}
