package codec

import (
	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/cm"
)

// encodeMixing codes content with the context mixer alone.
func encodeMixing(content []byte, tick func(done int)) []byte {
	m, c := cm.New(1, len(content)), arith.NewEncoder(nil)
	h := m.History(0)
	for i, b := range content {
		if i%4096 == 0 {
			tick(i)
		}
		for shift := 7; shift >= 0; shift-- {
			bit := int(b >> shift & 1)
			c.Encode(bit, m.Predict(h, cm.Expert{}))
			m.Update(h, bit)
		}
	}
	return c.Finish()
}

// decodeMixing returns the size bytes that payload stands for. It fails with
// arith.ErrCorrupt if payload is not what encodeMixing writes.
func decodeMixing(payload []byte, size int, tick func(done int)) ([]byte, error) {
	m, c := cm.New(1, size), arith.NewDecoder(payload)
	h := m.History(0)
	for i := range size {
		for range 8 {
			m.Update(h, c.Decode(m.Predict(h, cm.Expert{})))
		}
		if i%4096 == 0 {
			tick(i)
		}
	}
	return h.Text(), c.Finish()
}
