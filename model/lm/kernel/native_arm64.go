//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// native lists the implementations in assembly that this processor can run.
func native() []*Impl {
	list := []*Impl{&neon}
	if cpu.ARM64.HasASIMDDP {
		list = append(list, &neondot)
	}
	if cpu.ARM64.HasI8MM {
		list = append(list, &neoni8mm)
	}
	return list
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

// neoni8mm is neon with products by USMMLA, USDOT and SUDOT.
var neoni8mm = func() Impl {
	k := neon
	k.Name, k.Mul, k.Accumulate = "neoni8mm", mulWith(mulI8MM1, mulI8MM2, mulI8MM3, mulI8MM4, mulI8MM5, mulI8MM6), oneByOne(accumulateI8MM)
	return k
}()
