package codec

import (
	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/lm"
)

// restorer decodes the streams of a block in lockstep.
type restorer struct {
	n       *neural
	states  []*lm.Stream
	pending []pending
	rows    []lm.Row
	out     []*lm.Weights
}

// maxBatch is the most rows of a step that are fed at once.
const maxBatch = 64

func newRestorer(n *neural, p *primed, s shape) *restorer {
	n.reserve(max(prefill, min(s.streams, maxBatch)))
	for len(n.weights) < s.streams {
		n.weights = append(n.weights, n.m.lm.NewWeights())
	}
	r := &restorer{n: n}
	for range s.streams {
		state := n.m.lm.NewStream(s.window, prefill)
		r.pending = append(r.pending, *p.begin(n.m, state))
		r.states = append(r.states, state)
	}
	return r
}

// prepare puts a stream's pending tokens on the list to be fed: all but the last are
// fed at once.
func (r *restorer) prepare(i int) {
	p := r.pending[i]
	if len(p) == 0 {
		return
	}
	early := make([]lm.Row, 0, prefill)
	for k, id := range p[:len(p)-1] {
		early = append(early, lm.Row{Stream: r.states[i], Token: id})
		if len(early) == prefill || k == len(p)-2 {
			r.n.engine.Run(early, nil, nil)
			early = early[:0]
		}
	}
	r.rows, r.out = append(r.rows, lm.Row{Stream: r.states[i], Token: p[len(p)-1]}), append(r.out, r.n.weights[i])
	r.pending[i] = p[:0]
}

// predict feeds what was prepared: then n.weights holds what the model says of
// those streams' next tokens.
func (r *restorer) predict() {
	for rows, out := r.rows, r.out; len(rows) > 0; {
		k := min(len(rows), r.n.engine.MaxRows())
		r.n.engine.Run(rows[:k], out[:k], nil)
		rows, out = rows[k:], out[k:]
	}
	r.rows, r.out = r.rows[:0], r.out[:0]
}

// decode returns the bytes of count tokens of a block of size bytes. It fails with
// arith.ErrCorrupt if the payload is not what encode writes or the bytes are
// more than most, or with a *ShadowError.
func (n *neural) decode(payload []byte, count, size, most int, s shape, tick func(done int)) ([]byte, error) {
	p, err := n.prime(s.window)
	if err != nil {
		return nil, err
	}
	r := newRestorer(n, p, s)
	mixer, repeats := p.newMixer(n.m, s.streams, size), p.newRepeats(s.streams, count)
	decoder := arith.NewDecoder(payload)
	c := bitDecoder{decoder}
	total, done := 0, 0
	for step := range s.steps(count) {
		all := expect(repeats, s)
		for i, x := range all {
			if _, ok := s.at(i, step, count); ok && !x.ok {
				r.prepare(i)
			}
		}
		r.predict()
		for i, x := range all {
			if _, ok := s.at(i, step, count); !ok {
				continue
			}
			id := x.id
			if !x.ok || !mixer.Repeat(i, id, x.length, false, c) {
				if x.ok {
					r.prepare(i)
					r.predict()
				}
				id = mixer.Decode(i, n.weights[i], c)
			}
			repeats.Append(i, id)
			r.pending[i].add(id, n.m)
			done++
			total += len(n.m.tokens.Bytes(id))
		}
		if total > most {
			return nil, arith.ErrCorrupt
		}
		tick(done)
	}
	if err := decoder.Finish(); err != nil {
		return nil, err
	}
	text := make([]byte, 0, total)
	for i := range r.states {
		text = append(text, mixer.Text(i)...)
	}
	return text, nil
}
