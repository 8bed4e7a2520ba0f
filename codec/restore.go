package codec

import (
	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/lm"
)

// maxBatch is the most rows of a step that are fed at once.
const maxBatch = 64

// native is the Context of this program's own engine.
type native struct {
	engine *lm.Engine
	states []*lm.Stream
	rows   []lm.Row
}

func (n *native) Run(rows []Row, out []*lm.Weights) error {
	n.rows = n.rows[:0]
	for _, r := range rows {
		n.rows = append(n.rows, lm.Row{Stream: n.states[r.Stream], Token: r.Token})
	}
	for rest := n.rows; len(rest) > 0; {
		k := min(len(rest), n.engine.MaxRows())
		n.engine.Run(rest[:k], out[:min(k, len(out))], nil)
		rest, out = rest[k:], out[min(k, len(out)):]
	}
	return nil
}

// Close leaves the engine to whoever has opened it.
func (n *native) Close() {}

// newLockstep returns the streams of a block of so many tokens at their beginning.
func newLockstep(n *neural, p *primed, tokens int, s shape) *lockstep {
	n.reserve(max(prefill, min(s.streams, maxBatch)))
	for len(n.weights) < s.streams {
		n.weights = append(n.weights, n.m.lm.NewWeights())
	}
	c := &native{engine: n.engine}
	l := &lockstep{m: n.m, context: c, weights: n.weights}
	for range s.streams {
		state := n.newStream(p, tokens, s)
		l.pending = append(l.pending, *p.begin(n.m, state))
		c.states = append(c.states, state)
	}
	return l
}

// decode returns the bytes of count tokens of a block of size bytes. It fails with
// arith.ErrCorrupt if the payload is not what encode writes or the bytes are
// more than most, or with a *ShadowError.
func (n *neural) decode(payload []byte, count, size, most int, s shape, tick func(done int)) ([]byte, error) {
	p, err := n.prime(s.window)
	if err != nil {
		return nil, err
	}
	decoder := arith.NewDecoder(payload)
	text, err := newLockstep(n, p, count, s).code(p, task{shape: s, count: count, size: size, most: most, tick: tick}, bitDecoder{decoder})
	if err != nil {
		return nil, err
	}
	return text, decoder.Finish()
}
