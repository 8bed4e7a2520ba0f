package codec

import (
	"sync"

	"github.com/pith-codec/pith/arith"
)

// Lengths measures the code lengths of texts by a language model and the mixer: what
// a neural block of one stream takes for them, without what stands around it. It may
// be used from several goroutines; as many engines of one thread are kept as there
// were at once, until Close.
type Lengths struct {
	model  *Model
	window int

	lock sync.Mutex
	free []*neural
}

// NewLengths returns what measures with the window of a level from 5 to 9.
func NewLengths(m *Model, level int) *Lengths { return &Lengths{model: m, window: levels[level].window} }

// Window returns how many tokens of a context the language model reads, its last; the
// mixer reads all.
func (l *Lengths) Window() int { return l.window / 2 }

// Close ends the engines. None must be at work.
func (l *Lengths) Close() {
	for _, n := range l.free {
		n.close()
	}
	l.free = nil
}

// engine returns an engine that nobody else uses.
func (l *Lengths) engine() (*neural, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if last := len(l.free) - 1; last >= 0 {
		n := l.free[last]
		l.free = l.free[:last]
		return n, nil
	}
	return newNeural(l.model, 1, nil)
}

func (l *Lengths) release(n *neural) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.free = append(l.free, n)
}

// PrimedLengths measures texts, each as if it came right behind the same context.
type PrimedLengths struct {
	l *Lengths
	p *primed // nil without a context
}

// After has a context read, which may be empty. The error is a *ShadowError, or that
// the machine has no kernels.
func (l *Lengths) After(context []byte) (*PrimedLengths, error) {
	context = context[max(0, len(context)-MaxDictionary):]
	if len(context) == 0 {
		return &PrimedLengths{l: l}, nil
	}
	n, err := l.engine()
	if err != nil {
		return nil, err
	}
	defer l.release(n)
	p, err := n.learn(context, l.window, 2*len(context))
	return &PrimedLengths{l, p}, err
}

// Bits returns the code length of a text. Its time does not grow with the context.
func (x *PrimedLengths) Bits(text []byte) (float64, error) {
	tokens := x.l.model.tokens.Encode(nil, unixLines(text))
	if len(tokens) == 0 {
		return 0, nil
	}
	n, err := x.l.engine()
	if err != nil {
		return 0, err
	}
	defer x.l.release(n)
	s := shape{streams: 1, window: x.l.window}
	hits := x.p.repeated(tokens, s)
	n.reserve(prefill)
	if n.spare == nil {
		n.spare = n.m.lm.NewStream(s.window, prefill)
	}
	list, _ := n.listen(n.spare, x.p.begin(n.m, n.spare), tokens, hits, func(int) {})
	c := new(meter)
	n.code(x.p, tokens, [][]int32{list}, len(text), s, c)
	return c.Length.Bits(), nil
}

// meter is a coder that only tells how long its message would be.
type meter struct{ arith.Length }

func (m *meter) Code(bit int, p uint32) int { m.Add(bit, p); return bit }
