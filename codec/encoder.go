// Package codec compresses and restores byte streams: it cuts them into
// blocks, chooses how each is coded, and joins tokenizer, language model,
// mixer, arithmetic coder and container.
//
// What an Encoder writes depends on its input, level, sizes and model alone: not
// on the number of threads, how the input is cut into writes, the machine, or time. With
// a Backend, it depends on all that its fingerprint tells as well.
package codec

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/pith-codec/pith/codec/transform"
	"github.com/pith-codec/pith/container"
)

// EncoderOptions sets how an Encoder works. The zero value is ready for use,
// without neural blocks.
type EncoderOptions struct {
	Level   int // MinLevel to MaxLevel; 0 is DefaultLevel
	Threads int // 0 is GOMAXPROCS
	// BlockSize is how many bytes are coded by themselves, from MinBlockSize to
	// MaxBlockSize; 0 is what the level has.
	BlockSize int
	// Memory is the most that decoding may take; 0 is what the level takes.
	// Tables and blocks become smaller, streams fewer and windows shorter until
	// it fits; where nothing does, the error is a *LimitError.
	Memory int64
	// Dictionary primes the models; nil is none. Decoding needs it again.
	Dictionary *Dictionary
	// Model is called when a block first calls for the language model.
	Model func() (*Model, error)
	// Foreign says that Model returns a ForeignModel. Text is then cut into smaller
	// blocks, ForeignBlock bytes if BlockSize is 0, which workers code side by side.
	// A Dictionary is not possible.
	Foreign bool
	// Progress is called now and then from Write and Close with the bytes taken
	// in and written so far. Within a block it is an estimate.
	Progress func(raw, coded int64)
}

// Encoder compresses what is written to it.
type Encoder struct {
	o       EncoderOptions
	level   level
	w       *container.Writer
	out     *counter
	buf     []byte
	begun   bool // a buffer was flushed
	blocks  int  // of the member at hand, written
	raw     int64
	model   *Model
	neural  *neural
	queue   queue[*container.Block]
	longest int // of the blocks to come, at most

	mostBlocks int // of a member; tests have fewer
	err        error
}

// NewEncoder returns an encoder that writes a member to w, or several if it comes to more
// than container.MaxBlocks blocks. Close or Abort must be called; neither closes w.
func NewEncoder(w io.Writer, o EncoderOptions) (*Encoder, error) {
	if o.Level == 0 {
		o.Level = DefaultLevel
	}
	if o.Level < MinLevel || o.Level > MaxLevel {
		return nil, fmt.Errorf("codec: level %d: want %d to %d", o.Level, MinLevel, MaxLevel)
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	if o.Foreign && o.Dictionary != nil {
		return nil, errors.New("codec: a dictionary cannot be used with an engine of others")
	}
	l, err := levels[o.Level].limited(o)
	if err != nil {
		return nil, err
	}
	e := &Encoder{o: o, level: l, out: &counter{w: w}, longest: l.block, mostBlocks: container.MaxBlocks}
	e.begin()
	return e, nil
}

// begin begins a member. Most files are one; a member has a bound of blocks.
func (e *Encoder) begin() {
	e.w, e.blocks = container.NewWriter(e.out, container.Header{Numerics: Numerics}), 0
}

var errClosed = errors.New("codec: encoder is closed")

// Write takes in p. It compresses whenever a block is full.
func (e *Encoder) Write(p []byte) (n int, err error) {
	for len(p) > 0 && e.err == nil {
		if len(e.buf) == e.level.block {
			e.err = e.flush(false)
			continue
		}
		k := min(len(p), e.level.block-len(e.buf))
		e.buf = append(e.buf, p[:k]...)
		p, n = p[k:], n+k
	}
	return n, e.err
}

// Close compresses what is left and ends the member.
func (e *Encoder) Close() error {
	if e.err == nil && len(e.buf) > 0 {
		e.err = e.flush(true)
	}
	for e.err == nil && len(e.queue.jobs) > 0 {
		e.err = e.next()
	}
	if e.err != nil {
		e.Abort()
		return e.err
	}
	e.Abort()
	return e.w.Close()
}

// Abort ends an encoder whose output is not wanted: it writes nothing more and
// ends its threads. After Close it does nothing.
func (e *Encoder) Abort() {
	if e.neural != nil {
		e.neural.close()
		e.neural = nil
	}
	if e.err == nil {
		e.err = errClosed
	}
}

// flush codes the buffer as blocks. All is whether nothing will follow.
func (e *Encoder) flush(all bool) error {
	buf := e.buf
	e.buf = nil // what is coded later, or stored, is kept
	pieces := e.level.cut(buf)
	if all && !e.begun {
		e.longest = slices.MaxFunc(pieces, func(a, b piece) int { return a.length - b.length }).length
	}
	e.begun = true
	for _, p := range pieces {
		content := buf[:p.length]
		buf = buf[p.length:]
		if e.o.Foreign && e.mayUseModel() {
			if err := e.side(content); err != nil {
				return err
			}
			continue
		}
		alone := all && len(pieces) == 1 && len(e.queue.jobs) == 0
		if e.mayUseModel() || alone || e.parallel() == 1 {
			b, err := e.block(content, p.sort)
			if err != nil {
				return err
			}
			if err := e.write(b); err != nil {
				return err
			}
			continue
		}
		if err := e.makeRoom(e.parallel()); err != nil {
			return err
		}
		e.queue.add(0, func(tick func(int)) (*container.Block, error) { return e.level.plainBlock(content, tick) })
	}
	return nil
}

// side has a block coded beside others, by a worker of a Backend if it is text.
func (e *Encoder) side(content []byte) error {
	words, _ := transform.Text(content)
	text := len(content) <= container.MaxNeural && likelyText(words)
	most := e.parallel()
	if text {
		if err := e.open(); err != nil {
			return err
		}
		most = e.model.backend.Workers()
	}
	if err := e.makeRoom(most); err != nil {
		return err
	}
	l, m := e.level, e.model // which opening it changes
	e.queue.add(0, func(tick func(int)) (*container.Block, error) {
		if text {
			return l.foreignBlock(m, content, tick)
		}
		return l.plainBlock(content, tick)
	})
	return nil
}

// makeRoom writes blocks of the queue until fewer than most are left in it.
func (e *Encoder) makeRoom(most int) error {
	for len(e.queue.jobs) >= most {
		if err := e.next(); err != nil {
			return err
		}
	}
	return nil
}

// parallel returns how many blocks without a model are coded side by side: they
// have tables of their own.
func (e *Encoder) parallel() int {
	const most = 2 << 30
	return max(1, min(e.o.Threads, int(most/e.level.plain())))
}

// next writes the oldest block of the queue.
func (e *Encoder) next() error {
	b, err := e.queue.next(func(done int64) { e.o.Progress(e.raw+done, e.out.n) })
	if err != nil {
		return err
	}
	return e.write(b)
}

// write writes a block, the first two of which decide what the header says.
func (e *Encoder) write(b *container.Block) error {
	if e.blocks == e.mostBlocks {
		if err := e.w.Close(); err != nil {
			return err
		}
		e.begin()
	}
	e.blocks++
	if d := e.level.dictionary; d != nil && (b.Type != container.Stored || e.blocks == 2) {
		e.w.Header.Primed, e.w.Header.Dictionary = true, d.id
	}
	if e.blocks == 1 {
		e.needWithoutModel(b.Length)
		if b.Type == container.Neural {
			e.need(shape{b.Streams, b.Window}, b.Length)
		}
	}
	// With the second block the header is written, and speaks for all to come.
	if e.blocks == 2 {
		e.needWithoutModel(e.longest)
	}
	if e.blocks == 2 && e.mayUseModel() {
		if err := e.open(); err != nil {
			return err
		}
		longest := min(e.longest, e.level.mostText())
		e.need(e.level.shape(longest), longest)
	}
	if err := e.w.WriteBlock(b); err != nil {
		return err
	}
	e.raw += int64(b.Length)
	e.o.Progress(e.raw, e.out.n)
	return nil
}

// plainBlock codes content without a model, in the way that makes it smallest of
// those the level has and that are likely to pay. Tick is called now and then with
// the bytes done.
func (l level) plainBlock(content []byte, tick func(done int)) (*container.Block, error) {
	b := &container.Block{Type: container.Stored, Length: len(content), Hash: container.Hash(content), Payload: content}
	if l.zstd {
		payload, err := encodeZstd(content, zstd.SpeedBetterCompression, l.dictionary)
		if len(payload) < len(b.Payload) {
			b.Type, b.Payload = container.Zstd, payload
		}
		return b, err
	}
	if hopeless, err := incompressible(content, l.dictionary); hopeless || err != nil {
		return b, err
	}
	if err := mixingReady(); err != nil {
		return nil, err
	}
	code, t := transform.Code(content)
	if payload := append(prefix(t), encodeMixing(code, l.mixing(len(code)), l.dictionary, tick)...); len(payload) < len(b.Payload) {
		b.Type, b.Transformed, b.Payload = container.Mixing, t != nil, payload
	}
	return b, nil
}

// block codes content as plainBlock does or, if it is text that gains by it, with
// the language model.
func (e *Encoder) block(content []byte, s sort) (*container.Block, error) {
	mixed := func(done int) { e.o.Progress(e.raw+int64(done), e.out.n) }
	if s == textData {
		mixed = func(int) {} // a small part of the time
	}
	b, err := e.level.plainBlock(content, mixed)
	hopeless := b != nil && b.Type == container.Stored && len(content) > smallTrial
	if err != nil || hopeless || !e.mayUseModel() || len(content) > container.MaxNeural {
		return b, err
	}
	if err := e.tryModel(b, content); err != nil {
		return nil, err
	}
	return b, nil
}

// tryModel makes b, a block with the content, a neural one if that is smaller.
func (e *Encoder) tryModel(b *container.Block, content []byte) error {
	words, t := transform.Text(content)
	if !likelyText(words) {
		return nil
	}
	if err := e.open(); err != nil {
		return err
	}
	tokens := e.model.tokens.Encode(nil, words)
	if len(tokens) > len(content) {
		return nil
	}
	x := e.level.shape(len(tokens))
	p, err := e.neural.prime(x.window)
	if err != nil {
		return err
	}
	hits := p.repeated(tokens, x)
	mixed := len(b.Payload)
	if !e.level.prefer && !worthModel(mixed, hits) {
		return nil
	}
	tick := func(done int) {
		e.o.Progress(e.raw+int64(len(content))*int64(done)/int64(len(tokens)), e.out.n)
	}
	payload, err := e.neural.encode(p, tokens, hits, len(content), x, tick)
	if err != nil {
		return err
	}
	e.level.improve(b, t, payload, len(tokens), x)
	// A dictionary is learnt for one window.
	if w := e.level.shorter; 0 < w && w < min(x.window, len(tokens)) && p == nil && gainsLittle(len(payload), mixed) {
		x.window = w
		if payload, err = e.neural.encode(nil, tokens, hits, len(content), x, func(int) {}); err != nil {
			return err
		}
		e.level.improve(b, t, payload, len(tokens), x)
	}
	return nil
}

// improve makes b, whose content was transformed by t, a neural block if that is smaller.
func (l level) improve(b *container.Block, t *transform.Transforms, payload []byte, tokens int, s shape) {
	payload = append(prefix(t), payload...)
	if len(payload) < len(b.Payload) || l.prefer && b.Type != container.Neural && len(payload) < b.Length {
		b.Type, b.Transformed, b.Payload = container.Neural, t != nil, payload
		b.Tokens, b.Streams, b.Window = tokens, s.streams, s.window
	}
}

// prefix returns what the payload of a block begins with that was transformed,
// if it was.
func prefix(t *transform.Transforms) []byte {
	if t == nil {
		return nil
	}
	return t.Append(nil)
}

// open makes the language model ready.
func (e *Encoder) open() (err error) {
	if e.model != nil {
		return nil
	}
	m, err := e.o.Model()
	if err != nil {
		return err
	}
	if e.o.Foreign != (m.backend != nil) {
		return errors.New("codec: internal error: a model with an engine that was not asked for")
	}
	if e.level, err = e.level.within(e.o.Memory, m); err != nil {
		return err
	}
	e.model = m
	if e.o.Foreign {
		return nil
	}
	e.neural, err = newNeural(e.model, e.o.Threads, e.level.dictionary)
	return err
}

// mayUseModel reports whether any block may turn out neural.
func (e *Encoder) mayUseModel() bool { return e.o.Model != nil && e.level.window > 0 }

// need states in the header the model, and the memory for a block of a shape.
func (e *Encoder) need(s shape, size int) {
	h := &e.w.Header
	h.Model = e.model.id
	if e.o.Foreign {
		h.Foreign = container.Fit(e.model.backend.Fingerprint())
	}
	h.Memory = max(h.Memory, container.MemoryFor(e.model.memory(s, size, e.level.dictionary.size())))
}

// needWithoutModel states in the header the memory for a block of size bytes that
// is not neural.
func (e *Encoder) needWithoutModel(size int) {
	need := zstdMemory(size + e.level.dictionary.size())
	if !e.level.zstd {
		need = e.level.mixing(size).memory(size, e.level.dictionary.size())
	}
	h := &e.w.Header
	h.Memory = max(h.Memory, container.MemoryFor(need))
}

// counter counts the bytes written to w.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
