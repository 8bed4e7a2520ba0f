//go:build (amd64 || arm64) && !purego

package kernel

type accumulateFunc = func(dst *float32, hi, lo *byte, ldw int, v *int8, ldv int, n int)

// The wrappers index the last element of every operand, so that a wrong shape
// panics here rather than reading past the end there.

// callBytes bounds the weights that one call reads: assembly cannot be preempted.
const callBytes = 1 << 20

// checkMul returns the number of groups of rows that one call should multiply.
func checkMul(dst []float32, ldd int, w *Matrix, g1 int, x *Vectors, first, n int) (step int) {
	if w.Cols != x.Cols {
		panic("kernel: internal error: matrix and vectors of different length")
	}
	last := (x.Cols/Block-1)*x.N + first + n - 1
	_, _, _ = x.Q[(last+1)*Block-1], x.Scale[last], x.Bias[last]
	_, _ = w.Data[g1*Lanes*w.Cols-1], w.Scale[g1*Lanes-1]
	_ = dst[(n-1)*ldd+g1*Lanes-1]
	return max(1, callBytes/(Lanes*w.Cols))
}

type mulFunc = func(dst *float32, ldd int, w *byte, ws *float32, groups int, q *int8, xs *float32, xb *int32, stride int, blocks int)

// mulWith multiplies with functions for one vector, two, and so on; more are shared
// out evenly.
func mulWith(f ...mulFunc) func([]float32, int, *Matrix, int, int, *Vectors, int, int, []byte) {
	return func(dst []float32, ldd int, w *Matrix, g0, g1 int, x *Vectors, first, n int, _ []byte) {
		if g0 >= g1 || n == 0 {
			return
		}
		step := checkMul(dst, ldd, w, g1, x, first, n)
		tiles := (n + len(f) - 1) / len(f)
		for g := g0; g < g1; g += step {
			for t := range tiles {
				i, end := t*n/tiles, (t+1)*n/tiles
				f[end-i-1](&dst[i*ldd+g*Lanes], ldd, &w.Data[g*Lanes*w.Cols], &w.Scale[g*Lanes], min(step, g1-g),
					&x.Q[(first+i)*Block], &x.Scale[first+i], &x.Bias[first+i], x.N, x.Cols/Block)
			}
		}
	}
}

// oneByOne sums for one head after the other.
func oneByOne(f accumulateFunc) func([]float32, []byte, []byte, int, []int8, int, int, int) {
	return func(dst []float32, hi, lo []byte, ldw int, v []int8, ldv, n, heads int) {
		for h := range heads {
			accumulateNative(f, dst[h*Block:], hi[h*ldw:], lo[h*ldw:], ldw, v, ldv, n, 1)
		}
	}
}

func accumulateNative(f accumulateFunc, dst []float32, hi, lo []byte, ldw int, v []int8, ldv, n, heads int) {
	if whole(n, 4) == 0 {
		clear(dst[:heads*Block])
		return
	}
	last := (heads-1)*ldw + n - 1
	_, _, _ = hi[last], lo[last], v[(n/4-1)*ldv+4*Block-1]
	_ = dst[heads*Block-1]
	f(&dst[0], &hi[0], &lo[0], ldw, &v[0], ldv, n)
}

func quantizeWith(f func(q *int8, scale *float32, bias *int32, x *float32, stride int, blocks int)) func(*Vectors, int, []float32) {
	return func(x *Vectors, i int, src []float32) {
		blocks := x.Cols / Block
		last := (blocks-1)*x.N + i
		_, _, _, _ = x.Q[(last+1)*Block-1], x.Scale[last], x.Bias[last], src[blocks*Block-1]
		f(&x.Q[i*Block], &x.Scale[i], &x.Bias[i], &src[0], x.N, blocks)
	}
}

// whole panics where assembly, which takes step numbers at a time, would run
// past the end.
func whole(n, step int) int {
	if n%step != 0 {
		panic("kernel: internal error: length is no multiple of a vector's")
	}
	return n
}

func rmsNormWith(f func(dst, src, weight *float32, n int, dim, eps float32)) func(_, _, _ []float32, _ int, _ float32) {
	return func(dst, src, weight []float32, dim int, eps float32) {
		if n := whole(len(src), Lanes); n > 0 {
			_, _ = dst[n-1], weight[n-1]
			f(&dst[0], &src[0], &weight[0], n, float32(dim), eps)
		}
	}
}

func siluMulWith(f func(dst, gate, up *float32, n int)) func(_, _, _ []float32) {
	return func(dst, gate, up []float32) {
		if n := whole(len(gate), Lanes); n > 0 {
			_, _ = dst[n-1], up[n-1]
			f(&dst[0], &gate[0], &up[0], n)
		}
	}
}

func rotateWith(f func(x, c, s *float32, n int)) func(_, _, _ []float32) {
	return func(x, c, s []float32) {
		if n := whole(len(x), Lanes); n > 0 {
			_, _ = c[n-1], s[n-1]
			f(&x[0], &c[0], &s[0], n)
		}
	}
}

func addWith(f func(dst, src *float32, n int)) func(_, _ []float32) {
	return func(dst, src []float32) {
		if n := whole(len(src), Lanes); n > 0 {
			_ = dst[n-1]
			f(&dst[0], &src[0], n)
		}
	}
}

func maxWith(f func(x *float32, n int) float32) func([]float32) float32 {
	return func(x []float32) float32 { return f(&x[0], whole(len(x), Lanes)) }
}

func softmaxWith(
	maximum func(x *float32, n int) float32,
	exp func(z, vs *float32, n int, max float32, sums *[16]int32) float32,
	split func(hi, lo *byte, a *float32, n int, inverse float32),
) func(hi, lo []byte, z, vs []float32) (int64, float32) {
	return func(hi, lo []byte, z, vs []float32) (den int64, top float32) {
		n := whole(len(z), Lanes)
		_, _, _ = hi[n-1], lo[n-1], vs[n-1]
		var sums [16]int32
		top = exp(&z[0], &vs[0], n, maximum(&z[0], n), &sums)
		for _, s := range sums {
			den += int64(s)
		}
		var inverse float32
		if top >= tiny {
			inverse = 65535 / top
		}
		split(&hi[0], &lo[0], &z[0], n, inverse)
		return den, top
	}
}

func expWith(f func(f, sums *uint32, logits *float32, n int, max float32)) func(_, _ []uint32, _ []float32, _ float32) {
	return func(weights, sums []uint32, logits []float32, max float32) {
		if n := whole(len(logits), 32); n > 0 {
			_, _ = weights[n-1], sums[n/32-1]
			f(&weights[0], &sums[0], &logits[0], n, max)
		}
	}
}
