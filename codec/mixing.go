package codec

import (
	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/paq"
)

// mixing is how a block is coded by context mixing alone: the first byte of its
// payload.
type mixing struct {
	profile paq.Profile
	log     int // of the slots for contexts
}

func (m mixing) byte() byte { return byte(m.profile)<<5 | byte(m.log) }

// readMixing returns what the first byte of a payload says.
func readMixing(payload []byte) (m mixing, ok bool) {
	if len(payload) == 0 {
		return mixing{}, false
	}
	return mixing{paq.Profile(payload[0] >> 5), int(payload[0] & 31)}, true
}

// reserved reports whether m is of a later version.
func (m mixing) reserved() bool { return m.profile >= paq.Profiles || m.log > paq.MaxLog }

// fits reports whether a block of size bytes, those of a dictionary included, may be
// coded so.
func (m mixing) fits(size int) bool {
	return m.log >= paq.MinLog && m.log <= paq.LogFor(size, paq.MaxLog)
}

// memory returns an upper bound of what decoding a block of size bytes takes, with
// a dictionary of primed bytes.
func (m mixing) memory(size, primed int) int64 {
	need := paq.Memory(m.log, size+primed)
	if primed > 0 && need <= kept {
		need *= 2
	}
	return need
}

// encodeMixing codes content by context mixing alone.
func encodeMixing(content []byte, x mixing, d *Dictionary, tick func(done int)) []byte {
	collect(x.memory(len(content), d.size()))
	m, c := d.predictor(x, len(content)), arith.NewEncoder([]byte{x.byte()})
	for i, b := range content {
		if i%4096 == 0 {
			tick(i)
		}
		for shift := 7; shift >= 0; shift-- {
			bit := int(b >> shift & 1)
			c.Encode(bit, m.Predict())
			m.Update(bit)
		}
	}
	return c.Finish()
}

// decodeMixing returns the size bytes that payload, behind its first byte, stands
// for. It fails with arith.ErrCorrupt if it is not what encodeMixing writes.
func decodeMixing(payload []byte, x mixing, size int, d *Dictionary, tick func(done int)) ([]byte, error) {
	m, c := d.predictor(x, size), arith.NewDecoder(payload[1:])
	for i := range size {
		for range 8 {
			m.Update(c.Decode(m.Predict()))
		}
		if i%4096 == 0 {
			tick(i)
		}
	}
	return m.Text()[d.size():], c.Finish()
}
