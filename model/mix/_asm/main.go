// Command asm generates the amd64 functions. Run it in this folder:
//
//	go run . -out ../dot_amd64.s -stubs ../stubs_amd64.go -pkg mix
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const step = 8 // numbers a turn

func main() {
	ConstraintExpr("!purego")
	dot()
	train()
	Generate()
}

// forEach emits a loop over the vectors of x and w, whose count is a multiple of step and
// not zero; x is loaded into registers with the odd numbers moved to even places.
func forEach(body func(x, odd VecVirtual, w Mem)) {
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	w := Load(Param("w").Base(), GP64())
	Label("next")
	even, odd := YMM(), YMM()
	VMOVDQU(Mem{Base: x}, even)
	VPSRLQ(Imm(32), even, odd)
	body(even, odd, Mem{Base: w})
	ADDQ(Imm(4*step), x)
	ADDQ(Imm(4*step), w)
	SUBQ(Imm(step), n)
	JNZ(LabelRef("next"))
}

func dot() {
	TEXT("dotAVX2", NOSPLIT, "func(x, w []int32) int64")
	Doc("dotAVX2 is dot for len(x) = len(w), a multiple of 8 and not 0.")
	sum, more := YMM(), YMM()
	VPXOR(sum, sum, sum)
	VPXOR(more, more, more)
	forEach(func(x, odd VecVirtual, w Mem) {
		v, u := YMM(), YMM()
		VMOVDQU(w, v)
		VPSRLQ(Imm(32), v, u)
		VPMULDQ(x, v, v)
		VPMULDQ(odd, u, u)
		VPADDQ(v, sum, sum)
		VPADDQ(u, more, more)
	})
	VPADDQ(more, sum, sum)
	high := XMM()
	VEXTRACTI128(Imm(1), sum, high)
	VPADDQ(high, sum.AsX(), high)
	low := XMM()
	VPSHUFD(Imm(0x4E), high, low)
	VPADDQ(low, high, high)
	r := GP64()
	VMOVQ(high, r)
	VZEROUPPER()
	Store(r, ReturnIndex(0))
	RET()
}

func train() {
	TEXT("trainAVX2", NOSPLIT, "func(x, w []int32, step int32)")
	Doc("trainAVX2 is train for len(x) = len(w), a multiple of 8 and not 0.")
	s := Load(Param("step"), GP32())
	by := YMM()
	VMOVD(s, by.AsX())
	VPBROADCASTD(by.AsX(), by)
	half := YMM()
	h := GP64()
	MOVQ(I64(1<<29), h)
	VMOVQ(h, half.AsX())
	VPBROADCASTQ(half.AsX(), half)
	forEach(func(x, odd VecVirtual, w Mem) {
		VPMULDQ(by, x, x)
		VPMULDQ(by, odd, odd)
		VPADDQ(half, x, x)
		VPADDQ(half, odd, odd)
		// Bits 30 to 61 of a product are added to its weight.
		VPSRLQ(Imm(30), x, x)
		VPSLLQ(Imm(2), odd, odd)
		VPBLENDD(Imm(0xAA), odd, x, x)
		VPADDD(w, x, x)
		VMOVDQU(x, w)
	})
	VZEROUPPER()
	RET()
}
