package codec

import (
	"fmt"
	"slices"

	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/lm"
)

// A neural block is decoded in the shadow of encoding it: coder, mixer and repeats
// as a decoder runs them, with the opinions of the language model that were kept;
// and of each stream the model's last row is computed again the decoder's way, by
// itself. What cannot be restored is found before it is written.

// ShadowError says that a block would not be restored: a fault of the program or
// the machine.
type ShadowError struct{ What string }

func (e *ShadowError) Error() string {
	return "what was compressed would not be restored: " + e.What
}

// shadow decodes a payload with the opinions it was made with. Size is that of the
// block's content.
func (n *neural) shadow(p *primed, payload []byte, tokens []int32, lists [][]int32, size int, s shape) error {
	mixer, repeats := p.newMixer(n.m, s.streams, size), p.newRepeats(s.streams, len(tokens))
	lists = slices.Clone(lists)
	decoder := arith.NewDecoder(payload)
	c := bitDecoder{decoder}
	for step := range s.steps(len(tokens)) {
		for i, x := range expect(repeats, s) {
			at, ok := s.at(i, step, len(tokens))
			if !ok {
				continue
			}
			id := x.id
			if !x.ok || !mixer.Repeat(i, id, x.length, false, c) {
				id, lists[i] = mixer.Replay(i, lists[i], c)
			}
			if id != tokens[at] {
				return &ShadowError{fmt.Sprintf("token %d decodes to %d instead of %d", at, id, tokens[at])}
			}
			repeats.Append(i, id)
		}
	}
	if err := decoder.Finish(); err != nil {
		return &ShadowError{err.Error()}
	}
	return nil
}

// repeatRow computes the last row of a stream again, by itself, and compares what the
// model says of the tokens after it: f is what was fed, list ends with what was said.
func (n *neural) repeatRow(state *lm.Stream, f feed, tokens []int32, hits []bool, list []int32) error {
	state.Rewind()
	n.engine.Run([]lm.Row{{Stream: state, Token: f.token}}, n.weights, nil)
	var again []int32
	for k := f.from; k < f.to; k++ {
		if !hits[k] {
			again = n.m.vocabulary.AppendOpinions(again, tokens[k], n.weights[0])
		}
	}
	if !slices.Equal(again, list[len(list)-len(again):]) {
		return &ShadowError{"the model says something else the second time"}
	}
	return nil
}
