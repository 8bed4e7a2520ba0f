package codec

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/pith-codec/pith/model/lm/kernel"
)

// Golden: it runs where the golden files do, on other architectures.
func TestGoldenSelfTest(t *testing.T) {
	start := time.Now()
	if err := mixingReady(); err != nil {
		t.Error(err)
	}
	if err := neuralReady(); err != nil {
		t.Error(err)
	}
	t.Logf("the first took %v", time.Since(start))
	for _, k := range kernel.Available() {
		if err := tryEngine(k); err != nil {
			t.Error(err)
		}
	}
}

// Kernels with faults are refused: one that is wrong by a unit in the last place, ones
// that are wrong once. (Wrong by so little once, they may still make the right file.)
func TestSelfTestFaults(t *testing.T) {
	good, err := kernel.Default()
	if err != nil {
		t.Fatal(err)
	}
	nudge := func(x *float32) { *x = math.Nextafter32(*x, 9) }
	for name, inject := range map[string]func(k *kernel.Impl, calls *int){
		"Add": func(k *kernel.Impl, calls *int) {
			k.Add = func(dst, src []float32) {
				good.Add(dst, src)
				*calls++
				for i := range dst {
					nudge(&dst[i])
				}
			}
		},
		"RMSNorm": func(k *kernel.Impl, calls *int) {
			k.RMSNorm = func(dst, src, weight []float32, dim int, eps float32) {
				good.RMSNorm(dst, src, weight, dim, eps)
				if *calls++; *calls == 3 {
					for i := range dst[:dim] {
						dst[i] = -dst[i]
					}
				}
			}
		},
		"SiLUMul": func(k *kernel.Impl, calls *int) {
			k.SiLUMul = func(dst, gate, up []float32) {
				good.SiLUMul(dst, gate, up)
				if *calls++; *calls == 2 {
					clear(dst)
				}
			}
		},
	} {
		k, calls := *good, 0
		inject(&k, &calls)
		err := tryEngine(&k)
		var refused *SelfTestError
		if calls == 0 {
			t.Errorf("%s was not called", name)
		}
		if !errors.As(err, &refused) {
			t.Errorf("%s: a fault was not seen: %v", name, err)
		}
	}
	if what := roundsWrong(1, 0x1p-126, 0x1p-1022); what != "" {
		t.Error(what)
	}
	// As where numbers below the smallest normal one are zero.
	for _, small := range []struct {
		a float32
		b float64
	}{{0, 0x1p-1022}, {0x1p-126, 0}} {
		if roundsWrong(1, small.a, small.b) != "small numbers become zero" {
			t.Errorf("%v was not seen", small)
		}
	}
	if roundsWrong(1+0x1p-23, 0x1p-126, 0x1p-1022) == "" {
		t.Error("another 1 was not seen")
	}
}
