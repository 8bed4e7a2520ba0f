package main

import "fmt"

const mulArgs = "dst *float32, ldd int, w *byte, ws *float32, groups int, q *int8, xs *float32, xb *int32, stride int, blocks int"

// products makes those of some groups of 16 matrix rows with n vectors, and the sums
// of attention.
func products() {
	for n := 1; n <= 4; n++ {
		mulDot(n)
	}
	for n := 1; n <= 2; n++ {
		mulLong(n)
	}
	for n := 1; n <= 6; n++ {
		mulI8MM(n)
	}
	accumulateDot()
	accumulateLong()
	accumulateI8MM()
}

// mulLoops writes what all products have: the loops over groups and blocks, with the
// float32 sums in dst. X10 is the operand, X11 its scales, X12 the blocks left, X13
// a row of dst; dots writes the sums of a block to the 4n registers from V0 on. The
// first paired vectors are in pairs: of four sums in a register, two are of one row and
// two of the next, for either vector of the pair; so are those in dst until the end.
func mulLoops(n, paired int, dots func()) {
	p("lsl x1, x1, #2")
	p("group: mov x10, x5")
	p("mov x11, x6")
	p("mov x12, x9")
	p("movi v0.2d, #0")
	eachRow(n, func(int) {
		p("stp q0, q0, [x13]")
		p("stp q0, q0, [x13, #32]")
	})
	p("block:")
	dots()
	eachRow(n, func(i int) {
		scale := "v28.4s" // of the pair
		switch {
		case i >= paired:
			p("ldr s28, [x11, #%d]", 4*i)
			scale = "v28.s[0]"
		case i%2 == 0:
			p("ldr d28, [x11, #%d]", 4*i)
			p("dup v28.2d, v28.d[0]")
		}
		p("ldp q24, q25, [x13]")
		p("ldp q26, q27, [x13, #32]")
		for r := range 4 {
			p("scvtf v%d.4s, v%[1]d.4s", 4*i+r)
		}
		for r := range 4 {
			p("fmul v%d.4s, v%[1]d.4s, %s", 4*i+r, scale)
		}
		for r := range 4 {
			p("fadd v%d.4s, v%[1]d.4s, v%d.4s", 24+r, 4*i+r)
		}
		p("stp q24, q25, [x13]")
		p("stp q26, q27, [x13, #32]")
	})
	p("add x10, x10, x8, lsl #6")
	p("add x11, x11, x8, lsl #2")
	p("subs x12, x12, #1")
	p("b.ne block")
	p("ldp q24, q25, [x3], #32")
	p("ldp q26, q27, [x3], #32")
	eachRow(n, func(i int) {
		switch {
		case i >= paired:
			load4(0, "x13")
			scaled(0, "x13")
		case i%2 == 0:
			p("add x14, x13, x1")
			load4(0, "x13")
			load4(4, "x14")
			for r := range 4 {
				p("uzp1 v%d.4s, v%d.4s, v%d.4s", 16+r, 2*r, 2*r+1)
				p("uzp2 v%d.4s, v%d.4s, v%d.4s", 20+r, 2*r, 2*r+1)
			}
			scaled(16, "x13")
			scaled(20, "x14")
		}
	})
	p("add x0, x0, #%d", 4*lanes)
	p("subs x4, x4, #1")
	p("b.ne group")
}

// scaled stores the four registers from V(v) on times the rows' scales, V24…V27.
func scaled(v int, x string) {
	for r := range 4 {
		p("fmul v%d.4s, v%[1]d.4s, v%d.4s", v+r, 24+r)
	}
	store4(v, x)
}

// eachRow has X13 point to the row of dst of each vector.
func eachRow(n int, do func(i int)) {
	p("mov x13, x0")
	for i := range n {
		do(i)
		if i+1 < n {
			p("add x13, x13, x1")
		}
	}
}

// signed loads 64 bytes of weights to the four registers from V(r) on, without their
// offset.
func signed(r int) {
	p("ldp q%d, q%d, [x2], #32", r, r+1)
	p("ldp q%d, q%d, [x2], #32", r+2, r+3)
	for i := range 4 {
		p("eor v%d.16b, v%[1]d.16b, v31.16b", r+i)
	}
}

// mulDot multiplies by SDOT, which takes four products to a sum: a register of
// weights holds four columns of four rows.
func mulDot(n int) {
	begin(fmt.Sprintf("mulDot%d", n), mulArgs, "", "// A product by SDOT.")
	p("movi v31.16b, #0x80")
	mulLoops(n, 0, func() {
		for i := range 4 * n {
			p("movi v%d.2d, #0", i)
		}
		for k := range block / 16 {
			for i := range n {
				p("ldr q%d, [x10, #%d]", 20+i, block*i+16*k)
			}
			for j := range 4 {
				signed(16)
				for i := range n {
					for r := range 4 {
						p("sdot v%d.4s, v%d.16b, v%d.4b[%d]", 4*i+r, 16+r, 20+i, j)
					}
				}
			}
		}
	})
}

// mulLong multiplies bytes to words, two of which never overflow in a sum, and adds
// pairs of those to the sums. V0…V(8n−1) have two sums for each row.
func mulLong(n int) {
	begin(fmt.Sprintf("mulLong%d", n), mulArgs, "", "// A product by SMULL and SADALP.")
	p("movi v31.16b, #0x80")
	mulLoops(n, 0, func() {
		for i := range 8 * n {
			p("movi v%d.2d, #0", i)
		}
		p("mov x14, x10")
		p("mov x15, #%d", block/8)
		p("columns:")
		signed(16)
		signed(20)
		for i := range n {
			p("add x13, x14, #%d", block*i)
			p("ld1r {v24.4s}, [x13], #4")
			p("ld1r {v25.4s}, [x13]")
			for r := range 4 {
				p("smull v26.8h, v%d.8b, v24.8b", 16+r)
				p("smull2 v27.8h, v%d.16b, v24.16b", 16+r)
				p("smlal v26.8h, v%d.8b, v25.8b", 20+r)
				p("smlal2 v27.8h, v%d.16b, v25.16b", 20+r)
				p("sadalp v%d.4s, v26.8h", 8*i+2*r)
				p("sadalp v%d.4s, v27.8h", 8*i+2*r+1)
			}
		}
		p("add x14, x14, #8")
		p("subs x15, x15, #1")
		p("b.ne columns")
		for i := range 4 * n {
			p("addp v%d.4s, v%d.4s, v%d.4s", i, 2*i, 2*i+1)
		}
	})
}

// mulI8MM multiplies by USMMLA, which adds to four sums the products of eight columns
// of two rows with two vectors, and an odd vector by USDOT, which is like SDOT. Both
// take the weights with their offset, for which the sums begin with the bias. Weights
// lie for SDOT, so two registers that hold four columns of four rows each are zipped
// to two that hold eight columns of two rows: that serves all vectors, and memory has
// one order of weights for all kernels. X13, X15 and X16 point to the second vectors
// of pairs.
func mulI8MM(n int) {
	begin(fmt.Sprintf("mulI8MM%d", n), mulArgs, "", "// A product by USMMLA, and by USDOT of an odd vector.")
	paired, second := n&^1, []string{"x13", "x15", "x16"}
	quads := 4 // of rows, at a time
	if n > 5 {
		quads = 2
	}
	w := 31 - 2*quads   // quads of four columns, quads of the next four, a free one
	x := w - 3          // vectors, behind the sums
	p("sub x7, x7, x6") // from the scales to the biases
	mulLoops(n, paired, func() {
		p("add x14, x11, x7")
		for i := 0; i < paired; i += 2 {
			p("ldr d%d, [x14, #%d]", x+i/2, 4*i)
			p("add %s, x10, #%d", second[i/2], block*(i+1))
		}
		for r := range 4 * paired {
			p("dup v%d.2d, v%d.d[0]", r, x+r/8)
		}
		if paired < n {
			p("ldr s%d, [x14, #%d]", x, 4*paired)
			for r := range 4 {
				p("dup v%d.4s, v%d.s[0]", 4*paired+r, x)
			}
		}
		for c := 0; c < block; c += 8 {
			for i := 0; i < n; i += 2 {
				p("ldr d%d, [x10, #%d]", x+i/2, block*i+c)
				if i < paired {
					p("ld1 {v%d.d}[1], [%s], #8", x+i/2, second[i/2])
				}
			}
			for q := 0; q < 4; q += quads {
				for j := range 2 {
					for s := 0; s < quads; s += 2 {
						p("ldp q%d, q%d, [x2, #%d]", w+quads*j+s, w+quads*j+s+1, lanes*(c+4*j)+16*(q+s))
					}
				}
				if paired < n {
					for j := range 2 {
						for s := range quads {
							p("usdot v%d.4s, v%d.16b, v%d.4b[%d]", 4*paired+q+s, w+quads*j+s, x+paired/2, j)
						}
					}
				}
				if paired > 0 {
					zipped(n, q, quads, w, x)
				}
			}
		}
		p("add x2, x2, #%d", lanes*block)
	})
}

// zipped multiplies quads of rows from q on with pairs of vectors.
func zipped(n, q, quads, w, x int) {
	free := 31
	var rows []int // the registers of two rows each
	for s := range quads {
		p("zip1 v%d.4s, v%d.4s, v%d.4s", free, w+s, w+quads+s)
		p("zip2 v%d.4s, v%[1]d.4s, v%d.4s", w+s, w+quads+s)
		rows = append(rows, free, w+s)
		free = w + quads + s
	}
	for i := 0; i+1 < n; i += 2 {
		for r, v := range rows {
			p("usmmla v%d.4s, v%d.16b, v%d.16b", 4*i+2*q+r, v, x+i/2)
		}
	}
}

const accumulateArgs = "dst *float32, hi *byte, lo *byte, ldw int, v *int8, ldv int, n int"

// accumulateLoops writes the loops over two halves of 32 columns and the slots, four
// at a time. V18 and V19 are the weights of four slots, V0…V7 and V8…V15 the sums.
func accumulateLoops(begin, slots func(), end func()) {
	p("mov x7, #2")
	p("columns: mov x8, x1")
	p("mov x9, x2")
	p("mov x10, x4")
	p("mov x11, x6")
	begin()
	p("slots:")
	slots()
	p("add x10, x10, x5")
	p("subs x11, x11, #4")
	p("b.ne slots")
	end()
	constant(30, 256)
	for i := range 8 {
		p("scvtf v%d.4s, v%[1]d.4s", i)
		p("scvtf v%d.4s, v%[1]d.4s", 8+i)
		p("fmul v%d.4s, v%[1]d.4s, v30.4s", i)
		p("fadd v%d.4s, v%[1]d.4s, v%d.4s", i, 8+i)
	}
	for i := 0; i < 8; i += 2 {
		p("stp q%d, q%d, [x0], #32", i, i+1)
	}
	p("add x4, x4, #128")
	p("subs x7, x7, #1")
	p("b.ne columns")
}

// accumulateDot makes values unsigned by an offset of 128, by which the sums are
// corrected: V16 and V17 sum the weights.
func accumulateDot() {
	begin("accumulateDot", accumulateArgs, "", "// Sums of attention by UDOT, of one head.")
	accumulateLoops(func() {
		p("movi v31.16b, #0x80")
		p("movi v29.16b, #1")
		for i := range 18 {
			p("movi v%d.2d, #0", i)
		}
	}, func() {
		p("ldr s18, [x8], #4")
		p("ldr s19, [x9], #4")
		p("udot v16.4s, v29.16b, v18.4b[0]")
		p("udot v17.4s, v29.16b, v19.4b[0]")
		for i := 0; i < 8; i += 2 {
			p("ldp q%d, q%d, [x10, #%d]", 20+i, 21+i, 16*i)
		}
		for i := range 8 {
			p("eor v%d.16b, v%[1]d.16b, v31.16b", 20+i)
			p("udot v%d.4s, v%d.16b, v18.4b[0]", i, 20+i)
			p("udot v%d.4s, v%d.16b, v19.4b[0]", 8+i, 20+i)
		}
	}, func() {
		p("shl v16.4s, v16.4s, #7")
		p("shl v17.4s, v17.4s, #7")
		for i := range 8 {
			p("sub v%d.4s, v%[1]d.4s, v16.4s", i)
			p("sub v%d.4s, v%[1]d.4s, v17.4s", 8+i)
		}
	})
}

// accumulateLong widens bytes to words, since weights have no signs and values do:
// one half of the columns, one word of weights after the other, would need 32 sums,
// so that two of the four slots' sums are added first.
func accumulateLong() {
	begin("accumulateLong", accumulateArgs, "", "// Sums of attention by SMLAL, of one head.")
	accumulateLoops(func() {
		for i := range 16 {
			p("movi v%d.2d, #0", i)
		}
	}, func() {
		p("ld1r {v18.4s}, [x8], #4")
		p("ld1r {v19.4s}, [x9], #4")
		p("uxtl v18.8h, v18.8b") // the weights of four slots, twice
		p("uxtl v19.8h, v19.8b")
		for i := range 8 {
			p("ldr q20, [x10, #%d]", 16*i)
			p("sxtl v21.8h, v20.8b") // four slots of two columns
			p("sxtl2 v22.8h, v20.16b")
			for plane := range 2 {
				p("smull v23.4s, v21.4h, v%d.4h", 18+plane)
				p("smull2 v24.4s, v21.8h, v%d.8h", 18+plane)
				p("smull v25.4s, v22.4h, v%d.4h", 18+plane)
				p("smull2 v26.4s, v22.8h, v%d.8h", 18+plane)
				p("addp v23.4s, v23.4s, v24.4s")
				p("addp v25.4s, v25.4s, v26.4s")
				p("addp v23.4s, v23.4s, v25.4s")
				p("add v%d.4s, v%[1]d.4s, v23.4s", 8*plane+i)
			}
		}
	}, func() {})
}

// accumulateI8MM is accumulateDot with values as they are.
func accumulateI8MM() {
	begin("accumulateI8MM", accumulateArgs, "", "// Sums of attention by SUDOT, of one head.")
	accumulateLoops(func() {
		for i := range 16 {
			p("movi v%d.2d, #0", i)
		}
	}, func() {
		p("ldr s18, [x8], #4")
		p("ldr s19, [x9], #4")
		for i := 0; i < 8; i += 2 {
			p("ldp q%d, q%d, [x10, #%d]", 20+i, 21+i, 16*i)
		}
		for i := range 8 {
			p("sudot v%d.4s, v%d.16b, v18.4b[0]", i, 20+i)
			p("sudot v%d.4s, v%d.16b, v19.4b[0]", 8+i, 20+i)
		}
	}, func() {})
}
