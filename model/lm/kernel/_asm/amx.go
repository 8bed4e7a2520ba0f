package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Neither avo nor the Go assembler knows the tile instructions, so they are
// written as bytes, after Intel's Software Developer's Manual, volume 2: a VEX
// prefix of three bytes with the opcode map 0F38, no operand size, then opcode
// and operands. Prefixes are told apart by the two bits pp.
const (
	ppNone = iota
	pp66
	ppF3
	ppF2
)

// tmm is one of the eight tile registers.
type tmm byte

func vex(pp byte, vvvv tmm, opcode byte, inverted byte, rest ...byte) []byte {
	return append([]byte{0xC4, inverted&0xE0 | 2, (^byte(vvvv) & 15 << 3) | pp, opcode}, rest...)
}

func tileInstruction(text string, inputs []Op, code []byte) {
	Comment(text)
	for _, b := range code {
		Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []Op{U8(b)}, Inputs: inputs})
	}
}

// memory encodes register and base+index+disp; base is neither RBP nor R13.
func memory(pp byte, opcode byte, t tmm, base, index Physical, disp int32) []byte {
	b, x := byte(base.PhysicalIndex()), byte(index.PhysicalIndex())
	inverted := byte(0xE0)
	if x >= 8 {
		inverted &^= 0x40
	}
	if b >= 8 {
		inverted &^= 0x20
	}
	return vex(pp, 0, opcode, inverted, 0x80|byte(t)<<3|4, x&7<<3|b&7,
		byte(disp), byte(disp>>8), byte(disp>>16), byte(disp>>24))
}

// tileLoad reads rows that lie stride bytes apart.
func tileLoad(t tmm, base, stride Physical, disp int) {
	tileInstruction(fmt.Sprintf("TILELOADD %d(%s)(%s*1), TMM%d", disp, base.Asm(), stride.Asm(), t),
		[]Op{base, stride}, memory(ppF2, 0x4B, t, base, stride, int32(disp)))
}

func tileStore(t tmm, base, stride Physical, disp int) {
	tileInstruction(fmt.Sprintf("TILESTORED TMM%d, %d(%s)(%s*1)", t, disp, base.Asm(), stride.Asm()),
		[]Op{base, stride}, memory(ppF3, 0x4B, t, base, stride, int32(disp)))
}

func tileZero(t tmm) {
	tileInstruction(fmt.Sprintf("TILEZERO TMM%d", t), nil, vex(ppF2, 0, 0x49, 0xE0, 0xC0|byte(t)<<3))
}

// tileDot adds to sum the products of the rows of a with the columns of b; pp
// tells which of them has signs.
func tileDot(pp byte, sum, a, b tmm) {
	name := [...]string{ppNone: "TDPBUUD", pp66: "TDPBUSD", ppF3: "TDPBSUD", ppF2: "TDPBSSD"}[pp]
	tileInstruction(fmt.Sprintf("%s TMM%d, TMM%d, TMM%d", name, b, a, sum), nil,
		vex(pp, b, 0x5E, 0xE0, 0xC0|byte(sum)<<3|byte(a)))
}

// tileConfigure reads 64 bytes at base.
func tileConfigure(base Physical) {
	b := byte(base.PhysicalIndex())
	tileInstruction(fmt.Sprintf("LDTILECFG (%s)", base.Asm()), []Op{base}, vex(ppNone, 0, 0x49, 0xE0, b))
}

func tileRelease() { tileInstruction("TILERELEASE", nil, vex(ppNone, 0, 0x49, 0xE0, 0xC0)) }

// most is the number of rows of a tile.
const most = 16

// tileShapes returns configurations for n = 0…16, of 64 bytes each: sums and
// left operands of n rows in tiles 0…5, right operands of 16 rows in 6 and 7.
func tileShapes() Mem {
	var shapes []Constant
	for n := range uint64(most + 1) {
		shapes = append(shapes, U64(1), U64(0),
			U64(0x0040004000400040), U64(0x0040004000400040), U64(0), U64(0),
			U64(n*0x0000010101010101|most*0x0101000000000000), U64(0))
	}
	return constant("tile_shapes", shapes...)
}

// alignedBuffer returns the address of size bytes of the stack from which
// loads do not cross cache lines.
func alignedBuffer(size int, buffer Register) {
	LEAQ(AllocLocal(size+64), buffer)
	ADDQ(U32(63), buffer)
	ANDQ(I8(-64), buffer)
}

// fetched is how many of the 16 lines of a tile of weights are fetched of those
// ahead: the reader has at least two passes over a strip of weights before it
// comes to the next.
const fetched = 8

// mulAMX multiplies n vectors by a group of 16 matrix rows with one tile
// instruction a block. The sums of a block leave the tiles while those of the
// next are computed. What the offset of the weights adds is taken off by a
// product with a tile of −128s.
func mulAMX(n int) {
	TEXT(fmt.Sprintf("mulAMX%d", n), 0, strings.Replace(mulArgs, "xb *int32", "ahead *byte", 1))
	Pragma("noescape")
	sumTiles := [2]tmm{0, 1}
	const vectors, weights, offset = tmm(2), tmm(6), tmm(7)
	w, q, stride64, buffer := RSI, RDI, RAX, RBX
	LEAQ(tileShapes().Offset(64*n), w)
	tileConfigure(w)
	LEAQ(constant("minus128", minus128()...), w)
	XORQ(stride64, stride64)
	tileLoad(offset, w, stride64, 0)
	alignedBuffer(2*1024, buffer)
	MOVQ(U32(64), stride64)
	Load(Param("w"), w)
	ahead := GP64()
	Load(Param("ahead"), ahead)
	dst, ldd, ws, groups, step, xs, left, out := GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("dst"), dst)
	Load(Param("ldd"), ldd)
	Load(Param("ws"), ws)
	Load(Param("groups"), groups)
	Load(Param("stride"), step)
	SHLQ(U8(2), ldd)
	SHLQ(U8(2), step)
	sum := make([]VecVirtual, n)
	for i := range sum {
		sum[i] = ZMM()
	}
	produce := func(k int) {
		tileLoad(weights, w, stride64, 0)
		tileLoad(vectors, q, stride64, 0)
		for c := range fetched {
			PREFETCHT1(Mem{Base: ahead, Disp: 64 * c})
		}
		ADDQ(U32(64*fetched), ahead)
		tileZero(sumTiles[k])
		tileDot(ppF2, sumTiles[k], vectors, offset)
		tileDot(ppF3, sumTiles[k], vectors, weights)
		tileStore(sumTiles[k], buffer, stride64, 1024*k)
		ADDQ(U32(64*block/4), w)
		next := GP64()
		MOVQ(step, next)
		SHLQ(U8(4), next)
		ADDQ(next, q)
	}
	consume := func(k int) {
		for i := range n {
			dot := ZMM()
			VCVTDQ2PS(Mem{Base: buffer, Disp: 1024*k + 64*i}, dot)
			VMULPS_BCST(Mem{Base: xs, Disp: 4 * i}, dot, dot)
			VADDPS(dot, sum[i], sum[i])
		}
		ADDQ(step, xs)
	}
	Label("group")
	Load(Param("q"), q)
	Load(Param("xs"), xs)
	Load(Param("blocks"), left)
	for i := range n {
		VPXORD(sum[i], sum[i], sum[i])
	}
	produce(0)
	DECQ(left)
	JZ(LabelRef("last_even"))
	Label("blocks")
	produce(1)
	consume(0)
	DECQ(left)
	JZ(LabelRef("last_odd"))
	produce(0)
	consume(1)
	DECQ(left)
	JNZ(LabelRef("blocks"))
	Label("last_even")
	consume(0)
	JMP(LabelRef("store"))
	Label("last_odd")
	consume(1)
	Label("store")
	scale := ZMM()
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
	tileRelease()
	VZEROUPPER()
	RET()
}

// accumulateAMX takes up to 16 heads, and slots by 64. Weights are the left,
// unsigned operand; of the values 32 columns at a time are the right one.
func accumulateAMX() {
	TEXT("accumulateAMX", 0, "func(dst *float32, hi *byte, lo *byte, ldw int, v *int8, ldv int, n int, heads int)")
	Pragma("noescape")
	const highWeights, lowWeights = tmm(4), tmm(5)
	high, low, values := [2]tmm{0, 1}, [2]tmm{2, 3}, [2]tmm{6, 7}
	heads, shape := load("heads"), RSI
	address := GP64()
	MOVQ(heads, address)
	SHLQ(U8(6), address)
	LEAQ(tileShapes(), shape)
	ADDQ(address, shape)
	tileConfigure(shape)
	buffer, stride64 := RBX, RDX
	alignedBuffer(4*1024, buffer)
	MOVQ(U32(64), stride64)
	ldw, ldv, hi, lo, v := RAX, RCX, RDI, R8, RSI
	Load(Param("ldw"), ldw)
	Load(Param("ldv"), ldv)
	dst, pass, left := load("dst"), GP64(), GP64()
	scale := ZMM()
	VBROADCASTSS(constant("f256", F32(256)), scale)
	XORQ(pass, pass)
	Label("columns")
	Load(Param("hi"), hi)
	Load(Param("lo"), lo)
	Load(Param("v"), v)
	Load(Param("n"), left)
	ADDQ(pass, v)
	for c := range 2 {
		tileZero(high[c])
		tileZero(low[c])
	}
	Label("slots")
	tileLoad(highWeights, hi, ldw, 0)
	tileLoad(lowWeights, lo, ldw, 0)
	for c := range 2 {
		tileLoad(values[c], v, ldv, 64*c)
		tileDot(pp66, high[c], highWeights, values[c])
		tileDot(pp66, low[c], lowWeights, values[c])
	}
	step := GP64()
	MOVQ(ldv, step)
	SHLQ(U8(4), step)
	ADDQ(step, v)
	ADDQ(U32(64), hi)
	ADDQ(U32(64), lo)
	SUBQ(U32(64), left)
	JNZ(LabelRef("slots"))
	for c := range 2 {
		tileStore(high[c], buffer, stride64, 1024*c)
		tileStore(low[c], buffer, stride64, 2048+1024*c)
	}
	at, out, head := GP64(), GP64(), GP64()
	MOVQ(buffer, at)
	MOVQ(dst, out)
	MOVQ(heads, head)
	Label("heads")
	for c := range 2 {
		a, b := ZMM(), ZMM()
		VCVTDQ2PS(Mem{Base: at, Disp: 1024 * c}, a)
		VCVTDQ2PS(Mem{Base: at, Disp: 2048 + 1024*c}, b)
		VMULPS(scale, a, a)
		VADDPS(b, a, a)
		VMOVUPS(a, Mem{Base: out, Disp: 64 * c})
	}
	ADDQ(U32(64), at)
	ADDQ(U32(4*block), out)
	DECQ(head)
	JNZ(LabelRef("heads"))
	ADDQ(U32(2*64), dst)
	ADDQ(U32(2*64), pass)
	CMPQ(pass, U32(4*64))
	JLT(LabelRef("columns"))
	tileRelease()
	VZEROUPPER()
	RET()
}

func minus128() []Constant {
	line := make([]Constant, 8)
	for i := range line {
		line[i] = U64(0x8080808080808080)
	}
	return line
}
