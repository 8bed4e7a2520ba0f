package arith

import "fmt"

// Bits is the precision of a probability: p stands for p / 2^Bits.
const Bits = 22

const (
	top    = 1 << 24 // least range before a bit
	digits = 4       // bytes of low
)

// Encoder writes bits to memory.
type Encoder struct {
	out   []byte
	start int // where the message begins in out
	low   uint32
	width uint32 // the interval's size, "range" in the literature
}

// NewEncoder returns an encoder that appends its message to dst.
func NewEncoder(dst []byte) *Encoder {
	return &Encoder{out: dst, start: len(dst), width: 1<<32 - 1}
}

// Encode writes a bit whose probability of being 1 is p/2^22, 1 ≤ p < 2^22.
func (e *Encoder) Encode(bit int, p uint32) {
	bound := split(e.width, p)
	if bit != 0 {
		e.width = bound
	} else {
		sum := e.low + bound
		if sum < e.low {
			e.carry()
		}
		e.low = sum
		e.width -= bound
	}
	for e.width < top {
		e.out = append(e.out, byte(e.low>>24))
		e.low <<= 8
		e.width <<= 8
	}
}

// split returns the part of an interval that belongs to the bit 1.
func split(width, p uint32) uint32 {
	if p-1 >= 1<<Bits-1 {
		panic(fmt.Sprintf("arith: internal error: probability %d", p))
	}
	return uint32(uint64(width) * uint64(p) >> Bits)
}

// carry adds one to the number written so far. It is below 1 even then, so
// some byte is below 255.
func (e *Encoder) carry() {
	for i := len(e.out) - 1; ; i-- {
		e.out[i]++
		if e.out[i] != 0 {
			return
		}
	}
}

// Finish ends the message and returns it, appended to what NewEncoder was given.
func (e *Encoder) Finish() []byte {
	value := shortest(e.low, e.width)
	if value>>32 != 0 {
		e.carry()
	}
	e.out = append(e.out, byte(value>>24))
	end := len(e.out)
	for end > e.start && e.out[end-1] == 0 {
		end--
	}
	return e.out[:end]
}

// shortest returns the number in [low, low+width) with the most zero digits at
// its end, the least of several: 0 or 2^32 if one of them is in it, as only one
// can be, else the least multiple of top.
func shortest(low, width uint32) uint64 {
	if uint64(low)+uint64(width) > 1<<32 {
		return 1 << 32
	}
	return (uint64(low) + top - 1) &^ (top - 1) // below low+width, as width ≥ top
}
