package main

import (
	"fmt"
	"math"
	"strings"
)

// steps makes those that are not products.
func steps() {
	maximum()
	softmaxExp()
	softmaxSplit()
	exponentials()
	quantize()
	rmsNorm()
	siluMul()
	rotate()
	add()
}

// constant writes f to all lanes of a register, by way of W15.
func constant(v int, f float32) {
	bits := math.Float32bits(f)
	p("mov w15, #%d", bits&0xFFFF)
	p("movk w15, #%d, lsl #16", bits>>16)
	p("dup v%d.4s, w15", v)
}

// each writes instructions for four registers: X stands for those from V0 on, T for
// V4, P for V8, I and J for two that are given.
func each(text string, from ...int) {
	for i := range 4 {
		names := []string{"X", fmt.Sprintf("v%d.4s", i), "T", fmt.Sprintf("v%d.4s", 4+i), "P", fmt.Sprintf("v%d.4s", 8+i)}
		for k, v := range from {
			names = append(names, string("IJ"[k]), fmt.Sprintf("v%d.4s", v+i))
		}
		p("%s", strings.NewReplacer(names...).Replace(text))
	}
}

// with writes instructions for four registers, K standing for one and the same.
func with(v int, text string) {
	each(strings.ReplaceAll(text, "K", fmt.Sprintf("v%d.4s", v)))
}

// The registers of the constants of exp2: its bounds, 1.5·2^23, the coefficients from
// the sixth down to the zeroth.
const (
	least, greatest = 22, 23
	magic           = 24
	coefficients    = 25
)

func exp2Constants() {
	constant(least, -100)
	constant(greatest, 125)
	constant(magic, 3<<22)
	for i, c := range []float32{0.000154035303933816099544, 0.00133335581464284434235, 0.00961812910762847716198,
		0.0555041086648215799532, 0.240226506959100712334, 0.693147180559945309417, 1} {
		constant(coefficients+i, c)
	}
}

// exp2 replaces V0…V3 by their powers of 2, by way of V4…V11; see exp2 in generic.go.
func exp2() {
	with(least, "fmax X, X, K")
	with(greatest, "fmin X, X, K")
	with(magic, "fadd T, X, K")
	with(magic, "fsub P, T, K")
	each("fsub X, X, P")
	with(coefficients, "fmul P, K, X")
	for c := 1; c < 7; c++ {
		with(coefficients+c, "fadd P, P, K")
		if c < 6 {
			each("fmul P, P, X")
		}
	}
	each("shl T, T, #23")
	each("add X, T, P")
}

// load4 and store4 move 16 numbers between the registers from V(v) on and memory.
func load4(v int, x string) {
	p("ldp q%d, q%d, [%s]", v, v+1, x)
	p("ldp q%d, q%d, [%s, #32]", v+2, v+3, x)
}
func store4(v int, x string) {
	p("stp q%d, q%d, [%s]", v, v+1, x)
	p("stp q%d, q%d, [%s, #32]", v+2, v+3, x)
}

// next ends a loop that X(counter) counts by 16 down, and moves pointers of 16 numbers on.
func next(counter string, pointers ...string) {
	for _, x := range pointers {
		p("add %s, %[1]s, #64", x)
	}
	p("subs %s, %[1]s, #16", counter)
	p("b.ne loop")
}

const lowest = -math.MaxFloat32

func maximum() {
	begin("maximumNEON", "x *float32, n int", "float32", "// The largest of 16 numbers or more.")
	constant(16, lowest)
	p("loop:")
	load4(0, "x0")
	p("fmax v0.4s, v0.4s, v1.4s")
	p("fmax v2.4s, v2.4s, v3.4s")
	p("fmax v0.4s, v0.4s, v2.4s")
	p("fmax v16.4s, v16.4s, v0.4s")
	next("x1", "x0")
	p("fmaxv s0, v16.4s")
}

func softmaxExp() {
	begin("softmaxExpNEON", "z *float32, vs *float32, n int, max float32, sums *[16]int32", "float32",
		"// Exponentials times scales, and 16 sums of the exponentials times 2^18.")
	p("dup v20.4s, v0.s[0]")
	constant(21, 1<<18)
	constant(12, lowest)
	exp2Constants()
	for i := range 4 {
		p("movi v%d.2d, #0", 16+i)
	}
	p("loop:")
	load4(0, "x0")
	with(20, "fsub X, X, K")
	exp2()
	with(21, "fmul T, X, K")
	each("fcvtns T, T")
	each("add I, I, T", 16)
	load4(8, "x1")
	each("fmul X, X, P")
	store4(0, "x0")
	for i := range 4 {
		p("fmax v12.4s, v12.4s, v%d.4s", i)
	}
	next("x2", "x0", "x1")
	store4(16, "x3")
	p("fmaxv s0, v12.4s")
}

func softmaxSplit() {
	begin("softmaxSplitNEON", "hi *byte, lo *byte, a *float32, n int, inverse float32", "",
		"// The two bytes of numbers times inverse, rounded.")
	p("dup v20.4s, v0.s[0]")
	p("loop:")
	load4(0, "x2")
	with(20, "fmul X, X, K")
	each("fcvtns X, X")
	p("xtn v4.4h, v0.4s")
	p("xtn2 v4.8h, v1.4s")
	p("xtn v5.4h, v2.4s")
	p("xtn2 v5.8h, v3.4s")
	p("xtn v6.8b, v4.8h")
	p("xtn2 v6.16b, v5.8h")
	p("shrn v7.8b, v4.8h, #8")
	p("shrn2 v7.16b, v5.8h, #8")
	p("str q7, [x0], #16")
	p("str q6, [x1], #16")
	next("x3", "x2")
}

func exponentials() {
	begin("exponentialsNEON", "f *uint32, sums *uint32, logits *float32, n int, max float32", "",
		"// Weights of tokens, and the sums of 32 each.")
	p("dup v20.4s, v0.s[0]")
	constant(21, 1<<26)
	constant(13, 1.44269504088896340736)
	exp2Constants()
	p("movi v12.4s, #1")
	p("loop:")
	p("movi v14.2d, #0")
	for half := range 2 {
		load4(0, "x2")
		with(20, "fsub X, X, K")
		with(13, "fmul X, X, K")
		exp2()
		with(21, "fmul X, X, K")
		each("fcvtzs X, X")
		with(12, "add X, X, K")
		store4(0, "x0")
		for i := range 4 {
			p("add v14.4s, v14.4s, v%d.4s", i)
		}
		p("add x0, x0, #64")
		p("add x2, x2, #64")
		if half == 0 {
			p("sub x3, x3, #16")
		}
	}
	p("addv s14, v14.4s")
	p("str s14, [x1], #4")
	next("x3")
}

// quantize takes blocks of 64, in V0…V15.
func quantize() {
	begin("quantizeNEON", "q *int8, scale *float32, bias *int32, x *float32, stride int, blocks int", "",
		"// Blocks of 64 numbers as int8.")
	constant(28, 127)
	constant(29, 1.0/(1<<48)/(1<<48))
	p("loop:")
	for i := 0; i < 16; i += 2 {
		p("ldp q%d, q%d, [x3], #32", i, i+1)
	}
	p("fabs v16.4s, v0.4s")
	for i := 1; i < 16; i++ {
		p("fabs v17.4s, v%d.4s", i)
		p("fmax v16.4s, v16.4s, v17.4s")
	}
	p("fmaxv s16, v16.4s")
	p("fdiv s17, s16, s28") // the scale
	p("fdiv s18, s28, s16") // its inverse
	p("fcmp s16, s29")
	p("b.pl large") // not less
	p("movi v17.2d, #0")
	p("movi v18.2d, #0")
	p("large: str s17, [x1]")
	for i := range 16 {
		p("fmul v%d.4s, v%[1]d.4s, v18.s[0]", i)
		p("fcvtns v%d.4s, v%[1]d.4s", i)
	}
	p("movi v20.2d, #0")
	for i := 0; i < 16; i += 4 {
		p("add v21.4s, v%d.4s, v%d.4s", i, i+1)
		p("add v22.4s, v%d.4s, v%d.4s", i+2, i+3)
		p("add v20.4s, v20.4s, v21.4s")
		p("add v20.4s, v20.4s, v22.4s")
		p("xtn v24.4h, v%d.4s", i)
		p("xtn2 v24.8h, v%d.4s", i+1)
		p("xtn v25.4h, v%d.4s", i+2)
		p("xtn2 v25.8h, v%d.4s", i+3)
		p("xtn v24.8b, v24.8h")
		p("xtn2 v24.16b, v25.8h")
		p("str q24, [x0, #%d]", 4*i)
	}
	p("addv s20, v20.4s")
	p("shl v20.2s, v20.2s, #7")
	p("neg v20.2s, v20.2s")
	p("str s20, [x2]")
	p("add x0, x0, x4, lsl #6")
	p("add x1, x1, x4, lsl #2")
	p("add x2, x2, x4, lsl #2")
	p("subs x5, x5, #1")
	p("b.ne loop")
}

// rmsNorm has 16 partial sums in V16…V19.
func rmsNorm() {
	begin("rmsNormNEON", "dst *float32, src *float32, weight *float32, n int, dim float32, eps float32", "",
		"// src·weight/√(mean of squares + eps).")
	constant(20, 1)
	for i := range 4 {
		p("movi v%d.2d, #0", 16+i)
	}
	p("mov x4, x1")
	p("mov x5, x3")
	p("sums:")
	load4(8, "x4")
	each("fmul P, P, P")
	each("fadd I, I, P", 16)
	p("add x4, x4, #64")
	p("subs x5, x5, #16")
	p("b.ne sums")
	p("fadd v16.4s, v16.4s, v18.4s")
	p("fadd v17.4s, v17.4s, v19.4s")
	p("fadd v16.4s, v16.4s, v17.4s")
	p("ext v17.16b, v16.16b, v16.16b, #8")
	p("fadd v16.4s, v16.4s, v17.4s")
	p("dup v17.4s, v16.s[1]")
	p("fadd s16, s16, s17")
	p("fdiv s16, s16, s0")
	p("fadd s16, s16, s1")
	p("fsqrt s16, s16")
	p("fdiv s20, s20, s16")
	p("dup v20.4s, v20.s[0]")
	p("loop:")
	load4(0, "x1")
	load4(8, "x2")
	with(20, "fmul X, X, K")
	each("fmul X, X, P")
	store4(0, "x0")
	next("x3", "x0", "x1", "x2")
}

func rotate() {
	begin("rotateNEON", "x *float32, c *float32, s *float32, n int", "", "// x[j]·c[j] + x[j^1]·s[j], in place.")
	p("loop:")
	load4(0, "x0")
	each("rev64 T, X")
	load4(8, "x1")
	each("fmul X, X, P")
	load4(8, "x2")
	each("fmul T, T, P")
	each("fadd X, X, T")
	store4(0, "x0")
	next("x3", "x0", "x1", "x2")
}

func add() {
	begin("addNEON", "dst *float32, src *float32, n int", "", "// Adds src to dst.")
	p("loop:")
	load4(0, "x0")
	load4(8, "x1")
	each("fadd X, X, P")
	store4(0, "x0")
	next("x2", "x0", "x1")
}

func siluMul() {
	begin("siluMulNEON", "dst *float32, gate *float32, up *float32, n int", "", "// gate·sigmoid(gate)·up.")
	constant(20, -1.44269504088896340736)
	exp2Constants()
	p("loop:")
	load4(16, "x1")
	each("fmul X, I, v20.4s", 16)
	exp2()
	with(coefficients+6, "fadd X, X, K") // 1 + e
	each("fdiv X, I, X", 16)
	load4(8, "x2")
	each("fmul X, X, P")
	store4(0, "x0")
	next("x3", "x0", "x1", "x2")
}
