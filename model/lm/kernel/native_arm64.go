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
