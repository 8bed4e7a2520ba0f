package kernel

import (
	"math"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pith-codec/pith/internal/splitmix"
	"golang.org/x/sys/cpu"
)

// floats returns numbers of very different sizes, with runs of zeros and of
// numbers too small to count.
func randomFloats(r *splitmix.Source, n int) []float32 {
	list := make([]float32, n)
	scale := 1.0
	for i := range list {
		if i%64 == 0 {
			scale = []float64{1, 1e-3, 1e5, 1e-35, 0, 1e-42, 30}[r.Below(7)]
		}
		list[i] = float32((float64(r.Next()>>11)/(1<<52) - 1) * scale)
	}
	return list
}

// eachImpl runs a test for every implementation but the generic one.
func eachImpl(t *testing.T, test func(t *testing.T, k *Impl)) {
	t.Helper()
	tried := 0
	for _, k := range Available()[1:] {
		t.Run(k.Name, func(t *testing.T) { test(t, k) })
		tried++
	}
	if tried == 0 {
		t.Skip("this machine or build has only the generic kernels")
	}
}

// A processor's features must be made use of, or the tests compare nothing.
func TestAvailable(t *testing.T) {
	var names []string
	for _, k := range Available() {
		names = append(names, k.Name)
	}
	if names[0] != "generic" {
		t.Errorf("first of %v is not generic", names)
	}
	if native() != nil && cpu.X86.HasAVX2 && !slices.Contains(names, "avx2") {
		t.Errorf("AVX2 is there, kernels are %v", names)
	}
	if native() != nil && cpu.X86.HasAVX512VNNI && !slices.Contains(names, "avx512vnni") {
		t.Errorf("AVX-512 VNNI is there, kernels are %v", names)
	}
	for _, name := range names {
		if k, err := Select(name); err != nil || k.Name != name {
			t.Errorf("%s selected as %v, %v", name, k, err)
		}
	}
	if k, err := Select(""); err != nil || k.Name != names[len(names)-1] {
		t.Errorf("fastest is %v, %v", k, err)
	}
	for _, bad := range []string{"neon2", "GENERIC", "amx"} {
		if k, err := Select(bad); err == nil {
			t.Errorf("%q selected as %s", bad, k.Name)
		}
	}
}

func TestNoFusedInstructions(t *testing.T) {
	text, err := os.ReadFile("kernel_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"VFMADD", "VFNMADD", "VFMSUB", "VRCP", "VRSQRT", "VDPBF16"} {
		if strings.Contains(string(text), bad) {
			t.Errorf("assembly has %s", bad)
		}
	}
}

// problem is a random product.
func problem(r *splitmix.Source, rows, cols, n int) (*Matrix, *Vectors) {
	w, x := NewMatrix(rows, cols), NewVectors(n, cols)
	values := make([]int8, cols)
	for i := range rows {
		for j := range values {
			values[j] = int8(r.Below(255) - 127)
			if i%3 == 0 {
				values[j] = int8(127 - 254*r.Below(2))
			}
		}
		w.SetRow(i, float32(r.Below(1000)+1)/1e5, values)
	}
	source := randomFloats(r, x.Cols)
	for i := range n {
		generic.Quantize(x, i, source)
		if i%2 == 1 {
			for b := range x.Cols / Block {
				sum := int32(0)
				for j := range Block {
					q := int8(127 - 254*r.Below(2))
					x.Q[(b*x.N+i)*Block+j] = q
					sum += int32(q)
				}
				x.Bias[b*x.N+i] = -128 * sum
			}
		}
		source = randomFloats(r, x.Cols)
	}
	return w, x
}

func TestMul(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := splitmix.Source(1)
		for _, shape := range [][2]int{{16, 64}, {32, 128}, {48, 576}, {160, 64}, {16, 1536}, {64, 320}} {
			w, x := problem(&r, shape[0], shape[1], 14)
			for n := 1; n <= MaxTile; n++ {
				for _, first := range []int{0, 1, 14 - n} {
					if first+n > 14 {
						continue
					}
					groups := shape[0] / Lanes
					g0 := r.Below(groups)
					ldd := shape[0] + 5
					want, got := make([]float32, n*ldd), make([]float32, n*ldd)
					generic.Mul(want, ldd, w, g0, groups, x, first, n)
					k.Mul(got, ldd, w, g0, groups, x, first, n)
					equal(t, got, want)
				}
			}
		}
	})
}

// The generic product, too, must be right: compared with big integers.
func TestMulIsProduct(t *testing.T) {
	r := splitmix.Source(2)
	w, x := problem(&r, 32, 192, 3)
	dst := make([]float32, 3*32)
	generic.Mul(dst, 32, w, 0, 2, x, 0, 3)
	for i := range 3 {
		for row := range 32 {
			want := new(big.Float)
			size := 0.0
			for b := range 3 {
				dot := 0
				for c := range Block {
					col := b*Block + c
					v := int(w.Data[row/16*16*192+col/4*64+row%16*4+col%4]) - 128
					dot += v * int(x.Q[(b*x.N+i)*Block+c])
				}
				term := float64(dot) * float64(x.Scale[b*x.N+i])
				size += math.Abs(term)
				want.Add(want, big.NewFloat(term))
			}
			exact, _ := want.Float64()
			exact *= float64(w.Scale[row])
			if d := math.Abs(float64(dst[i*32+row]) - exact); d > 1e-6*size*float64(w.Scale[row]) {
				t.Errorf("vector %d, row %d: %g, want %g", i, row, dst[i*32+row], exact)
			}
		}
	}
}

func equal[T comparable](t *testing.T, got, want []T) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("element %d of %d is %v, want %v", i, len(want), got[i], want[i])
		}
	}
}

func TestQuantize(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := splitmix.Source(3)
		for n := range 300 {
			cols := 64 * (1 + n%5)
			src := randomFloats(&r, cols)
			want, got := NewVectors(3, cols), NewVectors(3, cols)
			generic.Quantize(want, n%3, src)
			k.Quantize(got, n%3, src)
			equal(t, got.Q, want.Q)
			equal(t, got.Scale, want.Scale)
			equal(t, got.Bias, want.Bias)
			if slices.Contains(got.Q, -128) {
				t.Fatal("−128 was made")
			}
		}
	})
}

func TestElementwise(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := splitmix.Source(4)
		for n := 64; n <= 1600; n += 64 {
			a, b, c := randomFloats(&r, n), randomFloats(&r, n), randomFloats(&r, n)
			compare := func(f func(k *Impl, dst []float32)) {
				t.Helper()
				want, got := slices.Clone(a), slices.Clone(a)
				f(&generic, want)
				f(k, got)
				equal(t, got, want)
			}
			compare(func(k *Impl, dst []float32) { k.RMSNorm(dst, dst, b, n-7, 1e-5) })
			compare(func(k *Impl, dst []float32) { k.SiLUMul(dst, dst, b) })
			compare(func(k *Impl, dst []float32) { k.Rotate(dst, b, c) })
			compare(func(k *Impl, dst []float32) { k.Add(dst, b) })
			if got, want := k.Max(a), generic.Max(a); got != want {
				t.Fatalf("maximum %v, want %v", got, want)
			}
		}
	})
}

func TestSoftmax(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := splitmix.Source(5)
		for n := 16; n <= 1200; n += 16 {
			z, vs := randomFloats(&r, n), randomFloats(&r, n)
			for i := range z {
				vs[i] = float32(math.Abs(float64(vs[i])))
				z[i] = min(z[i], 100)
				if r.Below(4) == 0 {
					z[i] = -1e30
				}
			}
			z2 := slices.Clone(z)
			hi, lo, hi2, lo2 := make([]byte, n), make([]byte, n), make([]byte, n), make([]byte, n)
			den, top := generic.Softmax(hi, lo, z, vs)
			den2, top2 := k.Softmax(hi2, lo2, z2, vs)
			if den != den2 || top != top2 {
				t.Fatalf("%d slots: %d and %g, want %d and %g", n, den2, top2, den, top)
			}
			equal(t, hi2, hi)
			equal(t, lo2, lo)
		}
	})
}

// The generic softmax and exp2 must be accurate: against float64.
func TestSoftmaxIsSoftmax(t *testing.T) {
	z := []float32{1, 2, 3, -4, 0.5, 2.9, -1e30, 3, 1, 1, 1, 1, -20, 2, 2, 2}
	vs := make([]float32, 16)
	want, sum, top := make([]float64, 16), 0.0, 0.0
	for i := range z {
		vs[i] = float32(i%3) + 0.5
		want[i] = math.Exp2(float64(z[i] - 3))
		sum += want[i]
		want[i] *= float64(vs[i])
		top = max(top, want[i])
	}
	hi, lo := make([]byte, 16), make([]byte, 16)
	den, factor := generic.Softmax(hi, lo, slices.Clone(z), vs)
	if math.Abs(float64(den)/(1<<18)/sum-1) > 1e-5 || math.Abs(float64(factor)/top-1) > 1e-6 {
		t.Errorf("sum %g and top %g, want %g and %g", float64(den)/(1<<18), factor, sum, top)
	}
	for i := range want {
		got := (float64(hi[i])*256 + float64(lo[i])) / 65535 * top
		if math.Abs(got-want[i]) > 0.6/65535*top {
			t.Errorf("weight %d is %g, want %g", i, got, want[i])
		}
	}
}

func TestExp2(t *testing.T) {
	for x := -130.0; x <= 130; x += 0.0137 {
		want := math.Exp2(max(-125, min(125, float64(float32(x)))))
		if got := float64(exp2(float32(x))); math.Abs(got/want-1) > 3e-7 {
			t.Fatalf("exp2(%g) = %g, want %g", x, got, want)
		}
	}
	for n := -125; n <= 125; n++ {
		if got := exp2(float32(n)); float64(got) != math.Ldexp(1, n) {
			t.Errorf("exp2(%d) = %g", n, got)
		}
	}
	if got := exp2(float32(math.NaN())); got != exp2(-125) {
		t.Errorf("exp2(NaN) = %g", got)
	}
}

func TestRoundEven(t *testing.T) {
	for _, v := range []struct {
		in   float32
		want int32
	}{{0, 0}, {0.5, 0}, {1.5, 2}, {2.5, 2}, {-0.5, 0}, {-1.5, -2}, {0.49999997, 0}, {126.5, 126}, {-127.4, -127}, {65534.5, 65534}} {
		if got := RoundEven(v.in); got != v.want {
			t.Errorf("%g rounded to %d, want %d", v.in, got, v.want)
		}
	}
}

func TestAccumulate(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := splitmix.Source(6)
		for n := 4; n <= 600; n += 4 {
			heads, size := 1+n/4%3, Block*(1+n/4%2)
			ldv := 4 * size
			v := make([]int8, n/4*ldv)
			hi, lo := make([]byte, heads*n), make([]byte, heads*n)
			for i := range v {
				v[i] = int8(r.Below(255) - 127)
			}
			for i := range hi {
				hi[i], lo[i] = byte(r.Next()), byte(r.Next())
				if n%12 == 0 {
					hi[i], lo[i] = 255, 255
				}
			}
			want, got := make([]float32, heads*Block), make([]float32, heads*Block)
			generic.Accumulate(want, hi, lo, n, v[size*4-256:], ldv, n-4, heads)
			k.Accumulate(got, hi, lo, n, v[size*4-256:], ldv, n-4, heads)
			equal(t, got, want)
		}
	})
}

func TestExp(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := splitmix.Source(7)
		for n := 32; n <= 1600; n += 32 {
			logits := randomFloats(&r, n)
			for i := range logits {
				logits[i] = max(-1e30, min(80, logits[i]))
			}
			logits[r.Below(n)] = -1e30
			top := generic.Max(logits)
			f, sums, f2, sums2 := make([]uint32, n), make([]uint32, n/32), make([]uint32, n), make([]uint32, n/32)
			generic.Exp(f, sums, logits, top)
			k.Exp(f2, sums2, logits, top)
			equal(t, f2, f)
			equal(t, sums2, sums)
			if slices.Max(f) != 1<<26+1 || slices.Min(f) != 1 {
				t.Fatalf("weights from %d to %d", slices.Min(f), slices.Max(f))
			}
		}
	})
}

// Wrong shapes must panic in Go, not read past the end in assembly.
func TestShapesAreChecked(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		w, x := NewMatrix(32, 128), NewVectors(2, 128)
		for name, f := range map[string]func(){
			"short dst":    func() { k.Mul(make([]float32, 40), 32, w, 0, 2, x, 0, 2) },
			"more groups":  func() { k.Mul(make([]float32, 640), 32, w, 0, 3, x, 0, 1) },
			"more vectors": func() { k.Mul(make([]float32, 640), 32, w, 0, 2, x, 1, 2) },
			"other length": func() { k.Mul(make([]float32, 640), 32, w, 0, 2, NewVectors(2, 64), 0, 2) },
			"short source": func() { k.Quantize(x, 0, make([]float32, 100)) },
			"short up":     func() { k.SiLUMul(make([]float32, 64), make([]float32, 64), make([]float32, 63)) },
			"short values": func() {
				k.Accumulate(make([]float32, 64), make([]byte, 8), make([]byte, 8), 8, make([]int8, 511), 256, 8, 1)
			},
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

func BenchmarkMul(b *testing.B) {
	r := splitmix.Source(1)
	for _, k := range Available()[1:] {
		for _, cols := range []int{576, 1536} {
			w, x := problem(&r, 576, cols, MaxTile)
			for _, n := range []int{1, 4, 12} {
				b.Run(k.Name+"/cols="+itoa(cols)+"/n="+itoa(n), func(b *testing.B) {
					dst := make([]float32, n*576)
					for b.Loop() {
						k.Mul(dst, 576, w, 0, 36, x, 0, n)
					}
					b.ReportMetric(float64(576*cols*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}

func itoa(n int) string { return big.NewInt(int64(n)).String() }
