package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A product of some groups of 16 matrix rows with n vectors. The weights of a
// group are a stream of 64-byte lines [16 rows][4 columns]; stride is the
// number of vectors between blocks of the operands, ldd the floats between
// rows of dst.
const mulArgs = "func(dst *float32, ldd int, w *byte, ws *float32, groups int, q *int8, xs *float32, xb *int32, stride int, blocks int)"

type mulRegs struct {
	dst, ldd, w, ws, groups, q, xs, xb, stride, blocks Register
}

func loadMul() mulRegs {
	load := func(name string) Register { return Load(Param(name), GP64()) }
	r := mulRegs{load("dst"), load("ldd"), load("w"), load("ws"), load("groups"),
		nil, nil, nil, load("stride"), nil}
	SHLQ(U8(2), r.ldd)
	SHLQ(U8(2), r.stride)
	return r
}

// mulVNNI keeps the int32 sums of a block and the float32 sums of n vectors in
// registers. Weights are the unsigned operand; each line is read once and
// meets four values of every vector, broadcast from memory.
func mulVNNI(n int) {
	TEXT(fmt.Sprintf("mulVNNI%d", n), NOSPLIT, mulArgs)
	Pragma("noescape")
	r := loadMul()
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
		VMOVDQU64(Mem{Base: r.w, Disp: 64 * c}, line)
		for i := range n {
			VPDPBUSD_BCST(Mem{Base: q, Disp: block*i + 4*c}, line, dot[i])
		}
	}
	for i := range n {
		VCVTDQ2PS(dot[i], dot[i])
		VMULPS_BCST(Mem{Base: xs, Disp: 4 * i}, dot[i], dot[i])
		VADDPS(dot[i], sum[i], sum[i])
	}
	ADDQ(U32(64*block/4), r.w)
	ADDQ(r.stride, xs)
	ADDQ(r.stride, xb)
	step := GP64()
	MOVQ(r.stride, step)
	SHLQ(U8(4), step)
	ADDQ(step, q)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	scale, out := ZMM(), GP64()
	VMOVUPS(Mem{Base: r.ws}, scale)
	MOVQ(r.dst, out)
	for i := range n {
		VMULPS(scale, sum[i], sum[i])
		VMOVUPS(sum[i], Mem{Base: out})
		if i+1 < n {
			ADDQ(r.ldd, out)
		}
	}
	ADDQ(U32(4*lanes), r.dst)
	ADDQ(U32(4*lanes), r.ws)
	DECQ(r.groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// mulAVX2 works on eight rows at a time. The product of bytes is that of
// |weight| and the value with the weight's sign: both at most 127 in
// magnitude, so no sum of two saturates 16 bits.
func mulAVX2(n int) {
	TEXT(fmt.Sprintf("mulAVX2x%d", n), NOSPLIT, mulArgs)
	Pragma("noescape")
	r := loadMul()
	q, xs, blocks, w, half := GP64(), GP64(), GP64(), GP64(), GP64()
	sum, dot := make([]VecVirtual, n), make([]VecVirtual, n)
	for i := range n {
		sum[i], dot[i] = YMM(), YMM()
	}
	line, size, product := YMM(), YMM(), YMM()
	offset, ones := YMM(), YMM()
	VPBROADCASTD(constant("offset128", U32(0x80808080)), offset)
	VPBROADCASTD(constant("ones16", U32(0x00010001)), ones)
	Label("group")
	MOVQ(U32(2), half)
	Label("half")
	MOVQ(r.w, w)
	Load(Param("q"), q)
	Load(Param("xs"), xs)
	Load(Param("blocks"), blocks)
	for i := range n {
		VPXOR(sum[i], sum[i], sum[i])
	}
	Label("block")
	for i := range n {
		VPXOR(dot[i], dot[i], dot[i])
	}
	for c := range block / 4 {
		VPXOR(Mem{Base: w, Disp: 64 * c}, offset, line)
		VPABSB(line, size)
		for i := range n {
			VPBROADCASTD(Mem{Base: q, Disp: block*i + 4*c}, product)
			VPSIGNB(line, product, product)
			VPMADDUBSW(product, size, product)
			VPMADDWD(ones, product, product)
			VPADDD(product, dot[i], dot[i])
		}
	}
	for i := range n {
		VCVTDQ2PS(dot[i], dot[i])
		VBROADCASTSS(Mem{Base: xs, Disp: 4 * i}, product)
		VMULPS(product, dot[i], dot[i])
		VADDPS(dot[i], sum[i], sum[i])
	}
	ADDQ(U32(64*block/4), w)
	ADDQ(r.stride, xs)
	step := GP64()
	MOVQ(r.stride, step)
	SHLQ(U8(4), step)
	ADDQ(step, q)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	out := GP64()
	VMOVUPS(Mem{Base: r.ws}, product)
	MOVQ(r.dst, out)
	for i := range n {
		VMULPS(product, sum[i], sum[i])
		VMOVUPS(sum[i], Mem{Base: out})
		if i+1 < n {
			ADDQ(r.ldd, out)
		}
	}
	ADDQ(U32(4*lanes/2), r.dst)
	ADDQ(U32(4*lanes/2), r.ws)
	ADDQ(U32(32), r.w)
	DECQ(half)
	JNZ(LabelRef("half"))
	MOVQ(w, r.w)
	SUBQ(U32(32), r.w)
	DECQ(r.groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
