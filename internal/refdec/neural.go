package refdec

import "bytes"

// A stream is one of a neural block.
type stream struct {
	history  *cmHistory
	sequence *sequence
	context  *context
	pending  []int // not fed yet
	sums     sums  // what the model says of the next token
}

// predict feeds what is pending.
func (s *stream) predict(m *languageModel) {
	var state []float32
	for _, id := range s.pending {
		state = s.context.feed(id)
	}
	if len(s.pending) > 0 {
		s.sums = newSums(m.weights(state))
	}
	s.pending = nil
}

// came takes in a token or escape.
func (s *stream) came(m *languageModel, r repeats, id int) {
	r.append(s.sequence, id)
	if id < len(m.vocabulary.bytes) {
		s.pending = append(s.pending, id)
		s.pending = s.pending[max(0, len(s.pending)-16):]
	}
}

// bound returns the token that stream i of a block begins with.
func (b *block) bound(i int) int { return int(int64(i) * int64(b.tokens) / int64(b.streams)) }

// neural decodes the payload of a neural block.
func neural(m *languageModel, b *block, payload, dictionary []byte, most int) ([]byte, *Error) {
	size, context := b.length, m.newContext(b.window)
	pending := []int{m.bos}
	var tokens []int
	if dictionary != nil {
		size = 4 << 20
		tokens = m.vocabulary.tokenise(bytes.ReplaceAll(dictionary, []byte("\r\n"), []byte("\n")))
	}
	mixer := newCm(size)
	repeated := newRepeats(b.tokens + len(tokens))
	if dictionary != nil {
		d := &stream{history: &cmHistory{node: 1, left: 8}, sequence: &sequence{}, context: context, pending: pending}
		for i, id := range tokens {
			if len(tokens)-i > b.window/2 {
				mixer.knownToken(m.vocabulary, d.history, id)
				repeated.append(d.sequence, id)
				continue
			}
			d.predict(m)
			mixer.token(m.vocabulary, d.history, d.sums, id, func(_ uint32, bit int) int { return bit })
			d.came(m, repeated, id)
		}
		pending = d.pending
	}
	var streams []*stream
	for range b.streams {
		streams = append(streams, &stream{history: &cmHistory{node: 1, left: 8}, sequence: &sequence{}, context: context.clone(), pending: pending})
	}
	in := newMessage(payload)
	read := func(p uint32, _ int) int { return in.bit(p) }
	total := 0
	for step := 0; step*b.streams < b.tokens; step++ {
		type expectation struct {
			id  int
			any bool
		}
		var all []expectation
		for _, s := range streams {
			id, ok := s.sequence.expected()
			all = append(all, expectation{id, ok})
		}
		for i, s := range streams {
			if step >= b.bound(i+1)-b.bound(i) {
				continue
			}
			id, came := all[i].id, false
			if all[i].any {
				miss := &mixer.misses[s.sequence.missClass()]
				bit := read(miss.prob(), 0)
				miss.learn(bit, 1023)
				came = bit == 0
			}
			if came {
				mixer.knownToken(m.vocabulary, s.history, id)
			} else {
				s.predict(m)
				id = mixer.token(m.vocabulary, s.history, s.sums, nothing, read)
			}
			s.came(m, repeated, id)
			total += len(m.vocabulary.text(id))
		}
		if total > most {
			return nil, fail(Diverged, "more text than the block can have")
		}
	}
	if !in.valid() {
		return nil, fail(Diverged, "the message goes on or ends otherwise")
	}
	var text []byte
	for _, s := range streams {
		text = append(text, s.history.text...)
	}
	return text, nil
}
