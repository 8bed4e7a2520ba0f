package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// quantize rounds one block of 64 numbers to int8 and returns its scale and
// the sum of the rounded numbers.
func quantize(v vec) {
	TEXT("quantize"+v.suffix, NOSPLIT, "func(q *int8, x *float32) (scale float32, sum int32)")
	Pragma("noescape")
	q, x := load("q"), load("x")
	parts := make([]VecVirtual, block/v.lanes)
	top, absolute, part := v.reg(), v.reg(), v.reg()
	VBROADCASTSS(constant("absolute", U32(0x7FFFFFFF)), absolute)
	VPXOR(top.AsY(), top.AsY(), top.AsY())
	for i := range parts {
		bitwiseAnd(v, Mem{Base: x, Disp: i * v.size}, absolute, part)
		VMAXPS(part, top, top)
	}
	largest, least, scale, inverse, big := fold(top, VMAXPS, v.size), XMM(), XMM(), XMM(), XMM()
	VMOVSS(constant("f127", F32(127)), big)
	VMOVSS(constant("tiny", F32(1.0/(1<<48)/(1<<48))), least)
	VDIVSS(big, largest, scale)
	VDIVSS(largest, big, inverse)
	VCMPSS(U8(13), least, largest, least) // largest ≥ tiny
	VANDPS(least, scale, scale)
	VANDPS(least, inverse, inverse)
	Store(scale, ReturnIndex(0))
	factor, total := v.reg(), v.reg()
	VBROADCASTSS(inverse, factor)
	VPXOR(total.AsY(), total.AsY(), total.AsY())
	var pick VecVirtual
	if v.lanes == 8 {
		pick = YMM()
		VBROADCASTI128(constantBytes("low_bytes", 0, 4, 8, 12), pick)
	}
	for i := range parts {
		VMULPS(Mem{Base: x, Disp: i * v.size}, factor, part)
		VCVTPS2DQ(part, part)
		VPADDD(part, total, total)
		if v.lanes == 16 {
			VPMOVDB(part, Mem{Base: q, Disp: 16 * i})
			continue
		}
		VPSHUFB(pick, part, part)
		upper := XMM()
		VEXTRACTI128(U8(1), part, upper)
		VPUNPCKLDQ(upper, part.AsX(), upper)
		VMOVQ(upper, Mem{Base: q, Disp: 8 * i})
	}
	sum := GP32()
	VMOVD(fold(total, VPADDD, v.size), sum)
	Store(sum, ReturnIndex(1))
	VZEROUPPER()
	RET()
}

func bitwiseAnd(v vec, m Mem, a, dst VecVirtual) {
	if v.lanes == 16 {
		VPANDD(m, a, dst)
	} else {
		VPAND(m, a, dst)
	}
}

// rmsNorm scales n numbers to a mean square of one, then by weights. Squares
// are summed in 16 lanes, then in pairs of lanes 8, 4, 2 and 1 apart.
func rmsNorm(v vec) {
	TEXT("rmsNorm"+v.suffix, NOSPLIT, "func(dst *float32, src *float32, weight *float32, n int, dim float32, eps float32)")
	Pragma("noescape")
	dst, src, weight, n := load("dst"), load("src"), load("weight"), load("n")
	sums, x := make([]VecVirtual, lanes/v.lanes), v.reg()
	for i := range sums {
		sums[i] = v.reg()
		VPXOR(sums[i].AsY(), sums[i].AsY(), sums[i].AsY())
	}
	loop("squares", n, lanes, func(offset Register) {
		for i := range sums {
			VMOVUPS(Mem{Base: src, Index: offset, Scale: 1, Disp: i * v.size}, x)
			VMULPS(x, x, x)
			VADDPS(x, sums[i], sums[i])
		}
	})
	if len(sums) == 2 {
		VADDPS(sums[1], sums[0], sums[0])
	}
	mean, one := fold(sums[0], VADDPS, v.size), XMM()
	dim, _ := Param("dim").Resolve()
	eps, _ := Param("eps").Resolve()
	VDIVSS(dim.Addr, mean, mean)
	VADDSS(eps.Addr, mean, mean)
	VSQRTSS(mean, mean, mean)
	VMOVSS(constant("one", F32(1)), one)
	VDIVSS(mean, one, one)
	inverse := v.reg()
	VBROADCASTSS(one, inverse)
	loop("scale", n, v.lanes, func(offset Register) {
		VMULPS(Mem{Base: src, Index: offset, Scale: 1}, inverse, x)
		VMULPS(Mem{Base: weight, Index: offset, Scale: 1}, x, x)
		VMOVUPS(x, Mem{Base: dst, Index: offset, Scale: 1})
	})
	VZEROUPPER()
	RET()
}

// siluMul computes gate / (1 + 2^(−gate·log2 e)) · up.
func siluMul(v vec) {
	TEXT("siluMul"+v.suffix, NOSPLIT, "func(dst *float32, gate *float32, up *float32, n int)")
	Pragma("noescape")
	dst, gate, up, n := load("dst"), load("gate"), load("up"), load("n")
	factor, g, x := v.float("minus_log2e", -1.44269504088896340736), v.reg(), v.reg()
	e := newExp2(v)
	loop("loop", n, v.lanes, func(offset Register) {
		VMOVUPS(Mem{Base: gate, Index: offset, Scale: 1}, g)
		VMULPS(factor, g, x)
		e.of(x)
		VADDPS(e.one, x, x)
		VDIVPS(x, g, x)
		VMULPS(Mem{Base: up, Index: offset, Scale: 1}, x, x)
		VMOVUPS(x, Mem{Base: dst, Index: offset, Scale: 1})
	})
	VZEROUPPER()
	RET()
}

// rotate computes x·c + (x with neighbours swapped)·s.
func rotate(v vec) {
	TEXT("rotate"+v.suffix, NOSPLIT, "func(x *float32, c *float32, s *float32, n int)")
	Pragma("noescape")
	x, c, s, n := load("x"), load("c"), load("s"), load("n")
	a, b := v.reg(), v.reg()
	loop("loop", n, v.lanes, func(offset Register) {
		VMOVUPS(Mem{Base: x, Index: offset, Scale: 1}, a)
		VPERMILPS(U8(0xB1), a, b)
		VMULPS(Mem{Base: c, Index: offset, Scale: 1}, a, a)
		VMULPS(Mem{Base: s, Index: offset, Scale: 1}, b, b)
		VADDPS(b, a, a)
		VMOVUPS(a, Mem{Base: x, Index: offset, Scale: 1})
	})
	VZEROUPPER()
	RET()
}

func add(v vec) {
	TEXT("add"+v.suffix, NOSPLIT, "func(dst *float32, src *float32, n int)")
	Pragma("noescape")
	dst, src, n := load("dst"), load("src"), load("n")
	a := v.reg()
	loop("loop", n, v.lanes, func(offset Register) {
		VMOVUPS(Mem{Base: dst, Index: offset, Scale: 1}, a)
		VADDPS(Mem{Base: src, Index: offset, Scale: 1}, a, a)
		VMOVUPS(a, Mem{Base: dst, Index: offset, Scale: 1})
	})
	VZEROUPPER()
	RET()
}

// constantBytes is a 16-byte constant, filled up with 0x80, which makes
// VPSHUFB write zero.
func constantBytes(name string, bytes ...byte) Mem {
	var words [2]uint64
	for i := range 16 {
		b := byte(0x80)
		if i < len(bytes) {
			b = bytes[i]
		}
		words[i/8] |= uint64(b) << (i % 8 * 8)
	}
	return constant(name, U64(words[0]), U64(words[1]))
}

// constant is read-only data of the given name, made once.
func constant(name string, values ...Constant) Mem {
	if m, ok := constants[name]; ok {
		return m
	}
	m, offset := GLOBL(name, RODATA|NOPTR), 0
	for _, v := range values {
		DATA(offset, v)
		offset += v.Bytes()
	}
	constants[name] = m
	return m
}

var constants = map[string]Mem{}
