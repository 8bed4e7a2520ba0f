package codec

import (
	"errors"
	"io"
	"runtime"

	"github.com/pith-codec/pith/codec/transform"
	"github.com/pith-codec/pith/container"
)

// DecoderOptions sets how a Decoder works.
type DecoderOptions struct {
	Threads int // 0 is GOMAXPROCS
	// Memory is the most that a block may take, by the shape it states; 0 is
	// DefaultMemory. No level of this package comes near it.
	Memory int64
	// Model is called for the model that a neural block needs.
	Model func(id container.ModelID) (*Model, error)
	// Progress is called now and then from Read with the bytes restored and
	// read so far. Within a block it is an estimate.
	Progress func(raw, coded int64)
}

// DefaultMemory is the default limit of the memory for decoding a block.
const DefaultMemory = 3 << 30

// Decoder restores what an Encoder wrote. It releases the bytes of a block
// only after the block's hash was verified.
type Decoder struct {
	o      DecoderOptions
	r      *container.Reader
	rest   []byte // verified, not yet read
	raw    int64
	id     container.ModelID // of model
	model  *Model
	neural *neural
	err    error
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
// *ModelError, *NumericsError, *LimitError and *DivergedError; they are final.
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

// next returns the content of the next block.
func (d *Decoder) next() ([]byte, error) {
	b, err := d.r.Next()
	if err != nil {
		return nil, err
	}
	content, err := d.decode(b)
	if err != nil {
		return nil, err
	}
	if len(content) != b.Length || container.Hash(content) != b.Hash {
		return nil, &DivergedError{b.Offset}
	}
	d.raw += int64(b.Length)
	d.o.Progress(d.raw, d.r.Offset())
	return content, nil
}

func (d *Decoder) decode(b *container.Block) ([]byte, error) {
	if b.Type == container.Stored {
		return b.Payload, nil
	}
	if b.Type == container.Zstd {
		return d.decodeZstd(b)
	}
	if n := d.r.Header().Numerics; n != Numerics {
		return nil, &NumericsError{n}
	}
	start := d.r.Offset() - int64(len(b.Payload))
	tick := func(done, of int) {
		d.o.Progress(d.raw+int64(b.Length)*int64(done)/int64(of), start+int64(len(b.Payload))*int64(done)/int64(of))
	}
	if b.Type == container.Mixing {
		return d.decodeMixing(b, func(done int) { tick(done, b.Length) })
	}
	if err := d.open(d.r.Header().Model); err != nil {
		return nil, err
	}
	s := shape{streams: b.Streams, window: b.Window}
	if err := d.model.supports(s); err != nil {
		return nil, &ModelError{d.model.id, err}
	}
	if need := d.model.memory(s, b.Length); need > d.o.Memory {
		return nil, &LimitError{need, d.o.Memory}
	}
	return d.decodeNeural(b, s, func(done int) { tick(done, b.Tokens) })
}

// decodeZstd returns the content of a block of Zstandard.
func (d *Decoder) decodeZstd(b *container.Block) ([]byte, error) {
	if need := zstdMemory(b.Length); need > d.o.Memory {
		return nil, &LimitError{need, d.o.Memory}
	}
	content, err := decodeZstd(b.Payload, b.Length)
	if err != nil {
		return nil, &container.CorruptError{Offset: b.Offset, Msg: err.Error()}
	}
	return content, nil
}

// decodeMixing returns the content of a block of context mixing. Its check was
// good, so what does not fit is a divergence.
func (d *Decoder) decodeMixing(b *container.Block, tick func(done int)) ([]byte, error) {
	t, payload, err := transforms(b, transform.OfCode)
	if err != nil {
		return nil, err
	}
	m, ok := readMixing(payload, b.Length)
	if !ok {
		return nil, &container.CorruptError{Offset: b.Offset, Msg: "parameters of context mixing are not valid"}
	}
	if need := m.memory(b.Length); need > d.o.Memory {
		return nil, &LimitError{need, d.o.Memory}
	}
	content, err := decodeMixing(payload, m, b.Length, tick)
	if err != nil {
		return nil, &DivergedError{b.Offset}
	}
	return undo(b, t, content)
}

// decodeNeural returns the content of a neural block. Its check was good, so
// what does not fit is a divergence.
func (d *Decoder) decodeNeural(b *container.Block, s shape, tick func(done int)) ([]byte, error) {
	t, payload, err := transforms(b, transform.OfText)
	if err != nil {
		return nil, err
	}
	most := b.Length
	if t != nil {
		most *= transform.Growth
	}
	text, err := d.neural.decode(payload, b.Tokens, b.Length, most, s, tick)
	if err != nil {
		return nil, &DivergedError{b.Offset}
	}
	return undo(b, t, text)
}

// transforms returns the transforms of a block, nil if it has none, and the rest
// of its payload.
func transforms(b *container.Block, k transform.Kind) (t *transform.Transforms, payload []byte, err error) {
	if !b.Transformed {
		return nil, b.Payload, nil
	}
	t, payload, ok := transform.Parse(b.Payload, k)
	if !ok {
		return nil, nil, &container.CorruptError{Offset: b.Offset, Msg: "transforms are not validly encoded"}
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
	d.neural, err = newNeural(d.model, d.o.Threads)
	return err
}
