package kernel

import "math"

var generic = Impl{
	Name:       "generic",
	Tile:       MaxTile,
	Mul:        mulGeneric,
	Quantize:   quantizeGeneric,
	RMSNorm:    rmsNormGeneric,
	SiLUMul:    siluMulGeneric,
	Rotate:     rotateGeneric,
	Add:        addGeneric,
	Max:        maxGeneric,
	Softmax:    softmaxGeneric,
	Accumulate: accumulateGeneric,
	Exp:        expGeneric,
}

// tiny is the magnitude below which a block counts as zero, so that no
// reciprocal overflows.
const tiny = 1.0 / (1 << 48) / (1 << 48)

func mulGeneric(dst []float32, ldd int, w *Matrix, g0, g1 int, x *Vectors, first, n int, _ []byte) {
	blocks := x.Cols / Block
	for g := g0; g < g1; g++ {
		wg := w.Data[g*Lanes*w.Cols:][:Lanes*w.Cols]
		scale := w.Scale[g*Lanes:][:Lanes]
		for i := first; i < first+n; i++ {
			var acc [Lanes]float32
			for b := range blocks {
				s := x.Scale[b*x.N+i]
				var dot [Lanes]int32
				for r := range dot {
					dot[r] = x.Bias[b*x.N+i]
				}
				q := x.Q[(b*x.N+i)*Block:][:Block]
				wb := wg[b*Block*Lanes:][:Block*Lanes]
				for c := 0; c < Block; c += 4 {
					q0, q1, q2, q3 := int32(q[c]), int32(q[c+1]), int32(q[c+2]), int32(q[c+3])
					line := wb[c*Lanes:][:4*Lanes]
					for r := range dot {
						l := line[r*4:][:4]
						dot[r] += int32(l[0])*q0 + int32(l[1])*q1 + int32(l[2])*q2 + int32(l[3])*q3
					}
				}
				for r, d := range dot {
					acc[r] += float32(float32(d) * s)
				}
			}
			out := dst[(i-first)*ldd+g*Lanes:][:Lanes]
			for r, a := range acc {
				out[r] = float32(a * scale[r])
			}
		}
	}
}

func quantizeGeneric(x *Vectors, i int, src []float32) {
	blocks := x.Cols / Block
	for b := range blocks {
		v := src[b*Block:][:Block]
		q := x.Q[(b*x.N+i)*Block:][:Block]
		var top float32
		for _, f := range v {
			if f < 0 {
				f = -f
			}
			if f > top {
				top = f
			}
		}
		scale, inverse := Scales(top)
		var sum int32
		for j, f := range v {
			n := RoundEven(float32(f * inverse))
			q[j] = int8(n)
			sum += n
		}
		x.Scale[b*x.N+i] = scale
		x.Bias[b*x.N+i] = -128 * sum
	}
}

func rmsNormGeneric(dst, src, weight []float32, dim int, eps float32) {
	var lane [Lanes]float32
	for j := 0; j < len(src); j += Lanes {
		for l := range lane {
			lane[l] += float32(src[j+l] * src[j+l])
		}
	}
	for half := Lanes / 2; half > 0; half /= 2 {
		for l := range half {
			lane[l] += lane[l+half]
		}
	}
	mean := lane[0] / float32(dim)
	inverse := 1 / float32(math.Sqrt(float64(mean+eps)))
	for j, f := range src {
		dst[j] = float32(float32(f*inverse) * weight[j])
	}
}

func siluMulGeneric(dst, gate, up []float32) {
	for j, g := range gate {
		e := exp2(float32(g * -Log2E))
		dst[j] = float32((g / (1 + e)) * up[j])
	}
}

func rotateGeneric(x, c, s []float32) {
	for j := 0; j+1 < len(x); j += 2 {
		x0, x1 := x[j], x[j+1]
		x[j] = float32(x0*c[j]) + float32(x1*s[j])
		x[j+1] = float32(x1*c[j+1]) + float32(x0*s[j+1])
	}
}

func addGeneric(dst, src []float32) {
	for j, f := range src {
		dst[j] += f
	}
}

func maxGeneric(x []float32) float32 {
	top := x[0]
	for _, f := range x[1:] {
		if f > top {
			top = f
		}
	}
	return top
}

func softmaxGeneric(hi, lo []byte, z, vs []float32) (den int64, top float32) {
	max := maxGeneric(z)
	for t, f := range z {
		e := exp2(f - max)
		den += int64(RoundEven(float32(e * (1 << 18))))
		z[t] = float32(e * vs[t])
	}
	top = maxGeneric(z)
	var inverse float32
	if top >= tiny {
		inverse = 65535 / top
	}
	for t, a := range z {
		n := RoundEven(float32(a * inverse))
		hi[t], lo[t] = byte(n>>8), byte(n)
	}
	return den, top
}

func accumulateGeneric(dst []float32, hi, lo []byte, ldw int, v []int8, ldv, n, heads int) {
	for h := range heads {
		var sumHi, sumLo [Block]int32
		for t := 0; t < n; t += 4 {
			line := v[t/4*ldv:][:4*Block]
			wh, wl := hi[h*ldw+t:][:4], lo[h*ldw+t:][:4]
			h0, h1, h2, h3 := int32(wh[0]), int32(wh[1]), int32(wh[2]), int32(wh[3])
			l0, l1, l2, l3 := int32(wl[0]), int32(wl[1]), int32(wl[2]), int32(wl[3])
			for d := range sumHi {
				x := line[d*4:][:4]
				x0, x1, x2, x3 := int32(x[0]), int32(x[1]), int32(x[2]), int32(x[3])
				sumHi[d] += h0*x0 + h1*x1 + h2*x2 + h3*x3
				sumLo[d] += l0*x0 + l1*x1 + l2*x2 + l3*x3
			}
		}
		for d := range sumHi {
			dst[h*Block+d] = float32(float32(sumHi[d])*256) + float32(sumLo[d])
		}
	}
}

func expGeneric(f, sums []uint32, logits []float32, max float32) {
	for i := 0; i < len(logits); i += ExpGroup {
		var sum uint32
		for j := i; j < i+ExpGroup; j++ {
			e := exp2(float32((logits[j] - max) * Log2E))
			f[j] = 1 + uint32(int32(float32(e*(1<<26))))
			sum += f[j]
		}
		sums[i/ExpGroup] = sum
	}
}

// Scales returns the scale that maps −127…127 to −top…top, and its inverse.
func Scales(top float32) (scale, inverse float32) {
	if top < tiny {
		return 0, 0
	}
	return top / 127, 127 / top
}

// Log2E is the binary logarithm of e.
const Log2E = 1.44269504088896340736

// magic is 1.5·2^23: adding it to a float32 of magnitude below 2^22 leaves the
// value, rounded to the nearest integer (ties to even), in the low bits.
const magic = 3 << 22

// RoundEven returns f, |f| < 2^22, rounded to the nearest integer, ties to even.
func RoundEven(f float32) int32 {
	return int32(math.Float32bits(f+magic)) - int32(math.Float32bits(magic))
}

// exp2 returns 2^x with a relative error below 3·10^−7, for x clamped to
// −100…125: the Taylor polynomial of degree 6 on |f| ≤ 1/2, by Horner's rule.
func exp2(x float32) float32 {
	if !(x > -100) {
		x = -100
	}
	if !(x < 125) {
		x = 125
	}
	t := x + magic
	f := x - (t - magic)
	p := float32(float32(c6*f) + c5)
	p = float32(p*f) + c4
	p = float32(p*f) + c3
	p = float32(p*f) + c2
	p = float32(p*f) + c1
	p = float32(p*f) + 1
	return math.Float32frombits(math.Float32bits(p) + math.Float32bits(t)<<23)
}

// ln(2)^k / k!
const (
	c1 = 0.693147180559945309417
	c2 = 0.240226506959100712334
	c3 = 0.0555041086648215799532
	c4 = 0.00961812910762847716198
	c5 = 0.00133335581464284434235
	c6 = 0.000154035303933816099544
)
