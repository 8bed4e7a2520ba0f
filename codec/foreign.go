package codec

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/model/lm"
)

// Blocks of a Backend are encoded with the very calls that decode them, and decoded
// once by a Context of their own before they are accepted.

// foreign returns the streams of a block at their beginning. The caller closes
// their context.
func (m *Model) foreign(s shape) (*lockstep, error) {
	c, err := m.backend.Context(m.vocabulary.Order(), s.streams, s.window)
	if err != nil {
		return nil, err
	}
	l := &lockstep{m: m, context: c}
	for range s.streams {
		l.weights = append(l.weights, lm.NewWeights(len(m.vocabulary.Order())))
		l.pending = append(l.pending, pending{m.tokens.BOS()})
	}
	return l, nil
}

// encodeForeign returns the coded tokens, whose bytes are text, of a block whose
// content has size bytes; ok is false if they do not decode to the text. Tick is called with the number of
// tokens done so far, decoding included as the second half of them.
func (m *Model) encodeForeign(tokens []int32, text []byte, size int, s shape, tick func(done int)) (payload []byte, ok bool, err error) {
	l, err := m.foreign(s)
	if err != nil {
		return nil, false, err
	}
	c := bitEncoder{arith.NewEncoder(nil)}
	said, err := l.code(nil, task{shape: s, count: len(tokens), tokens: tokens, size: size, most: len(text),
		tick: func(done int) { tick(done / 2) }}, c)
	l.context.Close()
	if errors.Is(err, arith.ErrCorrupt) || err == nil && !bytes.Equal(said, text) {
		return nil, false, nil // the tokenizer has lost something
	}
	if err != nil {
		return nil, false, err
	}
	payload = c.Finish()
	back, err := m.decodeForeign(payload, len(tokens), size, len(text), s, func(done int) { tick((len(tokens) + done) / 2) })
	if errors.Is(err, arith.ErrCorrupt) {
		return nil, false, nil
	}
	return payload, err == nil && bytes.Equal(back, text), err
}

// decodeForeign is neural.decode for a Backend.
func (m *Model) decodeForeign(payload []byte, count, size, most int, s shape, tick func(done int)) ([]byte, error) {
	l, err := m.foreign(s)
	if err != nil {
		return nil, err
	}
	defer l.context.Close()
	decoder := arith.NewDecoder(payload)
	text, err := l.code(nil, task{shape: s, count: count, size: size, most: most, tick: tick}, bitDecoder{decoder})
	if err != nil {
		return nil, err
	}
	return text, decoder.Finish()
}

// ForeignError says that a block was made by another engine, or by one of the kind
// that computes otherwise.
type ForeignError struct {
	Need string // the fingerprint of the file
	Have string // that of the engine at hand; "" if there is none
}

func (e *ForeignError) Error() string {
	if e.Have == "" {
		return fmt.Sprintf("was made with another engine (%s)", e.Need)
	}
	return "was made with an engine that may compute otherwise: " + differences(e.Need, e.Have)
}
