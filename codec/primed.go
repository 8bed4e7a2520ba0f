package codec

import (
	"bytes"
	"slices"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/ensemble"
	"github.com/pith-codec/pith/model/lm"
)

// primed is what streams begin with that have a dictionary before them.
type primed struct {
	model   *Model
	window  int
	tokens  []int32 // of the dictionary
	state   *lm.Stream
	pending pending // behind state
	mixer   *ensemble.Mixer
	repeats *ensemble.Repeats // that have the tokens; nil if they are made for each block
}

// prime returns what streams begin with, nil without a dictionary. The error is a
// *ShadowError.
func (n *neural) prime(window int) (*primed, error) {
	d := n.dictionary
	if d == nil {
		return nil, nil
	}
	d.lock.Lock()
	defer d.lock.Unlock()
	var err error
	if d.neural == nil || d.neural.model != n.m || d.neural.window != window {
		// The tables of the mixer are the largest, so that it serves all blocks.
		d.neural, err = n.learn(d.data, window, container.MaxNeural)
	}
	return d.neural, err
}

// learn primes the models with data: the language model with its tail, a mixer for
// size bytes with all of it. The error is a *ShadowError.
func (n *neural) learn(data []byte, window, size int) (*primed, error) {
	p := &primed{model: n.m, window: window, tokens: n.m.tokens.Encode(nil, unixLines(data))}
	tail := p.tokens[max(0, len(p.tokens)-window/2):]
	n.reserve(prefill)
	p.state = n.m.lm.NewStream(window, prefill)
	p.pending = pending{n.m.tokens.BOS()}
	list, err := n.streamOpinions(p.state, &p.pending, tail, make([]bool, len(tail)), func(int) {})
	if err != nil {
		return nil, err
	}
	p.mixer = ensemble.NewMixer(n.m.vocabulary, 1, size)
	for _, id := range p.tokens[:len(p.tokens)-len(tail)] {
		p.mixer.Learn(0, id)
	}
	for _, id := range tail {
		list = p.mixer.Encode(0, id, list, forgetful{})
	}
	return p, nil
}

// unixLines returns a text as transforms leave that of blocks with line ends of DOS.
func unixLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// forgetful is a coder that writes nothing.
type forgetful struct{}

func (forgetful) Code(bit int, _ uint32) int { return bit }

// begin puts a stream's model at the beginning, and returns what it is fed first.
func (p *primed) begin(m *Model, state *lm.Stream) *pending {
	if p == nil {
		state.Reset()
		return &pending{m.tokens.BOS()}
	}
	state.CopyFrom(p.state)
	start := slices.Clone(p.pending)
	return &start
}

// newMixer returns a mixer for the streams of a block of size bytes.
func (p *primed) newMixer(m *Model, streams, size int) *ensemble.Mixer {
	if p == nil {
		return ensemble.NewMixer(m.vocabulary, streams, size)
	}
	return p.mixer.Fork(streams)
}

// newRepeats returns the repeats for the streams of a block of so many tokens.
func (p *primed) newRepeats(streams, tokens int) *ensemble.Repeats {
	if p == nil {
		return ensemble.NewRepeats(streams, tokens, nil)
	}
	if p.repeats != nil {
		return p.repeats.Fork(streams)
	}
	return ensemble.NewRepeats(streams, tokens, p.tokens)
}
