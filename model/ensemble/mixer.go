package ensemble

import (
	"math/bits"

	"github.com/pith-codec/pith/model/cm"
)

// BitCoder codes one bit of which 1 has the probability p/2^22. An encoder
// writes bit and returns it; a decoder returns the bit it reads.
type BitCoder interface {
	Code(bit int, p uint32) int
}

// Mixer codes the tokens of a block's streams. All that it learns is shared by
// the streams and depends on the order of the calls.
type Mixer struct {
	v       *Vocabulary
	cm      *cm.Model
	ending  *cm.Ending
	escapes [2]cm.Rare           // by whether the stream's last token was one
	misses  [missClasses]cm.Rare // of expected tokens, by the length of the repeat
	streams []stream
}

const missClasses = 16

type stream struct {
	history *cm.History
	last    [2]uint32 // the two tokens before the one at hand
	escaped int
}

// NewMixer returns a mixer for streams of about size bytes together.
func NewMixer(v *Vocabulary, streams, size int) *Mixer {
	m := &Mixer{v: v, cm: cm.New(streams, size), escapes: [2]cm.Rare{cm.NewRare(14, 200), cm.NewRare(14, 200)}}
	for i := range m.misses {
		m.misses[i] = cm.NewRare(8, 8)
	}
	m.ending = cm.NewEnding(m.cm)
	m.begin(0, streams)
	return m
}

// begin has the streams begin, whose histories are those from first on.
func (m *Mixer) begin(first, streams int) {
	m.streams = nil
	for i := range streams {
		m.streams = append(m.streams, stream{history: m.cm.History(first + i)})
	}
}

// Fork returns a mixer for streams that begin, which knows what m, a mixer of one
// stream, has learnt. m must code no more, but may be forked again.
func (m *Mixer) Fork(streams int) *Mixer {
	f := *m
	f.cm = m.cm.Fork(streams)
	f.ending = m.ending.Fork(f.cm)
	f.begin(1, streams)
	return &f
}

// SwitchOff switches parts of the context mixer off, to measure what they are worth.
func (m *Mixer) SwitchOff(parts ...cm.Part) { m.cm.SwitchOff(parts...) }

// Text returns the bytes of a stream so far.
func (m *Mixer) Text(stream int) []byte { return m.streams[stream].history.Text() }

// Encode codes a token or escape, given a list that begins with what
// AppendOpinions said of it, and returns the rest of the list.
func (m *Mixer) Encode(stream int, id int32, opinions []int32, c BitCoder) (rest []int32) {
	s := saved{opinions}
	m.code(stream, id, &s, c)
	return s.list
}

// Replay returns the token or escape it reads, given a list that begins with what
// AppendOpinions said of it, and the rest of the list.
func (m *Mixer) Replay(stream int, opinions []int32, c BitCoder) (id int32, rest []int32) {
	s := saved{opinions}
	id = m.code(stream, Unknown, &s, c)
	return id, s.list
}

// Code encodes a token or escape or, if id is Unknown, decodes it, and returns it.
func (m *Mixer) Code(stream int, id int32, w Weights, c BitCoder) int32 {
	return m.code(stream, id, live{w}, c)
}

func (m *Mixer) code(stream int, id int32, s source, c BitCoder) int32 {
	t := turn{m: m, stream: &m.streams[stream], c: c}
	id = walk(m.v, id, s, &t)
	t.stream.last = [2]uint32{uint32(id) + 1, t.stream.last[0]}
	return id
}

// Repeat codes whether the next token of a stream is the one that is expected after
// a repeat of length tokens, without a language model. If it is not, the token is
// still to be coded.
func (m *Mixer) Repeat(stream int, expected, length int32, hit bool, c BitCoder) bool {
	miss := &m.misses[min(bits.Len32(uint32(length)), missClasses-1)]
	bit := c.Code(b2i(!hit), miss.Predict())
	miss.Update(bit)
	if bit != 0 {
		return false
	}
	m.Learn(stream, expected)
	return true
}

// Learn takes in the next token of a stream that is known without coding.
func (m *Mixer) Learn(stream int, id int32) {
	s := &m.streams[stream]
	for _, b := range m.v.bytes(id) {
		for shift := 7; shift >= 0; shift-- {
			m.cm.Learn(s.history, int(b>>shift&1))
		}
	}
	s.history.EndToken()
	s.escaped = b2i(int(id) >= m.v.size)
	s.last = [2]uint32{uint32(id) + 1, s.last[0]}
}

// turn is the coder of one token.
type turn struct {
	m      *Mixer
	stream *stream
	c      BitCoder
	class  int
}

// start sorts the model's sureness, −log2 of its first choice's probability,
// into classes: half bits, then whole bits.
func (t *turn) start(sureness int32) {
	const half = cm.One / 2
	t.class = int(max(sureness, 0) / half)
	if t.class >= 6 {
		t.class = 3 + t.class/2
	}
	t.class = min(t.class, cm.ExpertClasses-1)
}

func (t *turn) escape(bit int) int {
	r := &t.m.escapes[t.stream.escaped]
	bit = t.c.Code(bit, r.Predict())
	r.Update(bit)
	t.stream.escaped = bit
	return bit
}

func (t *turn) end(n node, bit int, opinion int32) int {
	at := uint32(n.lo)*2 + 1
	last := t.stream.last
	p := t.m.ending.Predict(t.stream.history, cm.Expert{Opinion: opinion, Class: t.class, Depth: n.depth},
		[3]uint32{at, at + last[0]*0x9E3779B1, at + last[0]*0x9E3779B1 + last[1]*0x85EBCA6B})
	bit = t.c.Code(bit, p)
	t.m.ending.Update(bit)
	return bit
}

func (t *turn) bit(n node, bit int, opinion int32) int {
	h := t.stream.history
	place := uint32(n.lo)*0x9E3779B1 + uint32(n.hi)
	bit = t.c.Code(bit, t.m.cm.Predict(h, cm.Expert{Opinion: opinion, Class: t.class, Depth: n.depth,
		Places: [2]uint32{place, place ^ t.stream.last[0]*0x85EBCA6B}}))
	t.m.cm.Update(h, bit)
	return bit
}

func (t *turn) known(bit int) { t.m.cm.Learn(t.stream.history, bit) }

func (t *turn) finish() { t.stream.history.EndToken() }
