// Command asm generates the amd64 kernels. Run it in this folder:
//
//	go run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg kernel
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	lanes = 16
	block = 64
	tile  = 12 // vectors of a VNNI product
	pair  = 4  // vectors of an AVX2 product
)

func main() {
	ConstraintExpr("!purego")
	for n := 1; n <= tile; n++ {
		mulVNNI(n)
	}
	for n := 1; n <= pair; n++ {
		mulAVX2(n)
	}
	for heads := 1; heads <= 3; heads++ {
		accumulateVNNI(heads)
	}
	accumulateAVX2()
	for _, v := range []vec{avx2, avx512} {
		softmaxExp(v)
		softmaxSplit(v)
		maximum(v)
		exponentials(v)
		quantize(v)
		rmsNorm(v)
		siluMul(v)
		rotate(v)
		add(v)
	}
	Generate()
}

// vec is a vector width for the steps that exist for both.
type vec struct {
	suffix string
	size   int // bytes
	lanes  int
	reg    func() VecVirtual
}

var (
	avx2   = vec{"AVX2", 32, 8, YMM}
	avx512 = vec{"AVX512", 64, 16, ZMM}
)

// constants, loaded from memory once a call.
func (v vec) float(name string, f float32) VecVirtual {
	r := v.reg()
	VBROADCASTSS(constant(name, F32(f)), r)
	return r
}

// loop emits body for elements 0, step, 2·step … of n, with the byte offset of
// the element if each has four bytes.
func loop(label string, n Register, step int, body func(offset Register)) {
	offset, end := GP64(), GP64()
	XORQ(offset, offset)
	MOVQ(n, end)
	SHLQ(U8(2), end)
	JMP(LabelRef(label + "_test"))
	Label(label)
	body(offset)
	ADDQ(U32(4*step), offset)
	Label(label + "_test")
	CMPQ(offset, end)
	JLT(LabelRef(label))
}

// lowHalf and highHalf move the halves of a vector to a smaller one.
func fold(r VecVirtual, op func(...Op), size int) VecVirtual {
	if size == 64 {
		high := YMM()
		VEXTRACTF64X4(U8(1), r, high)
		op(high, r.AsY(), high)
		return fold(high, op, 32)
	}
	high := XMM()
	VEXTRACTF128(U8(1), r.AsY(), high)
	op(high, r.AsX(), high)
	other := XMM()
	VPSHUFD(U8(0x4E), high, other)
	op(other, high, high)
	VPSHUFD(U8(0xB1), high, other)
	op(other, high, high)
	return high
}

// exp2 holds the constants of exp2 in generic.go and emits it.
type exp2 struct {
	v                                             vec
	low, high, magic, c6, c5, c4, c3, c2, c1, one VecVirtual
}

func newExp2(v vec) exp2 {
	return exp2{
		v: v, low: v.float("exp_low", -125), high: v.float("exp_high", 125), magic: v.float("magic", 3<<22),
		c6:  v.float("exp_c6", 0.000154035303933816099544),
		c5:  v.float("exp_c5", 0.00133335581464284434235),
		c4:  v.float("exp_c4", 0.00961812910762847716198),
		c3:  v.float("exp_c3", 0.0555041086648215799532),
		c2:  v.float("exp_c2", 0.240226506959100712334),
		c1:  v.float("exp_c1", 0.693147180559945309417),
		one: v.float("one", 1),
	}
}

// of replaces x by 2^x. MAXPS returns its second source, here the bound, if
// the other is not a number.
func (e exp2) of(x VecVirtual) {
	t, p := e.v.reg(), e.v.reg()
	VMAXPS(e.low, x, x)
	VMINPS(e.high, x, x)
	VADDPS(e.magic, x, t)
	VSUBPS(e.magic, t, p)
	VSUBPS(p, x, x)
	VMULPS(x, e.c6, p)
	for _, c := range []VecVirtual{e.c5, e.c4, e.c3, e.c2, e.c1} {
		VADDPS(c, p, p)
		VMULPS(x, p, p)
	}
	VADDPS(e.one, p, p)
	VPSLLD(U8(23), t, t)
	VPADDD(t, p, x)
}
