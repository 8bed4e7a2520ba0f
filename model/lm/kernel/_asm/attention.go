package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Sums of weights times values over n slots for 64 columns; see
// Impl.Accumulate. ldv is the bytes between lines of four slots, ldw those
// between the weights of heads.
const accumulateArgs = "func(dst *float32, hi *byte, lo *byte, ldw int, v *int8, ldv int, n int)"

// accumulateVNNI reads each value line once for all heads. The weights of four
// slots, unsigned bytes, are broadcast to a register.
func accumulateVNNI(heads int) {
	TEXT(fmt.Sprintf("accumulateVNNI%d", heads), NOSPLIT, accumulateArgs)
	Pragma("noescape")
	dst, hi, lo, ldw, v, ldv, n := load("dst"), load("hi"), load("lo"), load("ldw"), load("v"), load("ldv"), load("n")
	const lines = 4
	sum := make([][2][lines]VecVirtual, heads)
	for h := range heads {
		for p := range 2 {
			for l := range lines {
				sum[h][p][l] = ZMM()
				VPXORD(sum[h][p][l], sum[h][p][l], sum[h][p][l])
			}
		}
	}
	slot, weight := GP64(), ZMM()
	XORQ(slot, slot)
	var line [lines]VecVirtual
	for l := range lines {
		line[l] = ZMM()
	}
	Label("slots")
	for l := range lines {
		VMOVDQU64(Mem{Base: v, Disp: 64 * l}, line[l])
	}
	for h := range heads {
		for p, plane := range []Register{hi, lo} {
			at := Mem{Base: plane, Index: slot, Scale: 1}
			if h > 0 {
				address := GP64()
				LEAQ(Mem{Base: plane, Index: ldw, Scale: uint8(h)}, address)
				at.Base = address
			}
			VPBROADCASTD(at, weight)
			for l := range lines {
				VPDPBUSD(line[l], weight, sum[h][p][l])
			}
		}
	}
	ADDQ(ldv, v)
	ADDQ(U32(4), slot)
	CMPQ(slot, n)
	JLT(LabelRef("slots"))
	scale := ZMM()
	VBROADCASTSS(constant("f256", F32(256)), scale)
	for h := range heads {
		for l := range lines {
			a, b := sum[h][0][l], sum[h][1][l]
			VCVTDQ2PS(a, a)
			VCVTDQ2PS(b, b)
			VMULPS(scale, a, a)
			VADDPS(b, a, a)
			VMOVUPS(a, Mem{Base: dst, Disp: 4*block*h + 64*l})
		}
	}
	VZEROUPPER()
	RET()
}

// accumulateAVX2 takes one head and 16 columns at a time. Bytes are widened to
// 16 bits, since a weight of 255 would saturate a sum of byte products.
func accumulateAVX2() {
	TEXT("accumulateAVX2", NOSPLIT, accumulateArgs)
	Pragma("noescape")
	dst, hi, lo, v, ldv, n := load("dst"), load("hi"), load("lo"), load("v"), load("ldv"), load("n")
	const lines = 4 // of four columns each
	columns := GP64()
	MOVQ(U32(4), columns)
	scale := YMM()
	VBROADCASTSS(constant("f256", F32(256)), scale)
	Label("columns")
	var sum [2][lines]VecVirtual
	for p := range sum {
		for l := range lines {
			sum[p][l] = YMM()
			VPXOR(sum[p][l], sum[p][l], sum[p][l])
		}
	}
	slot, at := GP64(), GP64()
	XORQ(slot, slot)
	MOVQ(v, at)
	weightHi, weightLo, line, product := YMM(), YMM(), YMM(), YMM()
	Label("slots")
	for _, w := range []struct {
		plane Register
		reg   VecVirtual
	}{{hi, weightHi}, {lo, weightLo}} {
		VPBROADCASTD(Mem{Base: w.plane, Index: slot, Scale: 1}, w.reg.AsX())
		VPMOVZXBW(w.reg.AsX(), w.reg)
	}
	for l := range lines {
		VPMOVSXBW(Mem{Base: at, Disp: 16 * l}, line)
		VPMADDWD(line, weightHi, product)
		VPADDD(product, sum[0][l], sum[0][l])
		VPMADDWD(line, weightLo, product)
		VPADDD(product, sum[1][l], sum[1][l])
	}
	ADDQ(ldv, at)
	ADDQ(U32(4), slot)
	CMPQ(slot, n)
	JLT(LabelRef("slots"))
	// A line holds two partial sums for each of four columns; adding
	// neighbours of two lines interleaves their halves.
	for l := 0; l < lines; l += 2 {
		for p := range sum {
			VPHADDD(sum[p][l+1], sum[p][l], sum[p][l])
			VPERMQ(U8(0xD8), sum[p][l], sum[p][l])
			VCVTDQ2PS(sum[p][l], sum[p][l])
		}
		VMULPS(scale, sum[0][l], sum[0][l])
		VADDPS(sum[1][l], sum[0][l], sum[0][l])
		VMOVUPS(sum[0][l], Mem{Base: dst, Disp: 16 * l})
	}
	ADDQ(U32(64), v)
	ADDQ(U32(64), dst)
	DECQ(columns)
	JNZ(LabelRef("columns"))
	VZEROUPPER()
	RET()
}

// softmaxExp turns logits into exponentials times value scales, and adds the
// exponentials, scaled by 2^18, to 16 integer sums.
func softmaxExp(v vec) {
	TEXT("softmaxExp"+v.suffix, NOSPLIT, "func(z *float32, vs *float32, n int, max float32, sums *[16]int32) (top float32)")
	Pragma("noescape")
	z, vs, n, sums := load("z"), load("vs"), load("n"), load("sums")
	max, top, scale := v.reg(), v.reg(), v.operand("two18", 1<<18)
	VBROADCASTSS(argument("max"), max)
	VBROADCASTSS(constant("lowest", F32(-3.4028234663852886e38)), top)
	total := v.regs(lanes / v.lanes)
	for _, t := range total {
		VPXOR(t.AsY(), t.AsY(), t.AsY())
	}
	e, d := newExp2(v).notAbove0(), v.reg()
	body := func(offset Register, vectors int) {
		x := v.regs(vectors)
		for i := range x {
			VMOVUPS(Mem{Base: z, Index: offset, Scale: 1, Disp: i * v.size}, x[i])
			VSUBPS(max, x[i], x[i])
		}
		e.of(x)
		for i := range x {
			VMULPS(scale, x[i], d)
			VCVTPS2DQ(d, d)
			VPADDD(d, total[i%len(total)], total[i%len(total)])
			VMULPS(Mem{Base: vs, Index: offset, Scale: 1, Disp: i * v.size}, x[i], x[i])
			VMOVUPS(x[i], Mem{Base: z, Index: offset, Scale: 1, Disp: i * v.size})
			VMAXPS(top, x[i], top)
		}
	}
	if v.lanes == 16 {
		unrolled(v, n, body)
	} else {
		loop("loop", n, lanes, func(offset Register) { body(offset, lanes/v.lanes) })
	}
	for i := range total {
		VMOVUPS(total[i], Mem{Base: sums, Disp: i * v.size})
	}
	Store(fold(top, VMAXPS, v.size), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// softmaxSplit rounds a·inverse to 16 bits and stores the two bytes apart.
func softmaxSplit(v vec) {
	TEXT("softmaxSplit"+v.suffix, NOSPLIT, "func(hi *byte, lo *byte, a *float32, n int, inverse float32)")
	Pragma("noescape")
	hi, lo, a, n := load("hi"), load("lo"), load("a"), load("n")
	inverse, x := v.reg(), v.reg()
	VBROADCASTSS(argument("inverse"), inverse)
	if v.lanes == 16 {
		splitAVX512(hi, lo, a, n, inverse)
		return
	}
	at := GP64()
	// Low bytes of the four numbers of a half to its first four bytes, second
	// bytes to the next four.
	pick := YMM()
	VBROADCASTI128(constantBytes("split_bytes", 0, 4, 8, 12, 1, 5, 9, 13), pick)
	loop("loop", n, v.lanes, func(offset Register) {
		VMULPS(Mem{Base: a, Index: offset, Scale: 1}, inverse, x)
		VCVTPS2DQ(x, x)
		MOVQ(offset, at)
		SHRQ(U8(2), at)
		VPSHUFB(pick, x, x)
		upper := XMM()
		VEXTRACTI128(U8(1), x, upper)
		VPUNPCKLDQ(upper, x.AsX(), upper)
		VMOVQ(upper, Mem{Base: lo, Index: at, Scale: 1})
		VPSRLDQ(U8(8), upper, upper)
		VMOVQ(upper, Mem{Base: hi, Index: at, Scale: 1})
	})
	VZEROUPPER()
	RET()
}

// splitAVX512 packs 64 numbers at a time, the rest by 16. Packing works on the
// four parts of a register apart, so the words of 4 bytes come out in the order
// 0 4 8 12, 1 5 9 13, …, which one permutation mends.
func splitAVX512(hi, lo, a, n Register, inverse VecVirtual) {
	order, mask := ZMM(), ZMM()
	VMOVDQU64(constant("packed_order",
		U64(0|4<<32), U64(8|12<<32), U64(1|5<<32), U64(9|13<<32),
		U64(2|6<<32), U64(10|14<<32), U64(3|7<<32), U64(11|15<<32)), order)
	VPBROADCASTD(constant("low_byte", U32(0x00FF00FF)), mask)
	offset, end, at := GP64(), GP64(), GP64()
	XORQ(offset, offset)
	MOVQ(n, end)
	ANDQ(I8(-64), end)
	SHLQ(U8(2), end)
	rounded := func(i int) VecVirtual {
		x := ZMM()
		VMULPS(Mem{Base: a, Index: offset, Scale: 1, Disp: 64 * i}, inverse, x)
		VCVTPS2DQ(x, x)
		return x
	}
	while("many", offset, end, 64, func(offset Register) {
		MOVQ(offset, at)
		SHRQ(U8(2), at)
		var words [2]VecVirtual
		for i := range words {
			words[i] = ZMM()
			x, y := rounded(2*i), rounded(2*i+1)
			VPACKUSDW(y, x, words[i])
		}
		var low [2]VecVirtual
		for i, w := range words {
			low[i] = ZMM()
			VPANDD(mask, w, low[i])
			VPSRLW(U8(8), w, w)
		}
		VPACKUSWB(low[1], low[0], low[0])
		VPACKUSWB(words[1], words[0], words[0])
		VPERMD(low[0], order, low[0])
		VPERMD(words[0], order, words[0])
		VMOVDQU64(low[0], Mem{Base: lo, Index: at, Scale: 1})
		VMOVDQU64(words[0], Mem{Base: hi, Index: at, Scale: 1})
	})
	MOVQ(n, end)
	SHLQ(U8(2), end)
	while("some", offset, end, 16, func(offset Register) {
		MOVQ(offset, at)
		SHRQ(U8(2), at)
		x := rounded(0)
		VPMOVDB(x, Mem{Base: lo, Index: at, Scale: 1})
		VPSRLD(U8(8), x, x)
		VPMOVDB(x, Mem{Base: hi, Index: at, Scale: 1})
	})
	VZEROUPPER()
	RET()
}

// maximum returns the largest of n numbers.
func maximum(v vec) {
	TEXT("maximum"+v.suffix, NOSPLIT, "func(x *float32, n int) float32")
	Pragma("noescape")
	x, n, a, top := load("x"), load("n"), v.reg(), v.reg()
	VBROADCASTSS(Mem{Base: x}, top)
	loop("loop", n, v.lanes, func(offset Register) {
		VMOVUPS(Mem{Base: x, Index: offset, Scale: 1}, a)
		VMAXPS(top, a, top)
	})
	Store(fold(top, VMAXPS, v.size), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// exponentials computes the integer weights of logits and their sums by 32.
func exponentials(v vec) {
	TEXT("exponentials"+v.suffix, NOSPLIT, "func(f *uint32, sums *uint32, logits *float32, n int, max float32)")
	Pragma("noescape")
	f, sums, logits, n := load("f"), load("sums"), load("logits"), load("n")
	max, total := v.reg(), v.reg()
	VBROADCASTSS(argument("max"), max)
	log2e, scale := v.operand("log2e", 1.44269504088896340736), v.operand("two26", 1<<26)
	one := v.reg()
	VPBROADCASTD(constant("int_one", U32(1)), one)
	e := newExp2(v).notAbove0()
	loop("loop", n, 32, func(offset Register) {
		VPXOR(total.AsY(), total.AsY(), total.AsY())
		for i := 0; i < 32/v.lanes; i += 2 {
			x := v.regs(2)
			for j := range x {
				VMOVUPS(Mem{Base: logits, Index: offset, Scale: 1, Disp: (i + j) * v.size}, x[j])
				VSUBPS(max, x[j], x[j])
				VMULPS(log2e, x[j], x[j])
			}
			e.of(x)
			for j := range x {
				VMULPS(scale, x[j], x[j])
				VCVTTPS2DQ(x[j], x[j])
				VPADDD(one, x[j], x[j])
				VPADDD(x[j], total, total)
				VMOVUPS(x[j], Mem{Base: f, Index: offset, Scale: 1, Disp: (i + j) * v.size})
			}
		}
		VMOVD(fold(total, VPADDD, v.size), Mem{Base: sums})
		ADDQ(U32(4), sums)
	})
	VZEROUPPER()
	RET()
}
