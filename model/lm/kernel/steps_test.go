package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
)

// compareSteps compares the steps on vectors of numbers with the generic ones.
func compareSteps(t *testing.T, k *Impl, what string, a, b, c []float32) {
	t.Helper()
	off := len(what) // operands at changing addresses
	compare := func(name string, f func(k *Impl, dst []float32)) {
		t.Helper()
		want, got := slices.Clone(a), shifted(a, off%16)
		f(&generic, want)
		f(k, got)
		equal(t, name+" "+what, got, want)
	}
	n := len(a)
	for _, dim := range []int{n, max(1, n-7)} {
		compare("RMSNorm", func(k *Impl, dst []float32) { k.RMSNorm(dst, dst, b, dim, 1e-5) })
	}
	compare("RMSNorm to another place", func(k *Impl, dst []float32) { k.RMSNorm(dst, b, c, n, 1e-5) })
	compare("SiLUMul", func(k *Impl, dst []float32) { k.SiLUMul(dst, dst, b) })
	compare("SiLUMul to another place", func(k *Impl, dst []float32) { k.SiLUMul(dst, b, c) })
	compare("Rotate", func(k *Impl, dst []float32) { k.Rotate(dst, b, c) })
	compare("Add", func(k *Impl, dst []float32) { k.Add(dst, b) })
	if n > 0 {
		if got, want := k.Max(shifted(a, off%16)), generic.Max(a); got != want { // zeros of either sign
			t.Fatalf("Max %s: %v, want %v", what, got, want)
		}
	}
	if n > 0 && n%Block == 0 {
		want, got := NewVectors(3, n), NewVectors(3, n)
		i := n / Block % 3
		generic.Quantize(want, i, a)
		k.Quantize(got, i, shifted(a, off%16))
		equal(t, "Quantize "+what, got.Q, want.Q)
		equal(t, "Quantize, scales "+what, got.Scale, want.Scale)
		equal(t, "Quantize, biases "+what, got.Bias, want.Bias)
	}
}

func TestSteps(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := seed(5)
		for n := 0; n <= 1600; n += 16 {
			compareSteps(t, k, fmt.Sprintf("of %d", n), r.floats(n), r.floats(n), r.floats(n))
		}
		for off := range 64 {
			compareSteps(t, k, fmt.Sprintf("%*d", off+1, off), r.floats(192), r.floats(192), r.floats(192))
		}
		// Numbers around the bounds of the exponential and of the blocks that count.
		for _, f := range []float32{0, 1e-45, 0x1p-126, tiny, math.Nextafter32(tiny, 0), 86.6, 87, 1e4, 0x1.fffffep+61} {
			a := make([]float32, 64)
			for i := range a {
				a[i] = f * float32(1-i%2*2) * float32(i%5) / 4
			}
			compareSteps(t, k, fmt.Sprintf("up to %g", f), a, a, a)
		}
	})
}

func TestSoftmax(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := seed(6)
		for n := 16; n <= 1600; n += 16 {
			z, vs := r.logits(n), r.floats(n)
			for i := range vs {
				vs[i] = float32(math.Abs(float64(vs[i])))
			}
			if n%48 == 0 { // nothing but values at the bound of the exponential counts
				for i := range z {
					z[i], vs[i] = -1e30, 0x1p60
				}
				z[n-1], vs[n-1] = 0, 0
			}
			z2, off := slices.Clone(z), n/16%64
			hi, lo := make([]byte, n), make([]byte, n)
			hi2, lo2 := shifted(hi, off), shifted(lo, off)
			den, top := generic.Softmax(hi, lo, z, vs)
			den2, top2 := k.Softmax(hi2, lo2, shifted(z2, off), shifted(vs, off))
			if den != den2 || bits(top) != bits(top2) {
				t.Fatalf("%d slots: %d and %g, want %d and %g", n, den2, top2, den, top)
			}
			equal(t, "upper plane", hi2, hi)
			equal(t, "lower plane", lo2, lo)
		}
	})
}

func TestAccumulate(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := seed(7)
		for n := 0; n <= 600; n += 4 {
			off, columns, ldw := n/4%64, Block*(1+n/4%2), n+n%3
			v := shifted(r.int8s(n*columns), off)
			for _, heads := range []int{1, 2, 3, 4, k.Tile - 1, k.Tile} {
				hi, lo := shifted(r.bytes(heads*ldw), off), shifted(r.bytes(heads*ldw), off)
				if n%12 == 0 {
					for i := range hi {
						hi[i], lo[i] = 255, 255
					}
				}
				want, got := make([]float32, heads*Block), shifted(make([]float32, heads*Block), off%16)
				from := v[(columns-Block)*min(4, n):]
				generic.Accumulate(want, hi, lo, ldw, from, 4*columns, n, heads)
				k.Accumulate(got, hi, lo, ldw, from, 4*columns, n, heads)
				equal(t, fmt.Sprintf("%d heads, %d slots", heads, n), got, want)
			}
		}
	})
}

// The largest sums that can be: all slots, all weights and values at a bound.
func TestAccumulateExtremes(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		for _, value := range []int8{127, -127} {
			v, w := make([]int8, MaxSlots*Block), make([]byte, MaxSlots)
			for i := range v {
				v[i] = value
			}
			for i := range w {
				w[i] = 255
			}
			got := make([]float32, Block)
			k.Accumulate(got, w, w, MaxSlots, v, 4*Block, MaxSlots, 1)
			plane := float32(255 * int64(value) * MaxSlots)
			for d, f := range got {
				if f != plane*256+plane {
					t.Fatalf("column %d: %g, want %g", d, f, plane*256+plane)
				}
			}
		}
	})
}

func TestExp(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := seed(8)
		for n := 0; n <= 1600; n += 32 {
			logits := r.logits(n)
			max := float32(60)
			if n > 0 {
				logits[r.Below(n)] = max
			}
			f, sums, f2, sums2 := make([]uint32, n), make([]uint32, n/32), make([]uint32, n), make([]uint32, n/32)
			generic.Exp(f, sums, logits, max)
			k.Exp(f2, sums2, shifted(logits, n/32%16), max)
			equal(t, "weights", f2, f)
			equal(t, "sums", sums2, sums)
		}
	})
}

// FuzzSteps compares the steps on any finite numbers of moderate size.
func FuzzSteps(f *testing.F) {
	f.Add([]byte{0, 0, 0, 128, 1, 0, 0, 0, 255, 255, 127, 0, 0, 0, 128, 63})
	f.Add([]byte("\x00\x00\x2e\x43\x00\x00\x2e\xc3any bytes make some numbers"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all := make([]float32, 3*64*max(1, min(len(data)/768, 20)))
		for i := range all {
			if len(data) >= 4 {
				x := math.Float32frombits(binary.LittleEndian.Uint32(data[i*4%(len(data)-3):]))
				if math.Abs(float64(x)) < 0x1p60 { // neither NaN nor too large to be squared
					all[i] = x
				}
			}
		}
		n := len(all) / 3
		for _, k := range Available()[1:] {
			compareSteps(t, k, k.Name, all[:n], all[n:2*n], all[2*n:])
		}
	})
}

func BenchmarkSoftmax(b *testing.B) {
	r := seed(1)
	for _, k := range Available()[1:] {
		for _, n := range []int{256, 2048} {
			b.Run(fmt.Sprintf("%s/slots=%d", k.Name, n), func(b *testing.B) {
				z, vs, hi, lo := r.logits(n), make([]float32, n), make([]byte, n), make([]byte, n)
				for i := range vs {
					vs[i] = 0.01
				}
				scratch := make([]float32, n)
				for b.Loop() {
					copy(scratch, z)
					k.Softmax(hi, lo, scratch, vs)
				}
				b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(n)/float64(b.N), "ns/slot")
			})
		}
	}
}

func BenchmarkAccumulate(b *testing.B) {
	r := seed(1)
	for _, k := range Available()[1:] {
		for _, n := range []int{256, 2048} {
			for _, heads := range []int{1, 3} {
				b.Run(fmt.Sprintf("%s/slots=%d/heads=%d", k.Name, n, heads), func(b *testing.B) {
					hi, lo, v, dst := r.bytes(heads*n), r.bytes(heads*n), r.int8s(n*Block), make([]float32, heads*Block)
					for b.Loop() {
						k.Accumulate(dst, hi, lo, n, v, 4*Block, n, heads)
					}
					b.ReportMetric(float64(2*heads*n*Block)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}

func BenchmarkExp(b *testing.B) {
	r := seed(1)
	for _, k := range Available()[1:] {
		b.Run(k.Name, func(b *testing.B) {
			const n = 49152
			logits, f, sums := r.logits(n), make([]uint32, n), make([]uint32, n/32)
			for b.Loop() {
				k.Exp(f, sums, logits, 60)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/n/float64(b.N), "ns/logit")
		})
	}
}
