package arith

import "errors"

// ErrCorrupt says that a message is not what an Encoder writes.
var ErrCorrupt = errors.New("arith: message is not what an encoder writes")

// Decoder reads the bits of a message. It follows the encoder's low, so that
// Finish can tell how the message must end.
type Decoder struct {
	src   []byte
	at    int // digits taken, including those past the end
	low   uint32
	width uint32
	code  uint32 // the digits minus low
	bad   bool   // the number lies outside the first interval
}

// NewDecoder returns a decoder of src, which it does not change.
func NewDecoder(src []byte) *Decoder {
	d := &Decoder{src: src, width: 1<<32 - 1}
	for range digits {
		d.code = d.code<<8 | uint32(d.next())
	}
	if d.code >= d.width {
		d.code, d.bad = 0, true
	}
	return d
}

func (d *Decoder) next() (digit byte) {
	if d.at < len(d.src) {
		digit = d.src[d.at]
	}
	d.at++
	return digit
}

// Decode returns the next bit, given the probability p/2^22 of a 1.
func (d *Decoder) Decode(p uint32) int {
	bound := split(d.width, p)
	bit := 0
	if d.code < bound {
		d.width = bound
		bit = 1
	} else {
		d.code -= bound
		d.low += bound
		d.width -= bound
	}
	for d.width < top {
		d.low <<= 8
		d.width <<= 8
		d.code = d.code<<8 | uint32(d.next())
	}
	return bit
}

// Finish returns nil if the message is exactly what an Encoder would have
// written for the bits decoded, and ErrCorrupt if it is not.
func (d *Decoder) Finish() error {
	if d.bad || len(d.src) > 0 && d.src[len(d.src)-1] == 0 {
		return ErrCorrupt
	}
	if len(d.src) > d.at || uint64(d.low)+uint64(d.code) != shortest(d.low, d.width) {
		return ErrCorrupt
	}
	return nil
}
