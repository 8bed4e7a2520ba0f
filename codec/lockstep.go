package codec

import (
	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/ensemble"
	"github.com/pith-codec/pith/model/lm"
)

// lockstep runs the streams of a block one token a step, as decoding must.
type lockstep struct {
	m       *Model
	context Context
	weights []*lm.Weights // of each stream
	pending []pending
	rows    []Row
	out     []*lm.Weights
}

// prepare puts a stream's pending tokens on the list to be fed: all but the last are
// fed at once.
func (l *lockstep) prepare(i int) error {
	p := l.pending[i]
	if len(p) == 0 {
		return nil
	}
	early := make([]Row, 0, prefill)
	for k, id := range p[:len(p)-1] {
		early = append(early, Row{i, id})
		if len(early) == prefill || k == len(p)-2 {
			if err := l.context.Run(early, nil); err != nil {
				return err
			}
			early = early[:0]
		}
	}
	l.rows, l.out = append(l.rows, Row{i, p[len(p)-1]}), append(l.out, l.weights[i])
	l.pending[i] = p[:0]
	return nil
}

// predict feeds what was prepared: then weights holds what the model says of those
// streams' next tokens.
func (l *lockstep) predict() error {
	if len(l.rows) == 0 {
		return nil
	}
	err := l.context.Run(l.rows, l.out)
	l.rows, l.out = l.rows[:0], l.out[:0]
	return err
}

// task is the tokens of a block that go through mixer and coder.
type task struct {
	shape  shape
	count  int     // of the tokens
	tokens []int32 // those to encode; nil to decode them
	size   int     // bytes of the block's content
	most   int     // bytes that the tokens may have
	tick   func(done int)
}

// code codes the tokens and returns their bytes. It fails with arith.ErrCorrupt if
// they are more than most, or with what a Context fails with.
func (l *lockstep) code(p *primed, t task, c ensemble.BitCoder) ([]byte, error) {
	s := t.shape
	mixer, repeats := p.newMixer(l.m, s.streams, t.size), p.newRepeats(s.streams, t.count)
	total, done := 0, 0
	for step := range s.steps(t.count) {
		all := expect(repeats, s)
		for i, x := range all {
			if _, ok := s.at(i, step, t.count); ok && !x.ok {
				if err := l.prepare(i); err != nil {
					return nil, err
				}
			}
		}
		if err := l.predict(); err != nil {
			return nil, err
		}
		for i, x := range all {
			at, ok := s.at(i, step, t.count)
			if !ok {
				continue
			}
			known := int32(ensemble.Unknown)
			if t.tokens != nil {
				known = t.tokens[at]
			}
			id := x.id
			if !x.ok || !mixer.Repeat(i, id, x.length, id == known, c) {
				if x.ok {
					if err := l.prepare(i); err != nil {
						return nil, err
					}
					if err := l.predict(); err != nil {
						return nil, err
					}
				}
				id = mixer.Code(i, known, l.weights[i], c)
			}
			repeats.Append(i, id)
			l.pending[i].add(id, l.m)
			done++
			total += len(l.m.tokens.Bytes(id))
		}
		if total > t.most {
			return nil, arith.ErrCorrupt
		}
		t.tick(done)
	}
	text := make([]byte, 0, total)
	for i := range s.streams {
		text = append(text, mixer.Text(i)...)
	}
	return text, nil
}
