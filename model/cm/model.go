// Package cm predicts bits by context mixing, in the manner of lpaq and paq8
// (Mahoney, Data Compression Explained, ch. 4.3): contexts of several orders,
// a match model, logistic mixing in two layers, and Adaptive probability maps.
// An opinion from outside, such as a language model's, joins as one more input.
//
// It computes with integers only; all that it learns from is the bits coded so
// far, in order.
package cm

import (
	"slices"

	"github.com/pith-codec/pith/model/mix"
)

// Model is the state that all histories of a block share.
type Model struct {
	slots     slots
	runs      [contexts]runs
	matchers  [matchers]*matcher
	mixer     mixer
	byOrder1  APM
	byMatch   APM
	biases    biasTable
	histories []*History

	off off

	// Of the bit predicted last:
	guesses [matchers]guess
}

const (
	contexts = 11
	matchers = 2
	pairs    = 2048 // classes of the last two bytes
	inputs   = 2*contexts + matchers + 2 + biases
)

// Expert is an opinion from outside about one bit, and what it depends on.
type Expert struct {
	Opinion int32          // log-odds, unit One
	Class   int            // how sure the expert is in general, below ExpertClasses
	Depth   int            // bytes of the expert's symbol so far
	Places  [biases]uint32 // what is decided: without regard to the past, and with the last symbol
}

const (
	ExpertClasses = 12
	depths        = 4
)

// Lengths of the matches that the two match models look for.
var matchLengths = [matchers]int{6, 20}

// New returns a model for histories of about size bytes together.
func New(streams, size int) *Model {
	n := 1 << 12
	for n < 1<<19 && n < 4*size {
		n *= 2
	}
	m := &Model{slots: newSlots(n), byOrder1: NewAPM(1 << 14), byMatch: NewAPM(matchClasses << 8)}
	m.biases = newBiasTable()
	for i := range m.runs {
		m.runs[i] = newRuns()
	}
	for i, length := range matchLengths {
		m.matchers[i] = newMatcher(length, n/2)
	}
	m.mixer = newMixer(initialWeights(),
		[]int{256, matchClasses * depths, ExpertClasses * depths, 256, pairs},
		rate{first: 24, last: 3, half: 256}, rate{first: 12, last: 1, half: 256})
	m.addHistories(streams)
	return m
}

// addHistories adds empty histories.
func (m *Model) addHistories(n int) {
	for range n {
		m.histories = append(m.histories, newHistory(len(m.histories)))
	}
}

// Fork returns a model that knows what m knows, and has as many empty histories
// behind those of m, which must not grow any more. m may be forked again.
func (m *Model) Fork(streams int) *Model {
	f := *m
	f.slots.table = slices.Clone(m.slots.table)
	for i, matcher := range m.matchers {
		f.matchers[i] = matcher.clone()
	}
	f.mixer = m.mixer.clone()
	f.byOrder1, f.byMatch = m.byOrder1.Clone(), m.byMatch.Clone()
	f.biases.cells = slices.Clone(m.biases.cells)
	f.histories = slices.Clone(m.histories)
	f.addHistories(streams)
	return &f
}

// initialWeights trusts the expert, and what usually helps a little.
func initialWeights() []int32 {
	w := make([]int32, inputs)
	w[0] = 1 << weightBits
	rest := w[2:]
	for i := range contexts {
		rest[2*i+1] = 3 << weightBits / 100
	}
	rest = rest[2*contexts:]
	rest[matchers-1] = 10 << weightBits / 100
	for i := range biases {
		rest[matchers+i] = 30 << weightBits / 100
	}
	return w
}

// History returns the byte history of a stream.
func (m *Model) History(stream int) *History { return m.histories[stream] }

// Predict returns the probability, of ProbBits bits, that the next bit of the
// history is 1.
func (m *Model) Predict(h *History, e Expert) uint32 {
	m.prepare(h)
	x := append(m.mixer.x[:0], e.Opinion, One/4)
	for i, s := range h.slots {
		c := s[h.node]
		x = append(x, c.confident(), m.runs[i].opinion(c))
	}
	longest := 0
	for i, matcher := range m.matchers {
		m.guesses[i] = guess{}
		p := h.match[i]
		if c, ok := p.next(m.histories); ok && (uint32(c)|256)>>h.left == h.bits {
			m.guesses[i] = guess{&matcher.right[p.class()], int(c >> (h.left - 1) & 1)}
			longest = max(longest, p.class())
		}
		x = append(x, m.guesses[i].opinion())
	}
	x = m.biases.appendBiases(x, e)
	m.mixer.x = m.mixer.x[:mix.Pad(inputs)]
	depth := min(e.Depth, depths-1)
	for _, i := range m.off.inputs {
		x[i] = 0
	}
	c1 := h.last(1)
	pair := hash2(uint32(c1)<<8|uint32(h.last(2)), 0) % pairs
	selected := []int{int(h.bits), longest*depths + depth, e.Class*depths + depth, int(c1), int(pair)}
	if m.off.selection {
		clear(selected)
	}
	mixed := m.mixer.mix(selected, int(h.bits))
	order1 := m.byOrder1.Prob(mixed, int(hash2(uint32(c1), h.bits)&(1<<14-1)))
	match := m.byMatch.Prob(mixed, longest<<8|int(h.bits))
	if m.off.maps {
		return Squash(mixed)
	}
	return max(1, (6*Squash(mixed)+order1+match)/8)
}

// Update learns the bit that Predict was asked about.
func (m *Model) Update(h *History, bit int) {
	m.mixer.learn(bit)
	m.byOrder1.Update(bit)
	m.byMatch.Update(bit)
	m.biases.learn(bit)
	for _, g := range m.guesses {
		g.learn(bit)
	}
	m.Learn(h, bit)
}

// Learn takes in a bit that was known without coding.
func (m *Model) Learn(h *History, bit int) {
	m.prepare(h)
	for i, s := range h.slots {
		m.runs[i].learn(&s[h.node], bit)
	}
	h.bits = h.bits<<1 | uint32(bit)
	h.node = h.node<<1 | uint32(bit)
	h.left--
	if h.left == 4 {
		h.ready = false
		h.node = 1
	}
	if h.left == 0 {
		h.append(byte(h.bits))
		for i, matcher := range m.matchers {
			matcher.advance(&h.match[i], m.histories, h.stream)
		}
	}
}

// prepare finds the slots of the half byte that begins.
func (m *Model) prepare(h *History) {
	if h.ready {
		return
	}
	h.ready = true
	for i := range h.slots {
		h.slots[i] = m.slots.find(hash2(h.hashes[i]+uint32(i), h.bits))
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
