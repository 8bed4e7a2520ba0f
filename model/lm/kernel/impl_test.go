package kernel

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pith-codec/pith/internal/splitmix"
)

// eachImpl runs a test for every implementation but the generic one. One that
// the processor could run and that is missing is a failure, not a skip.
func eachImpl(t *testing.T, test func(t *testing.T, k *Impl)) {
	t.Helper()
	var names []string
	for _, k := range Available()[1:] {
		names = append(names, k.Name)
		t.Run(k.Name, func(t *testing.T) { test(t, k) })
	}
	if want := expected(); !slices.Equal(names, want) {
		t.Errorf("kernels are %v, this build and processor should have %v", names, want)
	}
	if names == nil {
		t.Skip("this processor or build has only the generic kernels")
	}
}

func TestAvailable(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		if got, err := Select(k.Name); err != nil || got != k {
			t.Errorf("selected %v, %v", got, err)
		}
		t.Setenv("PITH_KERNELS", k.Name)
		if got, err := Default(); err != nil || got != k {
			t.Errorf("with PITH_KERNELS the default is %v, %v", got, err)
		}
	})
	all := Available()
	if all[0] != &generic {
		t.Errorf("first is %s", all[0].Name)
	}
	if got, err := Select(""); err != nil || got != all[len(all)-1] {
		t.Errorf("fastest is %v, %v", got, err)
	}
	for _, bad := range []string{"avx", "GENERIC", " generic", "AMX", "other"} {
		if k, err := Select(bad); err == nil {
			t.Errorf("%q selected as %s", bad, k.Name)
		}
	}
}

// A fused or approximate instruction rounds differently from generic Go.
func TestNoInexactInstructions(t *testing.T) {
	files, err := filepath.Glob("*.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("assembly: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"FMADD", "FNMADD", "FMSUB", "FNMSUB", "RCP", "RSQRT", "VDPBF16", "VDPP", "FMLA", "FMLS", "FRECP", "FRSQRT"} {
			if strings.Contains(strings.ToUpper(string(text)), bad) {
				t.Errorf("%s has %s", file, bad)
			}
		}
	}
}

// random makes the operands of tests.
type random struct{ splitmix.Source }

func seed(n uint64) *random { return &random{splitmix.Source(n)} }

// unit returns a number in −1…1.
func (r *random) unit() float64 { return float64(r.Next()>>11)/(1<<52) - 1 }

// floats returns n numbers of very different sizes, a size for each 64: common
// ones, large ones, zeros, blocks too small to count, denormal ones.
func (r *random) floats(n int) []float32 {
	list := make([]float32, n)
	var scale float64
	for i := range list {
		if i%64 == 0 {
			scale = []float64{1, 1e-3, 1e5, 1e-35, 0, 1e-42, 30}[r.Below(7)]
		}
		list[i] = float32(r.unit() * scale)
	}
	return list
}

// logits returns n numbers as attention has them, some of them hidden.
func (r *random) logits(n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(r.unit() * 60)
		if r.Below(8) == 0 {
			list[i] = -1e30
		}
	}
	return list
}

func (r *random) int8s(n int) []int8 {
	list := make([]int8, n)
	for i := range list {
		list[i] = int8(r.Below(255) - 127)
	}
	return list
}

func (r *random) bytes(n int) []byte {
	list := make([]byte, n)
	for i := range list {
		list[i] = byte(r.Next())
	}
	return list
}

func bits(f float32) uint32 { return math.Float32bits(f) }

// equal fails unless got and want are the same, numbers to the last bit.
func equal[T byte | int8 | int32 | uint32 | float32](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i := range want {
		same := got[i] == want[i]
		if g, ok := any(got[i]).(float32); ok {
			same = bits(g) == bits(any(want[i]).(float32))
		}
		if !same {
			t.Fatalf("%s: element %d of %d is %v, want %v", what, i, len(want), got[i], want[i])
		}
	}
}

// Wrong shapes must panic in Go, not read past the end in assembly.
func TestShapesAreChecked(t *testing.T) {
	floats := func(n int) []float32 { return make([]float32, n) }
	eachImpl(t, func(t *testing.T, k *Impl) {
		w, x := NewMatrix(32, 128), NewVectors(2, 128)
		cut := &Vectors{N: 2, Cols: 128, Q: x.Q[:255], Scale: x.Scale, Bias: x.Bias}
		for name, f := range map[string]func(){
			"short dst":        func() { k.Mul(floats(63), 32, w, 0, 2, x, 0, 2, nil) },
			"groups":           func() { k.Mul(floats(640), 32, w, 0, 3, x, 0, 1, nil) },
			"negative group":   func() { k.Mul(floats(640), 32, w, -1, 2, x, 0, 1, nil) },
			"vectors":          func() { k.Mul(floats(640), 32, w, 0, 2, x, 1, 2, nil) },
			"negative vector":  func() { k.Mul(floats(640), 32, w, 0, 2, x, -1, 2, nil) },
			"columns":          func() { k.Mul(floats(640), 32, w, 0, 2, NewVectors(2, 64), 0, 2, nil) },
			"cut vectors":      func() { k.Mul(floats(640), 32, w, 0, 2, cut, 0, 2, nil) },
			"quantize short":   func() { k.Quantize(x, 0, floats(127)) },
			"quantize beyond":  func() { k.Quantize(x, 2, floats(128)) },
			"quantize cut":     func() { k.Quantize(cut, 1, floats(128)) },
			"norm weight":      func() { k.RMSNorm(floats(64), floats(64), floats(63), 64, 1e-5) },
			"norm dst":         func() { k.RMSNorm(floats(63), floats(64), floats(64), 64, 1e-5) },
			"norm length":      func() { k.RMSNorm(floats(72), floats(72), floats(72), 72, 1e-5) },
			"silu up":          func() { k.SiLUMul(floats(64), floats(64), floats(63)) },
			"silu length":      func() { k.SiLUMul(floats(65), floats(65), floats(65)) },
			"rotate":           func() { k.Rotate(floats(64), floats(64), floats(63)) },
			"rotate length":    func() { k.Rotate(floats(62), floats(62), floats(62)) },
			"add":              func() { k.Add(floats(63), floats(64)) },
			"add length":       func() { k.Add(floats(60), floats(60)) },
			"maximum length":   func() { k.Max(floats(15)) },
			"maximum of none":  func() { k.Max(nil) },
			"softmax planes":   func() { k.Softmax(make([]byte, 16), make([]byte, 15), floats(16), floats(16)) },
			"softmax scales":   func() { k.Softmax(make([]byte, 16), make([]byte, 16), floats(16), floats(15)) },
			"softmax length":   func() { k.Softmax(make([]byte, 20), make([]byte, 20), floats(20), floats(20)) },
			"values":           func() { k.Accumulate(floats(64), make([]byte, 8), make([]byte, 8), 8, make([]int8, 511), 256, 8, 1) },
			"weights":          func() { k.Accumulate(floats(128), make([]byte, 16), make([]byte, 15), 8, make([]int8, 512), 256, 8, 2) },
			"sums":             func() { k.Accumulate(floats(127), make([]byte, 16), make([]byte, 16), 8, make([]int8, 512), 256, 8, 2) },
			"slots":            func() { k.Accumulate(floats(64), make([]byte, 6), make([]byte, 6), 6, make([]int8, 512), 256, 6, 1) },
			"exponential sums": func() { k.Exp(make([]uint32, 64), make([]uint32, 1), floats(64), 0) },
			"exponentials":     func() { k.Exp(make([]uint32, 63), make([]uint32, 2), floats(64), 0) },
			"logits":           func() { k.Exp(make([]uint32, 48), make([]uint32, 2), floats(48), 0) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", name)
					}
				}()
				f()
			}()
		}
	})
}
