package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Processors with AVX-VNNI and without AVX-512 have VPDPBUSD in its VEX form only,
// which neither avo nor the Go assembler knows: it is written as bytes, and all
// vector registers of these functions are given by hand.

var ymm = [...]VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15}

// dotVEX adds to each of eight sums four products of bytes of a, unsigned, and of b:
// VEX.256.66.0F38.W0 50 /r in Intel's Software Developer's Manual, volume 2.
func dotVEX(b, a, sum int) {
	Comment(fmt.Sprintf("VPDPBUSD Y%d, Y%d, Y%d (VEX)", b, a, sum))
	second := byte(0xE2) // map 0F38, no high bits
	if sum >= 8 {
		second &^= 0x80
	}
	if b >= 8 {
		second &^= 0x20
	}
	third := ^byte(a)&15<<3 | 1<<2 | pp66
	for _, code := range []byte{0xC4, second, third, 0x50, 0xC0 | byte(sum&7)<<3 | byte(b&7)} {
		Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []Op{U8(code)}})
	}
}

// mulAVXVNNI is mulVNNI for registers of half the size. The float32 sums lie on the
// stack. Y0…Y11 hold the sums of a block, Y12 and Y13 a line of weights, Y14 and Y15
// the values of vectors.
func mulAVXVNNI(n int) {
	TEXT(fmt.Sprintf("mulAVXVNNI%d", n), NOSPLIT, mulArgs)
	Pragma("noescape")
	dst, ldd, w, ws, groups, stride := load("dst"), load("ldd"), load("w"), load("ws"), load("groups"), load("stride")
	SHLQ(U8(2), ldd)
	SHLQ(U8(2), stride)
	q, xs, xb, blocks := GP64(), GP64(), GP64(), GP64()
	sums := AllocLocal(n * lanes * 4)
	half := [2]int{0, 32}
	const line, value = 12, 14
	Label("group")
	Load(Param("q"), q)
	Load(Param("xs"), xs)
	Load(Param("xb"), xb)
	Load(Param("blocks"), blocks)
	VPXOR(ymm[0], ymm[0], ymm[0])
	for i := range 2 * n {
		VMOVUPS(ymm[0], sums.Offset(32*i))
	}
	Label("block")
	for i := range n {
		VPBROADCASTD(Mem{Base: xb, Disp: 4 * i}, ymm[2*i])
		VMOVDQA(ymm[2*i], ymm[2*i+1])
	}
	for c := range block / 4 {
		if n > 2 {
			PREFETCHT0(Mem{Base: w, Disp: 64*c + ahead})
		}
		for h := range half {
			VMOVDQU(Mem{Base: w, Disp: 64*c + half[h]}, ymm[line+h])
		}
		for i := range n {
			VPBROADCASTD(Mem{Base: q, Disp: block*i + 4*c}, ymm[value+i%2])
			for h := range half {
				dotVEX(value+i%2, line+h, 2*i+h)
			}
		}
	}
	for i := range n {
		VBROADCASTSS(Mem{Base: xs, Disp: 4 * i}, ymm[value])
		for h := range half {
			dot, sum := ymm[2*i+h], sums.Offset(64*i+half[h])
			VCVTDQ2PS(dot, dot)
			VMULPS(ymm[value], dot, dot)
			VADDPS(sum, dot, dot)
			VMOVUPS(dot, sum)
		}
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
	out := GP64()
	MOVQ(dst, out)
	for h := range half {
		VMOVUPS(Mem{Base: ws, Disp: half[h]}, ymm[line+h])
	}
	for i := range n {
		for h := range half {
			VMULPS(sums.Offset(64*i+half[h]), ymm[line+h], ymm[value])
			VMOVUPS(ymm[value], Mem{Base: out, Disp: half[h]})
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

// accumulateAVXVNNI takes one head and 32 columns at a time. Y0…Y7 hold sums, Y8 and
// Y9 weights, Y10 values, Y11 the factor 256.
func accumulateAVXVNNI() {
	TEXT("accumulateAVXVNNI", NOSPLIT, accumulateArgs)
	Pragma("noescape")
	dst, hi, lo, v, ldv, n := load("dst"), load("hi"), load("lo"), load("v"), load("ldv"), load("n")
	const lines, weight, value, scale = 4, 8, 10, 11 // lines of eight columns
	columns := GP64()
	MOVQ(U32(2), columns)
	VBROADCASTSS(constant("f256", F32(256)), ymm[scale])
	Label("columns")
	for i := range 2 * lines {
		VPXOR(ymm[i], ymm[i], ymm[i])
	}
	slot, at := GP64(), GP64()
	XORQ(slot, slot)
	MOVQ(v, at)
	Label("slots")
	VPBROADCASTD(Mem{Base: hi, Index: slot, Scale: 1}, ymm[weight])
	VPBROADCASTD(Mem{Base: lo, Index: slot, Scale: 1}, ymm[weight+1])
	for l := range lines {
		VMOVDQU(Mem{Base: at, Disp: 32 * l}, ymm[value])
		dotVEX(value, weight, l)
		dotVEX(value, weight+1, lines+l)
	}
	ADDQ(ldv, at)
	ADDQ(U32(4), slot)
	CMPQ(slot, n)
	JLT(LabelRef("slots"))
	for l := range lines {
		high, low := ymm[l], ymm[lines+l]
		VCVTDQ2PS(high, high)
		VCVTDQ2PS(low, low)
		VMULPS(ymm[scale], high, high)
		VADDPS(low, high, high)
		VMOVUPS(high, Mem{Base: dst, Disp: 32 * l})
	}
	ADDQ(U32(128), v)
	ADDQ(U32(128), dst)
	DECQ(columns)
	JNZ(LabelRef("columns"))
	VZEROUPPER()
	RET()
}
