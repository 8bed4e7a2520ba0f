package codec

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/pith-codec/pith/arith"
	"github.com/pith-codec/pith/codec/transform"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/paq"
)

// DecoderOptions sets how a Decoder works.
type DecoderOptions struct {
	Threads int // 0 is GOMAXPROCS
	// Memory is the most that a block may take, by the shape it states; 0 is
	// DefaultMemory. No level of this package comes near it.
	Memory int64
	// Dictionary is what members that name one are decoded with; nil is none.
	Dictionary *Dictionary
	// Model is called for the model that a neural block needs.
	Model func(id container.ModelID) (*Model, error)
	// Foreign is called for the model that a block needs whose member has a
	// fingerprint; it returns a ForeignModel. If it is nil, there is no such engine.
	Foreign func(id container.ModelID) (*Model, error)
	// Force has blocks decoded by an engine with another fingerprint: their hashes
	// decide.
	Force bool
	// Progress is called now and then from Read with the bytes restored and
	// read so far. Within a block it is an estimate.
	Progress func(raw, coded int64)
}

// DefaultMemory is the default limit of the memory for decoding a block.
const DefaultMemory = 3 << 30

// Decoder restores what an Encoder wrote. It releases the bytes of a block
// only after the block's hash was verified.
type Decoder struct {
	o       DecoderOptions
	r       *container.Reader
	rest    []byte // verified, not yet read
	raw     int64
	id      container.ModelID // of model
	model   *Model
	neural  *neural
	foreign *Model // that a Backend runs, and its name
	abroad  container.ModelID
	queue   queue[[]byte]
	begun   []*held // blocks in the queue, or at hand
	coded   int64   // where the last block that was released ends
	waiting []*held // blocks that were read and not begun
	late    error   // of reading, once all that came before was decoded
	err     error
}

// NewDecoder returns a decoder of r, which may hold several members.
func NewDecoder(r io.Reader, o DecoderOptions) *Decoder {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	return &Decoder{o: o, r: container.NewReader(r)}
}

// Read implements io.Reader. Its errors are those of container.Reader.Next,
// *ModelError, *DictionaryError, *NumericsError, *ForeignError, *LimitError,
// *DivergedError and *ShadowError, or those of a Backend; they are final.
func (d *Decoder) Read(p []byte) (int, error) {
	for len(d.rest) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		if d.rest, d.err = d.next(); d.err != nil {
			d.rest = nil
			d.Close()
		}
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// Close ends the decoder's threads. Reading to the end or to an error does
// that too.
func (d *Decoder) Close() error {
	if d.neural != nil {
		d.neural.close()
		d.neural = nil
	}
	if d.err == nil {
		d.err = errors.New("codec: decoder is closed")
	}
	return nil
}

// atOnce returns how many blocks are decoded side by side.
func (d *Decoder) atOnce() int {
	if d.foreign != nil {
		return max(d.o.Threads, d.foreign.backend.Workers())
	}
	return d.o.Threads
}

// next returns the content of the next block. Blocks without a model, and those of a
// Backend, are decoded side by side, as far ahead as there are threads and memory.
func (d *Decoder) next() ([]byte, error) {
	for d.late == nil && len(d.begun)+len(d.waiting) < d.atOnce() && d.ready() < d.o.Memory {
		b, err := d.r.Next()
		if err != nil {
			d.late = err
			break
		}
		h := &held{block: b, header: d.r.Header(), end: d.r.Offset()}
		d.waiting = append(d.waiting, h)
		if h.alone() {
			break
		}
		if b.Type == container.Neural {
			h.guest, h.refused = d.openForeign(h) // now, as it tells how many there are at once
		}
	}
	// A block alone is decoded here, where each step of it is progress.
	for len(d.begun)+len(d.waiting) > 1 && d.start() {
	}
	if len(d.begun) > 0 {
		content, err := d.queue.next(d.ahead)
		return d.release(d.begun[0], content, err)
	}
	if len(d.waiting) == 0 {
		return nil, d.late
	}
	h := d.waiting[0]
	d.waiting, d.begun = d.waiting[1:], append(d.begun, h)
	content, err := d.decode(h)
	return d.release(h, content, err)
}

// ready returns the bytes of the blocks that were read and are not released, with their
// content.
func (d *Decoder) ready() (sum int64) {
	for _, all := range [][]*held{d.begun, d.waiting} {
		for _, h := range all {
			sum += int64(len(h.block.Payload)) + int64(h.block.Length)
		}
	}
	return sum
}

// ahead reports progress with as many bytes restored of the blocks in the queue.
func (d *Decoder) ahead(done int64) {
	raw := int64(0)
	for _, h := range d.begun {
		raw += int64(h.block.Length)
	}
	coded := d.begun[len(d.begun)-1].end - d.coded
	d.o.Progress(d.raw+done, d.coded+coded*done/max(raw, 1))
}

// held is a block that was read and is not yet released.
type held struct {
	block  *container.Block
	header container.Header // of its member
	end    int64            // in the file

	// Of a neural block of a Backend:
	guest   *Model
	refused error // why there is none
}

// alone reports whether a block is decoded by the engine of this program, with all
// threads.
func (h *held) alone() bool {
	return h.block.Type == container.Neural && h.header.Foreign == ""
}

// start begins to decode the first block that waits, if it is not decoded alone and
// there is memory for it beside the others.
func (d *Decoder) start() bool {
	if len(d.waiting) == 0 || d.waiting[0].alone() {
		return false
	}
	h := d.waiting[0]
	if h.block.Type == container.Neural {
		d.waiting, d.begun = d.waiting[1:], append(d.begun, h)
		d.queue.add(0, func(tick func(int)) ([]byte, error) {
			return h.foreign(func(done int) { tick(int(int64(h.block.Length) * int64(done) / int64(h.block.Tokens))) })
		})
		return true
	}
	size := h.block.Length + d.o.Dictionary.size()
	need := int64(2 * size)
	if h.block.Type == container.Mixing {
		need = paq.Memory(paq.MaxLog, size)
	}
	if len(d.begun) > 0 && d.queue.memory()+need > d.o.Memory {
		return false
	}
	d.waiting, d.begun = d.waiting[1:], append(d.begun, h)
	d.queue.add(need, func(tick func(int)) ([]byte, error) { return d.plain(h, tick) })
	return true
}

// release takes the oldest block off those that were begun.
func (d *Decoder) release(h *held, content []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	d.begun, d.coded = d.begun[1:], h.end
	d.raw += int64(len(content))
	d.o.Progress(d.raw, d.coded)
	return content, nil
}

// verified returns content if it is that of the block.
func (h *held) verified(content []byte, err error) ([]byte, error) {
	if err == nil && (len(content) != h.block.Length || container.Hash(content) != h.block.Hash) {
		err = &DivergedError{h.block.Offset}
	}
	return content, err
}

// plain decodes a block without a model.
func (d *Decoder) plain(h *held, tick func(done int)) ([]byte, error) {
	b := h.block
	dictionary, err := d.dictionary(h)
	switch {
	case b.Type == container.Stored:
		return h.verified(b.Payload, nil)
	case err != nil:
		return nil, err
	case b.Type == container.Zstd:
		return h.verified(d.decodeZstd(b, dictionary))
	case h.header.Numerics != Numerics:
		return nil, &NumericsError{h.header.Numerics}
	}
	return h.verified(d.decodeMixing(b, dictionary, tick))
}

// dictionary returns the one that the block's member names, nil if it names none.
func (d *Decoder) dictionary(h *held) (*Dictionary, error) {
	switch {
	case !h.header.Primed:
		return nil, nil
	case d.o.Dictionary == nil || d.o.Dictionary.id != h.header.Dictionary:
		return nil, &DictionaryError{h.header.Dictionary, d.o.Dictionary}
	}
	return d.o.Dictionary, nil
}

// decode decodes any block.
func (d *Decoder) decode(h *held) ([]byte, error) {
	b := h.block
	start := h.end - int64(len(b.Payload))
	tick := func(done, of int) {
		d.o.Progress(d.raw+int64(b.Length)*int64(done)/int64(of), start+int64(len(b.Payload))*int64(done)/int64(of))
	}
	if b.Type != container.Neural {
		return d.plain(h, func(done int) { tick(done, b.Length) })
	}
	if h.header.Foreign != "" {
		return h.foreign(func(done int) { tick(done, b.Tokens) })
	}
	if n := h.header.Numerics; n != Numerics {
		return nil, &NumericsError{n}
	}
	dictionary, err := d.dictionary(h)
	if err != nil {
		return nil, err
	}
	s := shape{streams: b.Streams, window: b.Window}
	if err := s.supported(false); err != nil {
		return nil, err
	}
	if err := d.open(h.header.Model); err != nil {
		return nil, err
	}
	d.neural.dictionary = dictionary
	if err := d.room(d.model.memory(s, b.Length, dictionary.size())); err != nil {
		return nil, err
	}
	return h.verified(decodeNeural(b, func(payload []byte, most int) ([]byte, error) {
		return d.neural.decode(payload, b.Tokens, b.Length, most, s, func(done int) { tick(done, b.Tokens) })
	}))
}

// decodeZstd returns the content of a block of Zstandard.
func (d *Decoder) decodeZstd(b *container.Block, dictionary *Dictionary) ([]byte, error) {
	if err := d.room(zstdMemory(b.Length + dictionary.size())); err != nil {
		return nil, err
	}
	content, err := decodeZstd(b.Payload, b.Length, dictionary)
	if err != nil {
		return nil, &container.CorruptError{Offset: b.Offset, Msg: err.Error()}
	}
	return content, nil
}

// decodeMixing returns the content of a block of context mixing. Its check was
// good, so what does not fit is a divergence.
func (d *Decoder) decodeMixing(b *container.Block, dictionary *Dictionary, tick func(done int)) ([]byte, error) {
	t, payload, err := transforms(b, transform.OfCode)
	if err != nil {
		return nil, err
	}
	m, ok := readMixing(payload)
	switch {
	case ok && m.reserved():
		return nil, &container.UnsupportedError{What: fmt.Sprintf("context mixing of parameters %#02x", payload[0])}
	case !ok || !m.fits(b.Length+dictionary.size()):
		return nil, &container.CorruptError{Offset: b.Offset, Msg: "parameters of context mixing are not valid"}
	}
	if err := d.room(m.memory(b.Length, dictionary.size())); err != nil {
		return nil, err
	}
	if err := mixingReady(); err != nil {
		return nil, err
	}
	content, err := decodeMixing(payload, m, b.Length, dictionary, tick)
	if err != nil {
		return nil, &DivergedError{b.Offset}
	}
	return undo(b, t, content)
}

// decodeNeural returns the content of a neural block. Its check was good, so
// what does not fit is a divergence. Decode is neural.decode, or what is like it.
func decodeNeural(b *container.Block, decode func(payload []byte, most int) ([]byte, error)) ([]byte, error) {
	t, payload, err := transforms(b, transform.OfText)
	if err != nil {
		return nil, err
	}
	most := b.Length
	if t != nil {
		most *= transform.Growth
	}
	text, err := decode(payload, most)
	if errors.Is(err, arith.ErrCorrupt) {
		return nil, &DivergedError{b.Offset}
	}
	if err != nil {
		return nil, err
	}
	return undo(b, t, text)
}

// transforms returns the transforms of a block, nil if it has none, and the rest
// of its payload.
func transforms(b *container.Block, k transform.Kind) (t *transform.Transforms, payload []byte, err error) {
	if !b.Transformed {
		return nil, b.Payload, nil
	}
	t, payload, err = transform.Parse(b.Payload, k)
	if errors.Is(err, transform.ErrUnknown) {
		return nil, nil, &container.UnsupportedError{What: fmt.Sprintf("transform %#02x of a payload", b.Payload[0]&^byte(k))}
	}
	if err != nil {
		return nil, nil, &container.CorruptError{Offset: b.Offset, Msg: err.Error()}
	}
	return t, payload, nil
}

// undo returns the content of a block that was transformed to changed.
func undo(b *container.Block, t *transform.Transforms, changed []byte) ([]byte, error) {
	if t == nil {
		return changed, nil
	}
	content, ok := t.Undo(changed, b.Length)
	if !ok {
		return nil, &DivergedError{b.Offset}
	}
	return content, nil
}

// open makes the model of a member ready.
func (d *Decoder) open(id container.ModelID) (err error) {
	if d.neural != nil && d.id == id {
		return nil
	}
	if d.o.Model == nil {
		return &ModelError{Need: id}
	}
	if d.model, err = d.o.Model(id); err != nil {
		return &ModelError{id, err}
	}
	if d.neural != nil {
		d.neural.close()
	}
	d.id = id
	d.neural, err = newNeural(d.model, d.o.Threads, nil)
	return err
}
