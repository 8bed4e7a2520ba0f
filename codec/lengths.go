package codec

import (
	"sync"

	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/ensemble"
	"github.com/pith-codec/pith/model/lm/kernel"
)

// Lengths measures the code lengths of texts by a language model and the mixer: what
// a neural block of one stream takes for them, without what stands around it. It may
// be used from several goroutines; as many engines of one thread are kept as there
// were at once, until Close.
type Lengths struct {
	model   *Model
	kernels *kernel.Impl
	window  int

	lock sync.Mutex
	free []*neural
}

// NewLengths returns what measures with the window of a level from 5 to 9. It fails if
// the machine has no kernels.
func NewLengths(m *Model, level int) (*Lengths, error) {
	k, err := kernel.Default()
	return &Lengths{model: m, kernels: k, window: levels[level].window}, err
}

// Window returns how many tokens of a context the language model reads, its last; the
// mixer reads all.
func (l *Lengths) Window() int { return l.window / 2 }

// Unread returns how many bytes of a context the language model does not read, from its
// beginning; the mixer reads all.
func (l *Lengths) Unread(context []byte) int {
	text := unixLines(context)
	tokens := l.model.tokens.Encode(nil, text)
	read := 0
	for _, id := range tokens[max(0, len(tokens)-l.Window()):] {
		read++ // an escape
		if int(id) < l.model.tokens.Size() {
			read += len(l.model.tokens.Bytes(id)) - 1
		}
	}
	return len(text) - read
}

// Close ends the engines. None must be at work.
func (l *Lengths) Close() {
	for _, n := range l.free {
		n.close()
	}
	l.free = nil
}

// engine returns an engine that nobody else uses.
func (l *Lengths) engine() *neural {
	l.lock.Lock()
	defer l.lock.Unlock()
	if last := len(l.free) - 1; last >= 0 {
		n := l.free[last]
		l.free = l.free[:last]
		return n
	}
	return &neural{m: l.model, kernels: l.kernels, threads: 1, unchecked: true, spare: l.model.lm.NewStream(l.window, prefill)}
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

// After has a context read, its last MaxDictionary bytes; it may be empty.
func (l *Lengths) After(context []byte) *PrimedLengths {
	context = context[max(0, len(context)-MaxDictionary):]
	if len(context) == 0 {
		return &PrimedLengths{l: l}
	}
	n := l.engine()
	defer l.release(n)
	p, err := n.learn(context, l.window, len(context)+room)
	if err != nil {
		panic("codec: internal error: " + err.Error()) // without checks nothing in it can fail
	}
	p.repeats = ensemble.NewRepeats(0, len(p.tokens)+room, p.tokens)
	return &PrimedLengths{l, p}
}

// room is what there is in tables for a text behind a context.
const room = 1 << 14

// Bits returns the code length of a text. Its time does not grow with the context,
// but for that of copying tables, whose size has a limit.
func (x *PrimedLengths) Bits(text []byte) float64 {
	tokens := x.l.model.tokens.Encode(nil, unixLines(text))
	if len(tokens) == 0 {
		return 0
	}
	n := x.l.engine()
	defer x.l.release(n)
	s := shape{streams: 1, window: x.l.window}
	hits := x.p.repeated(tokens, s)
	n.reserve(prefill)
	list, err := n.streamOpinions(n.spare, x.p.begin(n.m, n.spare), tokens, hits, func(int) {})
	if err != nil {
		panic("codec: internal error: " + err.Error()) // as above
	}
	c := new(meter)
	n.code(x.p, tokens, [][]int32{list}, len(text), s, c)
	return c.Length.Bits()
}

// meter is a coder that only tells how long its message would be.
type meter struct{ arith.Length }

func (m *meter) Code(bit int, p uint32) int { m.Add(bit, p); return bit }
