package lm

import (
	"github.com/pith-codec/pith/internal/hugepage"
	"github.com/pith-codec/pith/model/lm/kernel"
)

// sinks is the number of first positions that stay visible for ever: the
// attention sinks of Xiao et al., Efficient Streaming Language Models with
// Attention Sinks, 2023. They include the BOS token.
const sinks = 4

// Stream is the state of one token sequence: the quantised keys and values of
// the positions that later tokens may attend to.
type Stream struct {
	next   int // position of the next token
	window int // positions a token attends to, sinks and itself included
	ring   int // slots for the positions from sinks on
	caches []cache
}

// cache holds one layer's keys and values of one key/value head. Slots 0…3
// are the sinks, 4…15 stay empty, and position j ≥ 4 lies in slot
// 16 + (j−4) mod ring.
type cache struct {
	keys   kernel.Matrix // [slots][head size], one scale a slot
	values []int8        // [slots/4][head size][4 slots]
	scales []float32     // [slots], of the values
}

// NewStream returns an empty stream that attends to window positions, of which
// up to batch may be fed to one Run. All windows that hold as many positions as are ever
// fed are the same to it.
func (m *Model) NewStream(window, batch int) *Stream {
	s := &Stream{window: window, ring: ringSlots(window, batch)}
	slots := kernel.RoundUp(kernel.Lanes+s.ring, kernel.Block)
	s.caches = make([]cache, m.config.Layers*m.config.KVHeads)
	size := slots * m.headSize
	// A token reads all that is used.
	keys, values := hugepage.Make(size*len(s.caches)), hugepage.Of[int8](size*len(s.caches))
	for i := range s.caches {
		lo, hi := i*size, (i+1)*size
		s.caches[i] = cache{
			keys:   kernel.Matrix{Rows: slots, Cols: m.headSize, Data: keys[lo:hi:hi], Scale: make([]float32, slots)},
			values: values[lo:hi:hi],
			scales: make([]float32, slots),
		}
	}
	return s
}

// ringSlots returns the slots of a ring in which a batch overwrites no position
// that one of its tokens sees.
func ringSlots(window, batch int) int { return kernel.RoundUp(window-sinks+batch, kernel.Lanes) }

// Reset empties the stream for another sequence.
func (s *Stream) Reset() { s.next = 0 }

// CopyFrom makes s, of the same model, window and batch as o, go on from where o is.
func (s *Stream) CopyFrom(o *Stream) {
	s.next = o.next
	slots := kernel.RoundUp(o.used(o.next-1), kernel.Block)
	for i := range s.caches {
		to, from := &s.caches[i], &o.caches[i]
		n := slots * to.keys.Cols
		copy(to.keys.Data[:n], from.keys.Data)
		copy(to.keys.Scale[:slots], from.keys.Scale)
		copy(to.values[:n], from.values)
		copy(to.scales[:slots], from.scales)
	}
}

// Rewind goes back by the token fed last, to feed it again.
func (s *Stream) Rewind() { s.next-- }

// Window bounds: a window holds the sinks and something more, and no more
// slots than an attention sum may have.
const (
	MinWindow = 2 * sinks
	MaxWindow = kernel.MaxSlots / 2
)

func (s *Stream) slot(position int) int {
	if position < sinks {
		return position
	}
	return kernel.Lanes + (position-sinks)%s.ring
}

// hidden is the logit of a position that must not be seen: its exponential is
// zero in every integer sum.
const hidden = -1e30

// used returns the number of slots that hold positions up to last, in whole
// groups.
func (s *Stream) used(last int) int {
	ringed := min(max(last+1-sinks, 0), s.ring)
	return kernel.Lanes + kernel.RoundUp(ringed, kernel.Lanes)
}

// mask hides the logits of all slots that a token at position p must not see.
func (s *Stream) mask(z []float32, p int) {
	hide(z[min(p+1, sinks):kernel.Lanes])
	ring := z[kernel.Lanes:]
	first := max(sinks, p-s.window+1+sinks)
	if first > p {
		hide(ring)
		return
	}
	from, count := (first-sinks)%s.ring, p-first+1
	if from+count <= s.ring {
		hide(ring[:from])
		hide(ring[from+count:])
		return
	}
	hide(ring[from+count-s.ring : from])
}

func hide(z []float32) {
	for i := range z {
		z[i] = hidden
	}
}

// store keeps the quantised key and value of one head in a slot.
func (c *cache) store(slot int, key, value head) {
	c.keys.SetRow(slot, key.scale, key.q)
	c.scales[slot] = value.scale
	line := c.values[slot/4*4*len(value.q)+slot%4:]
	for d, v := range value.q {
		line[d*4] = v
	}
}

// head is a quantised key or value with its one scale.
type head struct {
	q     []int8
	scale float32
}
