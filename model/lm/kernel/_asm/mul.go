package main

import (
	"fmt"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A product of some groups of 16 matrix rows with n vectors. The weights of a
// group are a stream of 64-byte lines [16 rows][4 columns]; stride is the
// number of vectors between blocks of the operands, ldd the floats between
// rows of dst.
const mulArgs = "func(dst *float32, ldd int, w *byte, ws *float32, groups int, q *int8, xs *float32, xb *int32, stride int, blocks int)"

// ahead is how far weights are fetched before their use, in bytes. Few vectors
// do without: what is out of order then reaches far enough itself. With many, a line
// takes long to multiply, and farAhead is better, to the second level of the cache; so
// it was measured on Zen 4. Three vectors are mostly query heads that meet keys.
const (
	ahead    = 4 << 10
	farAhead = 16 << 10
)

// mulVNNI keeps the int32 sums of a block and the float32 sums of n vectors in
// registers. Weights are the unsigned operand; each line is read once and
// meets four values of every vector, broadcast from memory.
func mulVNNI(n int) {
	TEXT(fmt.Sprintf("mulVNNI%d", n), NOSPLIT, mulArgs)
	Pragma("noescape")
	dst, ldd, w, ws, groups, stride := load("dst"), load("ldd"), load("w"), load("ws"), load("groups"), load("stride")
	SHLQ(U8(2), ldd)
	SHLQ(U8(2), stride)
	q, xs, xb, blocks := GP64(), GP64(), GP64(), GP64()
	sum, dot := make([]VecVirtual, n), make([]VecVirtual, n)
	for i := range n {
		sum[i], dot[i] = ZMM(), ZMM()
	}
	line := ZMM()
	Label("group")
	Load(Param("q"), q)
	Load(Param("xs"), xs)
	Load(Param("xb"), xb)
	Load(Param("blocks"), blocks)
	for i := range n {
		VPXORD(sum[i], sum[i], sum[i])
	}
	Label("block")
	for i := range n {
		VPBROADCASTD(Mem{Base: xb, Disp: 4 * i}, dot[i])
	}
	for c := range block / 4 {
		switch {
		case n == 3:
			PREFETCHT0(Mem{Base: w, Disp: 64*c + ahead})
		case n > 6:
			PREFETCHT1(Mem{Base: w, Disp: 64*c + farAhead})
		}
		VMOVDQU64(Mem{Base: w, Disp: 64 * c}, line)
		for i := range n {
			VPDPBUSD_BCST(Mem{Base: q, Disp: block*i + 4*c}, line, dot[i])
		}
	}
	for i := range n {
		VCVTDQ2PS(dot[i], dot[i])
		VMULPS_BCST(Mem{Base: xs, Disp: 4 * i}, dot[i], dot[i])
		VADDPS(dot[i], sum[i], sum[i])
	}
	ADDQ(U32(64*block/4), w)
	ADDQ(stride, xs)
	ADDQ(stride, xb)
	step := GP64()
	MOVQ(stride, step)
	SHLQ(U8(4), step)
	ADDQ(step, q)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	scale, out := ZMM(), GP64()
	VMOVUPS(Mem{Base: ws}, scale)
	MOVQ(dst, out)
	for i := range n {
		VMULPS(scale, sum[i], sum[i])
		VMOVUPS(sum[i], Mem{Base: out})
		if i+1 < n {
			ADDQ(ldd, out)
		}
	}
	ADDQ(U32(4*lanes), dst)
	ADDQ(U32(4*lanes), ws)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// widenAVX2 turns blocks of n vectors into words that mulAVX2 reads: for each
// vector of a block 16 pairs of values with even numbers, then 16 with odd ones.
func widenAVX2() {
	TEXT("widenAVX2", NOSPLIT, "func(words *int16, q *int8, n int, stride int, blocks int)")
	Pragma("noescape")
	words, q, n, stride, blocks := load("words"), load("q"), load("n"), load("stride"), load("blocks")
	SHLQ(U8(6), stride)
	at, left, even, odd := GP64(), GP64(), YMM(), YMM()
	Label("block")
	MOVQ(q, at)
	MOVQ(n, left)
	Label("vector")
	for h := range 2 {
		VMOVDQU(Mem{Base: at, Disp: 32 * h}, odd)
		VPSLLW(U8(8), odd, even)
		VPSRAW(U8(8), even, even)
		VPSRAW(U8(8), odd, odd)
		VMOVDQU(even, Mem{Base: words, Disp: 32 * h})
		VMOVDQU(odd, Mem{Base: words, Disp: block + 32*h})
	}
	ADDQ(U32(2*block), words)
	ADDQ(U32(block), at)
	DECQ(left)
	JNZ(LabelRef("vector"))
	ADDQ(stride, q)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// mulAVX2 multiplies 16 bits, since a sum of two byte products would saturate:
// words of a line's even columns meet a vector's even values, odd ones odd
// ones. The float32 sums lie on the stack. across is the number of vectors
// between blocks of words.
func mulAVX2(n int) {
	TEXT(fmt.Sprintf("mulAVX2x%d", n), NOSPLIT, "func(dst *float32, ldd int, w *byte, ws *float32, groups int, words *int16, across int, xs *float32, xb *int32, stride int, blocks int)")
	Pragma("noescape")
	dst, ldd, w, ws, groups, stride, across := load("dst"), load("ldd"), load("w"), load("ws"), load("groups"), load("stride"), load("across")
	SHLQ(U8(2), ldd)
	SHLQ(U8(2), stride)
	SHLQ(U8(7), across)
	words, xs, xb, blocks := GP64(), GP64(), GP64(), GP64()
	sums := AllocLocal(n * lanes * 4)
	half := [2]int{0, 32}
	low := constant("low_bytes", slices.Repeat([]Constant{U64(0x00FF00FF00FF00FF)}, 4)...)
	dot := make([][2]VecVirtual, n)
	for i := range n {
		dot[i] = [2]VecVirtual{YMM(), YMM()}
	}
	line := [2]VecVirtual{YMM(), YMM()}
	a, b := YMM(), YMM()
	Label("group")
	Load(Param("words"), words)
	Load(Param("xs"), xs)
	Load(Param("xb"), xb)
	Load(Param("blocks"), blocks)
	VPXOR(a, a, a)
	for i := range 2 * n {
		VMOVUPS(a, sums.Offset(32*i))
	}
	Label("block")
	for i := range n {
		VPBROADCASTD(Mem{Base: xb, Disp: 4 * i}, dot[i][0])
		VMOVDQA(dot[i][0], dot[i][1])
	}
	for c := range block / 4 {
		if n > 2 {
			PREFETCHT0(Mem{Base: w, Disp: 64*c + ahead})
		}
		for odd := range 2 {
			for h := range half {
				VMOVDQU(Mem{Base: w, Disp: 64*c + half[h]}, line[h])
				if odd == 0 {
					VPAND(low, line[h], line[h])
				} else {
					VPSRLW(U8(8), line[h], line[h])
				}
			}
			for i := range n {
				VPBROADCASTD(Mem{Base: words, Disp: 2*block*i + block*odd + 4*c}, a)
				VPMADDWD(line[0], a, b)
				VPADDD(b, dot[i][0], dot[i][0])
				VPMADDWD(line[1], a, a)
				VPADDD(a, dot[i][1], dot[i][1])
			}
		}
	}
	for i := range n {
		VBROADCASTSS(Mem{Base: xs, Disp: 4 * i}, a)
		for h := range half {
			sum := sums.Offset(64*i + half[h])
			VCVTDQ2PS(dot[i][h], dot[i][h])
			VMULPS(a, dot[i][h], dot[i][h])
			VADDPS(sum, dot[i][h], dot[i][h])
			VMOVUPS(dot[i][h], sum)
		}
	}
	ADDQ(U32(64*block/4), w)
	ADDQ(stride, xs)
	ADDQ(stride, xb)
	ADDQ(across, words)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	out := GP64()
	MOVQ(dst, out)
	for h := range half {
		VMOVUPS(Mem{Base: ws, Disp: half[h]}, line[h])
	}
	for i := range n {
		for h := range half {
			VMULPS(sums.Offset(64*i+half[h]), line[h], a)
			VMOVUPS(a, Mem{Base: out, Disp: half[h]})
		}
		if i+1 < n {
			ADDQ(ldd, out)
		}
	}
	ADDQ(U32(4*lanes), dst)
	ADDQ(U32(4*lanes), ws)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
