// Command asm generates the amd64 kernels. Run it in this folder:
//
//	go run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg kernel
package main

import (
	"bytes"
	"flag"
	"log"
	"os"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	lanes = 16
	block = 64
	tile  = 12 // vectors of a VNNI product
	pair  = 6  // vectors of a product in registers of 32 bytes
	// leastAMX is the least number of vectors of an AMX product.
	leastAMX = 4
)

func main() {
	ConstraintExpr("!purego")
	for n := 1; n <= tile; n++ {
		mulVNNI(n)
	}
	widenAVX2()
	for n := 1; n <= pair; n++ {
		mulAVX2(n)
	}
	for n := 1; n <= pair; n++ {
		mulAVXVNNI(n)
	}
	accumulateAVXVNNI()
	for heads := 1; heads <= 3; heads++ {
		accumulateVNNI(heads)
	}
	accumulateAVX2()
	for n := leastAMX; n <= most; n++ {
		mulAMX(n)
	}
	accumulateAMX()
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
	for _, file := range []string{"out", "stubs"} {
		nameCommand(flag.Lookup(file).Value.String())
	}
}

// nameCommand corrects the command in the head of a file: avo takes a generator
// for a single source file.
func nameCommand(file string) {
	text, err := os.ReadFile(file)
	if err == nil {
		text = bytes.Replace(text, []byte("go run main.go "), []byte("go run . "), 1)
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
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

func (v vec) regs(n int) []VecVirtual {
	list := make([]VecVirtual, n)
	for i := range list {
		list[i] = v.reg()
	}
	return list
}

// operand is a constant in all lanes: in a register where there are many, else
// in memory.
func (v vec) operand(name string, f float32) Op {
	if v.lanes == 16 {
		return v.float(name, f)
	}
	return constant(name+"_x8", slices.Repeat([]Constant{F32(f)}, 8)...)
}

func load(name string) Register { return Load(Param(name), GP64()) }

// argument is where a parameter lies.
func argument(name string) Mem {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// loop emits body for elements 0, step, 2·step … of n, with the byte offset of
// the element if each has four bytes.
func loop(label string, n Register, step int, body func(offset Register)) {
	offset, end := GP64(), GP64()
	XORQ(offset, offset)
	MOVQ(n, end)
	SHLQ(U8(2), end)
	while(label, offset, end, step, body)
}

// unrolled is loop for groups of 16 elements, two groups in turn while there
// are as many. The body is given the number of vectors it is to work on.
func unrolled(v vec, n Register, body func(offset Register, vectors int)) {
	offset, end := GP64(), GP64()
	XORQ(offset, offset)
	MOVQ(n, end)
	ANDQ(I8(-2*lanes), end)
	SHLQ(U8(2), end)
	while("two_groups", offset, end, 2*lanes, func(offset Register) { body(offset, 2*lanes/v.lanes) })
	MOVQ(n, end)
	SHLQ(U8(2), end)
	while("one_group", offset, end, lanes, func(offset Register) { body(offset, lanes/v.lanes) })
}

func while(label string, offset, end Register, step int, body func(offset Register)) {
	JMP(LabelRef(label + "_test"))
	Label(label)
	body(offset)
	ADDQ(U32(4*step), offset)
	Label(label + "_test")
	CMPQ(offset, end)
	JLT(LabelRef(label))
}

// fold combines the lanes of r: those half a vector apart, then a quarter, and
// so on. The result is in every lane.
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
	low, high, magic, c6, c5, c4, c3, c2, c1, one Op
}

// notAbove0 is for arguments that are never positive: they need no upper bound.
func (e exp2) notAbove0() exp2 {
	e.high = nil
	return e
}

func newExp2(v vec) exp2 {
	return exp2{
		v: v, low: v.operand("exp_low", -100), high: v.operand("exp_high", 125), magic: v.operand("magic", 3<<22),
		c6:  v.operand("exp_c6", 0.000154035303933816099544),
		c5:  v.operand("exp_c5", 0.00133335581464284434235),
		c4:  v.operand("exp_c4", 0.00961812910762847716198),
		c3:  v.operand("exp_c3", 0.0555041086648215799532),
		c2:  v.operand("exp_c2", 0.240226506959100712334),
		c1:  v.operand("exp_c1", 0.693147180559945309417),
		one: v.operand("one", 1),
	}
}

// of replaces each x by 2^x, up to two at a time, since one's operations wait
// for each other. MAXPS returns its second source, here the bound, if the
// other is not a number.
func (e exp2) of(all []VecVirtual) {
	for len(all) > 0 {
		xs := all[:min(2, len(all))]
		all = all[len(xs):]
		t, p := e.v.regs(len(xs)), e.v.regs(len(xs))
		each := func(f func(x, t, p VecVirtual)) {
			for i, x := range xs {
				f(x, t[i], p[i])
			}
		}
		each(func(x, t, p VecVirtual) { VMAXPS(e.low, x, x) })
		if e.high != nil {
			each(func(x, t, p VecVirtual) { VMINPS(e.high, x, x) })
		}
		each(func(x, t, p VecVirtual) { VADDPS(e.magic, x, t) })
		each(func(x, t, p VecVirtual) { VSUBPS(e.magic, t, p) })
		each(func(x, t, p VecVirtual) { VSUBPS(p, x, x) })
		each(func(x, t, p VecVirtual) { VMULPS(e.c6, x, p) })
		for _, c := range []Op{e.c5, e.c4, e.c3, e.c2, e.c1} {
			each(func(x, t, p VecVirtual) { VADDPS(c, p, p) })
			each(func(x, t, p VecVirtual) { VMULPS(x, p, p) })
		}
		each(func(x, t, p VecVirtual) { VADDPS(e.one, p, p) })
		each(func(x, t, p VecVirtual) { VPSLLD(U8(23), t, t) })
		each(func(x, t, p VecVirtual) { VPADDD(t, p, x) })
	}
}
