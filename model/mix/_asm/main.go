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
	dotRows()
	trainRows()
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
		v := YMM()
		VMOVDQU(w, v)
		multiply(x, odd, v, sum, more)
	})
	finish(sum, more)
}

// multiply adds to sum and more the products of x and w, which it overwrites.
func multiply(x, odd, w, sum, more VecVirtual) {
	u := YMM()
	VPSRLQ(Imm(32), w, u)
	VPMULDQ(x, w, w)
	VPMULDQ(odd, u, u)
	VPADDQ(w, sum, sum)
	VPADDQ(u, more, more)
}

// finish returns the sum of all in sum and more.
func finish(sum, more VecVirtual) {
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
	by, half := steps()
	forEach(func(x, odd VecVirtual, w Mem) {
		move(x, odd, by, half)
		VPADDD(w, x, x)
		VMOVDQU(x, w)
	})
	VZEROUPPER()
	RET()
}

// steps returns the step in all places, and what rounds its products.
func steps() (by, half VecVirtual) {
	s := Load(Param("step"), GP32())
	by = YMM()
	VMOVD(s, by.AsX())
	VPBROADCASTD(by.AsX(), by)
	half = YMM()
	h := GP64()
	MOVQ(I64(1<<29), h)
	VMOVQ(h, half.AsX())
	VPBROADCASTQ(half.AsX(), half)
	return by, half
}

// move makes x what is added to the weights of x: bits 30 to 61 of the products.
func move(x, odd, by, half VecVirtual) {
	VPMULDQ(by, x, x)
	VPMULDQ(by, odd, odd)
	VPADDQ(half, x, x)
	VPADDQ(half, odd, odd)
	VPSRLQ(Imm(30), x, x)
	VPSLLQ(Imm(2), odd, odd)
	VPBLENDD(Imm(0xAA), odd, x, x)
}

const rows = 4

// forRows is forEach with the vectors of w that begin at places.
func forRows(body func(x, odd VecVirtual, w [rows]Mem)) {
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	all := Load(Param("w"), GP64())
	at := Load(Param("at"), GP64())
	SUBQ(x, all)
	var w [rows]Mem
	for i := range w {
		p := GP64()
		MOVQ(Mem{Base: at, Disp: 8 * i}, p)
		LEAQ(Mem{Base: all, Index: p, Scale: 4}, p)
		w[i] = Mem{Base: x, Index: p, Scale: 1}
	}
	Label("next")
	even, odd := YMM(), YMM()
	VMOVDQU(Mem{Base: x}, even)
	VPSRLQ(Imm(32), even, odd)
	body(even, odd, w)
	ADDQ(Imm(4*step), x)
	SUBQ(Imm(step), n)
	JNZ(LabelRef("next"))
}

func dotRows() {
	TEXT("dotRowsAVX2", NOSPLIT, "func(x *int32, n int, w *int32, at *[4]int) int64")
	Doc("dotRowsAVX2 is Selected.dotGeneric for n weights at places of w.")
	sum, more := YMM(), YMM()
	VPXOR(sum, sum, sum)
	VPXOR(more, more, more)
	forRows(func(x, odd VecVirtual, w [rows]Mem) {
		v, u := YMM(), YMM()
		VMOVDQU(w[0], v)
		VMOVDQU(w[2], u)
		VPADDD(w[1], v, v)
		VPADDD(w[3], u, u)
		VPADDD(u, v, v)
		multiply(x, odd, v, sum, more)
	})
	finish(sum, more)
}

func trainRows() {
	TEXT("trainRowsAVX2", NOSPLIT, "func(x *int32, n int, w *int32, at *[4]int, step int32)")
	Doc("trainRowsAVX2 is Selected.trainGeneric for n weights at places of w.")
	by, half := steps()
	forRows(func(x, odd VecVirtual, w [rows]Mem) {
		move(x, odd, by, half)
		for _, m := range w {
			v := YMM()
			VPADDD(m, x, v)
			VMOVDQU(v, m)
		}
	})
	VZEROUPPER()
	RET()
}
