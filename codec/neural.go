package codec

import (
	"fmt"

	"github.com/pith-codec/pith/arith"
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

// supports reports why the model cannot run blocks of a shape, if it cannot.
func (m *Model) supports(s shape) error {
	if s.window < lm.MinWindow || s.window > lm.MaxWindow {
		return fmt.Errorf("a window of %d tokens is not supported: want %d to %d", s.window, lm.MinWindow, lm.MaxWindow)
	}
	return nil
}

// prefill is the number of tokens of a stream that are fed at once when all
// are known.
const prefill = 48

// neural runs a model for the blocks of one file, one after the other.
type neural struct {
	m       *Model
	kernels *kernel.Impl
	threads int
	engine  *lm.Engine
	weights []*lm.Weights
}

func newNeural(m *Model, threads int) (*neural, error) {
	k, err := kernel.Default()
	if err != nil {
		return nil, err
	}
	return &neural{m: m, kernels: k, threads: threads}, nil
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

// opinions returns, for each stream, what the language model says along the
// paths of its tokens. Tick is called with the number of tokens done so far.
func (n *neural) opinions(tokens []int32, s shape, tick func(done int)) [][]int32 {
	n.reserve(prefill)
	lists := make([][]int32, s.streams)
	state := n.m.lm.NewStream(s.window, prefill)
	done := 0
	for i := range lists {
		state.Reset()
		lo, hi := s.bounds(i, len(tokens))
		lists[i] = n.streamOpinions(state, tokens[lo:hi], func(count int) { tick(done + count) })
		done += hi - lo
	}
	return lists
}

func (n *neural) streamOpinions(state *lm.Stream, tokens []int32, tick func(done int)) (list []int32) {
	var parts [prefill][]int32
	fed := n.m.tokens.BOS()
	for at := 0; at < len(tokens); {
		var rows []lm.Row
		var ends []int // a row predicts the tokens up to its end: escapes, then one that is fed
		for start := at; len(rows) < prefill && start < len(tokens); {
			rows = append(rows, lm.Row{Stream: state, Token: fed})
			end := start
			for end < len(tokens) && int(tokens[end]) >= n.m.tokens.Size() {
				end++
			}
			if end < len(tokens) {
				fed = tokens[end]
				end++
			}
			ends = append(ends, end)
			start = end
		}
		first := at
		n.engine.Run(rows, n.weights, func(r int) {
			begin := first
			if r > 0 {
				begin = ends[r-1]
			}
			parts[r] = parts[r][:0]
			for _, id := range tokens[begin:ends[r]] {
				parts[r] = n.m.vocabulary.AppendOpinions(parts[r], id, n.weights[r])
			}
		})
		for _, p := range parts[:len(rows)] {
			list = append(list, p...)
		}
		at = ends[len(ends)-1]
		tick(at)
	}
	return list
}

// encode returns the coded tokens of a block whose content has size bytes.
func (n *neural) encode(tokens []int32, size int, s shape, tick func(done int)) []byte {
	lists := n.opinions(tokens, s, tick)
	mixer := ensemble.NewMixer(n.m.vocabulary, s.streams, size)
	c := bitEncoder{arith.NewEncoder(nil)}
	for step := 0; step*s.streams < len(tokens); step++ {
		for i := range lists {
			if lo, hi := s.bounds(i, len(tokens)); lo+step < hi {
				lists[i] = mixer.Encode(i, tokens[lo+step], lists[i], c)
			}
		}
	}
	return c.Finish()
}

// decode returns the bytes of count tokens of a block of size bytes. It fails with
// arith.ErrCorrupt if the payload is not what encode writes or the bytes are
// more than most.
func (n *neural) decode(payload []byte, count, size, most int, s shape, tick func(done int)) ([]byte, error) {
	const batch = 64
	n.reserve(min(s.streams, batch))
	for len(n.weights) < s.streams {
		n.weights = append(n.weights, n.m.lm.NewWeights())
	}
	mixer := ensemble.NewMixer(n.m.vocabulary, s.streams, size)
	decoder := arith.NewDecoder(payload)
	c := bitDecoder{decoder}
	var rows []lm.Row
	var out []*lm.Weights
	feed := func() {
		for len(rows) > 0 {
			k := min(len(rows), n.engine.MaxRows())
			n.engine.Run(rows[:k], out[:k], nil)
			rows, out = rows[k:], out[k:]
		}
		rows, out = rows[:0], out[:0]
	}
	states := make([]*lm.Stream, s.streams)
	for i := range states {
		states[i] = n.m.lm.NewStream(s.window, 1)
		rows, out = append(rows, lm.Row{Stream: states[i], Token: n.m.tokens.BOS()}), append(out, n.weights[i])
	}
	total, done := 0, 0
	for step := 0; done < count; step++ {
		feed()
		for i := range states {
			lo, hi := s.bounds(i, count)
			if lo+step >= hi {
				continue
			}
			id := mixer.Decode(i, n.weights[i], c)
			done++
			total += len(n.m.tokens.Bytes(id))
			if lo+step+1 < hi && int(id) < n.m.tokens.Size() {
				rows, out = append(rows, lm.Row{Stream: states[i], Token: id}), append(out, n.weights[i])
			}
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
	for i := range states {
		text = append(text, mixer.Text(i)...)
	}
	return text, nil
}

type bitEncoder struct{ *arith.Encoder }

func (c bitEncoder) Code(bit int, p uint32) int { c.Encode(bit, p); return bit }

type bitDecoder struct{ *arith.Decoder }

func (c bitDecoder) Code(_ int, p uint32) int { return c.Decode(p) }
