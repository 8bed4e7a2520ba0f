package codec

import (
	"fmt"
	"slices"

	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/ensemble"
	"github.com/pith-codec/pith/model/lm"
	"github.com/pith-codec/pith/model/lm/kernel"
)

// shape is how the tokens of a neural block are laid out: stream s of n owns
// tokens ⌊s·T/n⌋ to ⌊(s+1)·T/n⌋, all streams advance by one token a step, and
// the steps' tokens are coded in the order of the streams.
type shape struct {
	streams int
	window  int // positions the language model attends to
}

func (s shape) bounds(stream, tokens int) (lo, hi int) {
	at := func(i int) int { return int(int64(i) * int64(tokens) / int64(s.streams)) }
	return at(stream), at(stream + 1)
}

// steps returns how many steps as many tokens take.
func (s shape) steps(tokens int) int { return (tokens + s.streams - 1) / s.streams }

// at returns which of the tokens a stream codes in a step, if it has one left.
func (s shape) at(stream, step, tokens int) (at int, ok bool) {
	lo, hi := s.bounds(stream, tokens)
	return lo + step, lo+step < hi
}

// No block can state a window that is too small.
const _ = uint(container.MinWindow - lm.MinWindow)

// supported reports why no engine runs blocks of the shape, or none of others, if so.
func (s shape) supported(foreign bool) error {
	switch {
	case s.window > lm.MaxWindow:
		return &container.UnsupportedError{What: fmt.Sprintf("a window of %d tokens", s.window)}
	case foreign && s.streams > MaxForeignStreams:
		return &container.UnsupportedError{What: fmt.Sprintf("%d streams with another engine", s.streams)}
	}
	return nil
}

// prefill is the number of tokens of a stream that are fed at once when all
// are known.
const prefill = 48

// neural runs a model for the blocks of one file, one after the other.
type neural struct {
	m          *Model
	kernels    *kernel.Impl
	threads    int
	engine     *lm.Engine
	weights    []*lm.Weights
	dictionary *Dictionary // of the block at hand; nil if there is none

	unchecked bool       // nothing is to be restored
	spare     *lm.Stream // of Lengths
}

func newNeural(m *Model, threads int, d *Dictionary) (*neural, error) {
	if err := neuralReady(); err != nil {
		return nil, err
	}
	k, err := kernel.Default()
	if err != nil {
		return nil, err
	}
	return &neural{m: m, kernels: k, threads: threads, dictionary: d}, nil
}

func (n *neural) close() {
	if n.engine != nil {
		n.engine.Close()
		n.engine = nil
	}
}

// reserve makes an engine for batches of rows.
func (n *neural) reserve(rows int) {
	if n.engine == nil || n.engine.MaxRows() < rows {
		n.close()
		n.engine = lm.NewEngine(n.m.lm, n.kernels, n.threads, rows)
	}
	for len(n.weights) < rows {
		n.weights = append(n.weights, n.m.lm.NewWeights())
	}
}

// newStream returns a stream for a block of so many tokens, behind p.
func (n *neural) newStream(p *primed, tokens int, s shape) *lm.Stream {
	window := s.window
	if p == nil { // the positions that are filled are those of the BOS and the tokens
		window = min(window, max(lm.MinWindow, 1+s.steps(tokens)))
	}
	return n.m.lm.NewStream(window, prefill)
}

// repeated tells of each token whether it is the one expected after a repeat.
func (p *primed) repeated(tokens []int32, s shape) []bool {
	hits := make([]bool, len(tokens))
	r := p.newRepeats(s.streams, len(tokens))
	for step := range s.steps(len(tokens)) {
		for i := range s.streams {
			if at, ok := s.at(i, step, len(tokens)); ok {
				id, _, ok := r.Expected(i)
				hits[at] = ok && id == tokens[at]
			}
		}
		for i := range s.streams {
			if at, ok := s.at(i, step, len(tokens)); ok {
				r.Append(i, tokens[at])
			}
		}
	}
	return hits
}

// opinions returns, for each stream, what the language model says along the
// paths of its tokens, but of those that are hits of repeats. Tick is called with
// the number of tokens done so far. The error is a *ShadowError.
func (n *neural) opinions(p *primed, tokens []int32, hits []bool, s shape, tick func(done int)) ([][]int32, error) {
	n.reserve(prefill)
	lists := make([][]int32, s.streams)
	state := n.newStream(p, len(tokens), s)
	done := 0
	for i := range lists {
		start := p.begin(n.m, state)
		lo, hi := s.bounds(i, len(tokens))
		var err error
		lists[i], err = n.streamOpinions(state, start, tokens[lo:hi], hits[lo:hi], func(count int) { tick(done + count) })
		if err != nil {
			return nil, err
		}
		done += hi - lo
	}
	return lists, nil
}

// feed is a token that a stream's model is fed, and the range of tokens that are
// predicted after it.
type feed struct {
	token    int32
	from, to int
}

// feeds returns what the model of a stream is fed, p before its first token, and
// leaves in p what is pending behind the last.
func (n *neural) feeds(p *pending, tokens []int32, hits []bool) (all []feed) {
	for k, id := range tokens {
		if !hits[k] {
			for _, id := range *p {
				all = append(all, feed{id, k, k})
			}
			*p = (*p)[:0]
			all[len(all)-1].to = k + 1
		}
		p.add(id, n.m)
	}
	return all
}

// streamOpinions is opinions for one stream. Its model is fed p first; what is to be
// fed next is left there.
func (n *neural) streamOpinions(state *lm.Stream, p *pending, tokens []int32, hits []bool, tick func(done int)) (list []int32, err error) {
	var parts [prefill][]int32
	feeds := n.feeds(p, tokens, hits)
	for batch := range slices.Chunk(feeds, prefill) {
		rows := make([]lm.Row, len(batch))
		for r, f := range batch {
			rows[r] = lm.Row{Stream: state, Token: f.token}
		}
		n.engine.Run(rows, n.weights, func(r int) {
			parts[r] = parts[r][:0]
			for k := batch[r].from; k < batch[r].to; k++ {
				if !hits[k] {
					parts[r] = n.m.vocabulary.AppendOpinions(parts[r], tokens[k], n.weights[r])
				}
			}
		})
		for _, p := range parts[:len(rows)] {
			list = append(list, p...)
		}
		tick(batch[len(batch)-1].to)
	}
	last := feeds[len(feeds)-1]
	if !n.unchecked {
		err = n.repeatRow(state, last, tokens, hits, list)
	}
	if len(*p) == 0 {
		state.Rewind()
		p.add(last.token, n.m)
	}
	return list, err
}

// encode returns the coded tokens of a block whose content has size bytes. Hits are
// what repeated says of them. The error is a *ShadowError.
func (n *neural) encode(p *primed, tokens []int32, hits []bool, size int, s shape, tick func(done int)) ([]byte, error) {
	collect(n.m.memory(s, size, 0))
	lists, err := n.opinions(p, tokens, hits, s, tick)
	if err != nil {
		return nil, err
	}
	whole := slices.Clone(lists)
	c := bitEncoder{arith.NewEncoder(nil)}
	n.code(p, tokens, lists, size, s, c)
	payload := c.Finish()
	return payload, n.shadow(p, payload, tokens, whole, size, s)
}

// code codes the tokens of a block of size bytes, with the opinions of each stream.
func (n *neural) code(p *primed, tokens []int32, lists [][]int32, size int, s shape, c ensemble.BitCoder) {
	mixer, repeats := p.newMixer(n.m, s.streams, size), p.newRepeats(s.streams, len(tokens))
	for step := range s.steps(len(tokens)) {
		expected := expect(repeats, s)
		for i, x := range expected {
			at, ok := s.at(i, step, len(tokens))
			if !ok {
				continue
			}
			id := tokens[at]
			if !x.ok || !mixer.Repeat(i, x.id, x.length, x.id == id, c) {
				lists[i] = mixer.Encode(i, id, lists[i], c)
			}
			repeats.Append(i, id)
		}
	}
}

// expected is the token that a repeat lets a stream expect.
type expected struct {
	id, length int32
	ok         bool
}

// expect returns what is expected of all streams in the step that begins.
func expect(r *ensemble.Repeats, s shape) []expected {
	all := make([]expected, s.streams)
	for i := range all {
		all[i].id, all[i].length, all[i].ok = r.Expected(i)
	}
	return all
}

type bitEncoder struct{ *arith.Encoder }

func (c bitEncoder) Code(bit int, p uint32) int { c.Encode(bit, p); return bit }

type bitDecoder struct{ *arith.Decoder }

func (c bitDecoder) Code(_ int, p uint32) int { return c.Decode(p) }
