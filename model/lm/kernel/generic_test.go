package kernel

import (
	"math"
	"slices"
	"testing"
)

// The generic steps are the definition; here they are compared with the
// mathematics they stand for, in float64, within what rounding explains.

const ulp = 0x1p-24 // largest relative error of one rounded operation

func near(t *testing.T, what string, got float32, want, bound float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= bound) {
		t.Errorf("%s is %g, want %g within %g", what, got, want, bound)
	}
}

func TestExp2(t *testing.T) {
	// Every 997th number, of both signs, from the smallest to beyond the bound.
	worst := 0.0
	for b := uint32(1); b < math.Float32bits(140); b += 997 {
		for _, x := range []float32{math.Float32frombits(b), -math.Float32frombits(b)} {
			want := math.Exp2(max(-100, min(125, float64(x))))
			worst = max(worst, math.Abs(float64(exp2(x))/want-1))
		}
	}
	if worst > 3e-7 {
		t.Errorf("relative error up to %g", worst)
	}
	for n := -100; n <= 125; n++ {
		if got := exp2(float32(n)); float64(got) != math.Ldexp(1, n) {
			t.Errorf("exp2(%d) = %g", n, got)
		}
	}
	for _, x := range []float32{-126, -1e30, float32(math.Inf(-1)), float32(math.NaN())} {
		if got := exp2(x); got != 0x1p-100 {
			t.Errorf("exp2(%g) = %g", x, got)
		}
	}
	if got := exp2(float32(math.Inf(1))); got != 0x1p125 {
		t.Errorf("exp2(+Inf) = %g", got)
	}
}

func TestRoundEven(t *testing.T) {
	for i := -1 << 12; i <= 1<<12; i++ {
		f := float64(i) / 8
		if got := RoundEven(float32(f)); got != int32(math.RoundToEven(f)) {
			t.Errorf("%g rounded to %d", f, got)
		}
	}
	for _, f := range []float32{0.49999997, 126.49999, -127.49999, 65534.496, 65535.496, 1 << 21, -1 << 21} {
		if got := RoundEven(f); got != int32(math.RoundToEven(float64(f))) {
			t.Errorf("%g rounded to %d", f, got)
		}
	}
}

func TestQuantizeIsNearest(t *testing.T) {
	r := seed(9)
	x := NewVectors(1, Block)
	for range 3000 {
		src := r.floats(Block)
		generic.Quantize(x, 0, src)
		top, sum := 0.0, int32(0)
		for _, f := range src {
			top = max(top, math.Abs(float64(f)))
		}
		for j, f := range src {
			q := x.Q[j]
			sum += int32(q)
			if q == -128 || (math.Abs(float64(f)) == top && top >= tiny && q != 127 && q != -127) {
				t.Fatalf("%g of at most %g becomes %d", f, top, q)
			}
			near(t, "value", float32(float64(q)*float64(x.Scale[0])), float64(f), (0.5+1e-4)*top/127+tiny)
		}
		if x.Bias[0] != -128*sum {
			t.Fatalf("bias %d for a sum of %d", x.Bias[0], sum)
		}
		if top < tiny && x.Scale[0] != 0 {
			t.Fatalf("scale %g for at most %g", x.Scale[0], top)
		}
	}
}

func TestRMSNormIsNorm(t *testing.T) {
	r := seed(10)
	for _, n := range []int{16, 64, 576, 1536} {
		src, weight, dst := make([]float32, n), make([]float32, n), make([]float32, n)
		squares := 0.0
		for j := range src {
			src[j], weight[j] = float32(r.unit()*3), float32(r.unit())
			squares += float64(src[j]) * float64(src[j])
		}
		generic.RMSNorm(dst, src, weight, n, 1e-5)
		factor := 1 / math.Sqrt(squares/float64(n)+1e-5)
		for j := range dst {
			want := float64(src[j]) * factor * float64(weight[j])
			near(t, "norm", dst[j], want, math.Abs(want)*float64(n/Lanes+16)*ulp)
		}
	}
}

func TestSiLUMulIsSiLU(t *testing.T) {
	r := seed(11)
	dst, gate, up := make([]float32, 4096), make([]float32, 4096), make([]float32, 4096)
	for j := range gate {
		gate[j], up[j] = float32(r.unit()*80), float32(r.unit())
	}
	generic.SiLUMul(dst, gate, up)
	for j := range dst {
		g := float64(gate[j])
		want := g / (1 + math.Exp(-g)) * float64(up[j])
		// The exponent, rounded, is off by up to an ulp of itself.
		near(t, "SiLU", dst[j], want, math.Abs(want)*(4e-7+2*math.Abs(g)*ulp)+0x1p-149)
	}
}

func TestRotateIsRotation(t *testing.T) {
	r := seed(12)
	x, c, s := make([]float32, 64), make([]float32, 64), make([]float32, 64)
	for j := 0; j < 64; j += 2 {
		sin, cos := math.Sincos(r.unit() * math.Pi)
		c[j], c[j+1], s[j], s[j+1] = float32(cos), float32(cos), float32(-sin), float32(sin)
		x[j], x[j+1] = float32(r.unit()), float32(r.unit())
	}
	old := slices.Clone(x)
	generic.Rotate(x, c, s)
	for j := 0; j < 64; j += 2 {
		a, b, cos, sin := float64(old[j]), float64(old[j+1]), float64(c[j]), float64(s[j+1])
		near(t, "rotated", x[j], a*cos-b*sin, 4*ulp)
		near(t, "rotated", x[j+1], b*cos+a*sin, 4*ulp)
	}
}

func TestSoftmaxIsSoftmax(t *testing.T) {
	r := seed(13)
	for n := 16; n <= 512; n *= 2 {
		z, vs := make([]float32, n), make([]float32, n)
		for i := range z {
			z[i], vs[i] = float32(r.unit()*10), float32(r.unit()+1.5)
		}
		z[r.Below(n)] = -1e30
		largest := float64(slices.Max(z))
		want, sum, top := make([]float64, n), 0.0, 0.0
		for i := range z {
			want[i] = math.Exp2(float64(z[i]) - largest)
			sum += want[i]
			want[i] *= float64(vs[i])
			top = max(top, want[i])
		}
		hi, lo := make([]byte, n), make([]byte, n)
		den, factor := generic.Softmax(hi, lo, z, vs)
		// Differences of logits are off by 16 ulp at most, exponentials by 3e-7.
		near(t, "sum of exponentials", float32(float64(den)/(1<<18)), sum, sum*2e-6+float64(n)*0x1p-19)
		near(t, "factor", factor, top, top*2e-6)
		full := false
		for i := range want {
			w := int(hi[i])<<8 | int(lo[i])
			full = full || w == 65535
			near(t, "weight", float32(float64(w)/65535*top), want[i], (0.5+1e-2)/65535*top+want[i]*4e-6)
		}
		if !full {
			t.Error("no weight is 65535")
		}
	}
}

// Values that count for nothing must not divide by nothing.
func TestSoftmaxOfZeros(t *testing.T) {
	hi, lo := []byte{15: 9}, []byte{15: 9}
	den, top := generic.Softmax(hi, lo, make([]float32, 16), make([]float32, 16))
	if den != 16<<18 || top != 0 {
		t.Errorf("sum %d, factor %g", den, top)
	}
	if slices.Max(hi) != 0 || slices.Max(lo) != 0 {
		t.Errorf("weights %v, %v", hi, lo)
	}
}

func TestAccumulateIsSum(t *testing.T) {
	r := seed(14)
	const n, ldw = 52, 60
	v, hi, lo := r.int8s(n*Block), r.bytes(3*ldw), r.bytes(3*ldw)
	dst := make([]float32, 3*Block)
	generic.Accumulate(dst, hi, lo, ldw, v, 4*Block, n, 3)
	for h := range 3 {
		for d := range Block {
			sum, size := 0, 0
			for slot := range n {
				w := int(hi[h*ldw+slot])<<8 | int(lo[h*ldw+slot])
				p := w * int(v[slot/4*4*Block+d*4+slot%4])
				sum += p
				size += max(p, -p)
			}
			near(t, "sum", dst[h*Block+d], float64(sum), 2*ulp*float64(size))
		}
	}
}

func TestExpIsExponential(t *testing.T) {
	r := seed(15)
	const n = 96
	logits, f, sums := make([]float32, n), make([]uint32, n), make([]uint32, n/32)
	for i := range logits {
		logits[i] = float32(r.unit() * 12)
	}
	logits[40], logits[90] = 12, -1e30
	generic.Exp(f, sums, logits, 12)
	for i, x := range logits {
		want := 1 + math.Exp2(26)*math.Exp(float64(x)-12)
		if math.Abs(float64(f[i])-want) > 1+want*3e-6 {
			t.Errorf("weight of %g is %d, want %g", x, f[i], want)
		}
	}
	if f[40] != 1<<26+1 || f[90] != 1 {
		t.Errorf("the largest weight is %d, the smallest %d", f[40], f[90])
	}
	for g := range sums {
		sum := uint32(0)
		for _, x := range f[32*g:][:32] {
			sum += x
		}
		if sums[g] != sum {
			t.Errorf("sum %d is %d, want %d", g, sums[g], sum)
		}
	}
}
