package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// quantize rounds blocks of 64 numbers to int8, each by a scale of its own, and
// stores −128 times the sum of the rounded numbers; see Impl.Quantize. stride
// is the number of vectors between blocks.
func quantize(v vec) {
	TEXT("quantize"+v.suffix, NOSPLIT, "func(q *int8, scale *float32, bias *int32, x *float32, stride int, blocks int)")
	Pragma("noescape")
	q, scales, bias, x, stride, blocks := load("q"), load("scale"), load("bias"), load("x"), load("stride"), load("blocks")
	SHLQ(U8(2), stride)
	top, absolute, part, total := v.reg(), v.reg(), v.reg(), v.reg()
	VBROADCASTSS(constant("absolute", U32(0x7FFFFFFF)), absolute)
	big, tiny := XMM(), XMM()
	VMOVSS(constant("f127", F32(127)), big)
	VMOVSS(constant("tiny", F32(1.0/(1<<48)/(1<<48))), tiny)
	var pick VecVirtual
	if v.lanes == 8 {
		pick = YMM()
		VBROADCASTI128(constantBytes("quantize_bytes", 0, 4, 8, 12), pick)
	}
	Label("block")
	VPXOR(top.AsY(), top.AsY(), top.AsY())
	for i := range block / v.lanes {
		bitwiseAnd(v, Mem{Base: x, Disp: i * v.size}, absolute, part)
		VMAXPS(top, part, top)
	}
	largest, counts, scale, inverse := fold(top, VMAXPS, v.size), XMM(), XMM(), XMM()
	VDIVSS(big, largest, scale)
	VDIVSS(largest, big, inverse)
	VCMPSS(U8(13), tiny, largest, counts) // largest ≥ tiny
	VANDPS(counts, scale, scale)
	VANDPS(counts, inverse, inverse)
	VMOVSS(scale, Mem{Base: scales})
	factor := v.reg()
	VBROADCASTSS(inverse, factor)
	VPXOR(total.AsY(), total.AsY(), total.AsY())
	for i := range block / v.lanes {
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
	SHLL(U8(7), sum)
	NEGL(sum)
	MOVL(sum, Mem{Base: bias})
	ADDQ(U32(4*block), x)
	ADDQ(stride, scales)
	ADDQ(stride, bias)
	step := GP64()
	MOVQ(stride, step)
	SHLQ(U8(4), step)
	ADDQ(step, q)
	DECQ(blocks)
	JNZ(LabelRef("block"))
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
	VDIVSS(argument("dim"), mean, mean)
	VADDSS(argument("eps"), mean, mean)
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
	factor := v.operand("minus_log2e", -1.44269504088896340736)
	e := newExp2(v)
	body := func(offset Register, vectors int) {
		g, x := v.regs(vectors), v.regs(vectors)
		at := func(base Register, i int) Mem { return Mem{Base: base, Index: offset, Scale: 1, Disp: i * v.size} }
		for i := range x {
			VMOVUPS(at(gate, i), g[i])
			VMULPS(factor, g[i], x[i])
		}
		e.of(x)
		for i := range x {
			VADDPS(e.one, x[i], x[i])
			VDIVPS(x[i], g[i], x[i])
			VMULPS(at(up, i), x[i], x[i])
			VMOVUPS(x[i], at(dst, i))
		}
	}
	if v.lanes == 16 {
		unrolled(v, n, body)
	} else {
		loop("loop", n, lanes, func(offset Register) { body(offset, lanes/v.lanes) })
	}
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
