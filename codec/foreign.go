package codec

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/codec/transform"
	"github.com/pith-codec/pith/container"
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
// content has size bytes; ok is false if they do not decode to the text. Tick is called
// with the number of tokens done so far, of which decoding them is half.
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

// foreign decodes a neural block with a Backend.
func (h *held) foreign(tick func(done int)) ([]byte, error) {
	if h.refused != nil {
		return nil, h.refused
	}
	b := h.block
	return h.verified(decodeNeural(b, func(payload []byte, most int) ([]byte, error) {
		return h.guest.decodeForeign(payload, b.Tokens, b.Length, most, shape{b.Streams, b.Window}, tick)
	}))
}

// openForeign returns the model with which a block is decoded, if it can be.
func (d *Decoder) openForeign(h *held) (*Model, error) {
	id, fingerprint := h.header.Model, h.header.Foreign
	switch {
	case h.header.Numerics != Numerics:
		return nil, &NumericsError{h.header.Numerics}
	case d.o.Foreign == nil:
		return nil, &ForeignError{Need: fingerprint}
	case h.header.Primed:
		return nil, &container.UnsupportedError{What: "a dictionary with another engine"}
	}
	if d.foreign == nil || d.abroad != id {
		m, err := d.o.Foreign(id)
		if err != nil {
			return nil, &ModelError{id, err}
		}
		d.foreign, d.abroad = m, id
	}
	m := d.foreign
	s := shape{h.block.Streams, h.block.Window}
	if have := container.Fit(m.backend.Fingerprint()); have != fingerprint && !d.o.Force {
		return nil, &ForeignError{fingerprint, have}
	}
	if err := s.supported(true); err != nil {
		return nil, err
	}
	if err := d.room(m.memory(s, h.block.Length, 0)); err != nil {
		return nil, err
	}
	return m, nil
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

// differences names the fields of two fingerprints that are not the same.
func differences(need, have string) string {
	a, _ := container.Fields(need)
	b, _ := container.Fields(have)
	var all []string
	for _, f := range a {
		if value, ok := field(b, f.Name); !ok || value != f.Value {
			all = append(all, fmt.Sprintf("%s is %q, here %q", f.Name, f.Value, value))
		}
	}
	for _, f := range b {
		if _, ok := field(a, f.Name); !ok {
			all = append(all, fmt.Sprintf("%s is not stated, here %q", f.Name, f.Value))
		}
	}
	if len(all) == 0 {
		return "the order of what it says"
	}
	return strings.Join(all, ", ")
}

func field(all []container.Field, name string) (value string, ok bool) {
	for _, f := range all {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// foreignBlock codes content as plainBlock does or, if it is text that gains by it and
// is restored, with the Backend of m. It may run beside others.
func (l level) foreignBlock(m *Model, content []byte, tick func(done int)) (*container.Block, error) {
	b, err := l.plainBlock(content, func(int) {})
	words, t := transform.Text(content)
	if err != nil || !likelyText(words) || b.Type == container.Stored && len(content) > smallTrial {
		return b, err
	}
	tokens := m.tokens.Encode(nil, words)
	if len(tokens) > len(content) {
		return b, nil
	}
	s := l.shape(len(tokens))
	if hits := (*primed)(nil).repeated(tokens, s); !l.prefer && !worthModel(len(b.Payload), hits) {
		return b, nil
	}
	payload, ok, err := m.encodeForeign(tokens, words, len(content), s, func(done int) {
		tick(int(int64(len(content)) * int64(done) / int64(len(tokens))))
	})
	if err != nil || !ok {
		return b, err
	}
	l.improve(b, t, payload, len(tokens), s)
	return b, nil
}
