//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// native lists the implementations in assembly that this processor can run.
func native() []*Impl {
	if cpu.ARM64.HasASIMDDP {
		return []*Impl{&neon, &neondot}
	}
	return []*Impl{&neon}
}

var neon = Impl{
	Name:       "neon",
	Tile:       12,
	Mul:        mulWith(mulLong1, mulLong2),
	Quantize:   quantizeWith(quantizeNEON),
	RMSNorm:    rmsNormWith(rmsNormNEON),
	SiLUMul:    siluMulWith(siluMulNEON),
	Rotate:     rotateWith(rotateNEON),
	Add:        addWith(addNEON),
	Max:        maxWith(maximumNEON),
	Softmax:    softmaxWith(maximumNEON, softmaxExpNEON, softmaxSplitNEON),
	Accumulate: oneByOne(accumulateLong),
	Exp:        expWith(exponentialsNEON),
}

// neondot is neon with products by SDOT and UDOT.
var neondot = func() Impl {
	k := neon
	k.Name, k.Mul, k.Accumulate = "neondot", mulWith(mulDot1, mulDot2, mulDot3, mulDot4), oneByOne(accumulateDot)
	return k
}()

type mulFunc = func(dst *float32, ldd int, w *byte, ws *float32, groups int, q *int8, xs *float32, stride int, blocks int)

// mulWith takes the functions for one vector, two, and so on.
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
					&x.Q[(first+i)*Block], &x.Scale[first+i], x.N, x.Cols/Block)
			}
		}
	}
}
