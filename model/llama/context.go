//go:build llama

package llama

import (
	"fmt"
	"sync"

	ollama "github.com/ollama/ollama/llama"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/model/lm"
	"github.com/pith-codec/pith/model/lm/kernel"
)

const (
	// maxRows is the most rows that llama.cpp gets at once. Its results depend on
	// how rows are put together: a change of this is a change of the fingerprint.
	maxRows = 64
	// sinks is the number of first positions of a stream that stay for ever, as in
	// the native engine.
	sinks = 4
	// minWindow is the least window: a quarter of it holds the rows of a stream that
	// are run at once, of which there are at most 16.
	minWindow = 128
)

// context is a context of llama.cpp with the streams of a block.
type context struct {
	m       *Model
	on      *loaded
	c       *ollama.Context
	batch   *ollama.Batch
	order   []int32
	next    []int // position of each stream's next token
	window  int
	padded  []float32 // logits in the order of leaves
	kernels *kernel.Impl
}

// Context returns an engine for streams that attend to up to window positions each,
// when a worker is free. Leaf i of what it predicts is the token order[i]. What it
// computes depends on nothing that another context has done.
func (m *Model) Context(order []int32, streams, window int) (codec.Context, error) {
	if streams < 1 || streams > codec.MaxForeignStreams || window < minWindow {
		return nil, fmt.Errorf("llama.cpp is not run with %d streams and a window of %d", streams, window)
	}
	kernels, err := kernel.Default()
	if err != nil {
		return nil, err
	}
	c := &context{m: m, on: m.acquire(), order: order, next: make([]int, streams), window: window, kernels: kernels}
	c.padded = make([]float32, kernel.RoundUp(len(order), kernel.ExpGroup))
	if err := c.open(streams); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *context) open(streams int) (err error) {
	if need, have := c.m.contextBytes(streams, c.window), c.on.device.available(); need > have {
		return fmt.Errorf("a worker takes %d MiB of %s: %d MiB are free; use fewer --workers, or a lower level", need>>20, c.on.device.name, have>>20)
	}
	lastError()
	params := ollama.NewContextParams(c.positions(streams), maxRows, streams, c.m.o.Threads, false, "")
	if c.c, err = ollama.NewContextWithModel(c.on.model, params); err != nil {
		return fmt.Errorf("llama.cpp: %w: %s", err, lastError())
	}
	if !c.c.KvCacheCanShift() {
		return fmt.Errorf("llama.cpp cannot shift the positions of this model, as a long text needs")
	}
	c.batch, err = ollama.NewBatch(maxRows, 1, 0)
	return err
}

// positions returns the cells of a cache. Those beyond the windows let a batch find
// neighbouring free cells.
func (c *context) positions(streams int) int { return streams*c.window + 4*maxRows }

// contextBytes returns an upper bound of the memory of a context: keys and values,
// logits, and what a batch goes through.
func (m *Model) contextBytes(streams, window int) int64 {
	cells := int64(streams*window + 4*maxRows)
	scores := cells * maxRows * int64(m.shape.heads) * 4
	logits := int64(m.Size()) * 4 * int64(2*maxRows)
	return cells*m.position + 2*scores + logits + 32<<20
}

// Memory returns an upper bound of what decoding with streams and a window takes.
func (m *Model) Memory(streams, window int) int64 {
	return m.shape.bytes + m.contextBytes(streams, window) + int64(streams)*int64(m.Size())*5
}

// acquire waits for a worker and returns the device that has most of them left.
func (m *Model) acquire() *loaded {
	m.lock.Lock()
	defer m.lock.Unlock()
	for m.used == m.o.Workers {
		m.free.Wait()
	}
	best := m.devices[0]
	for _, l := range m.devices {
		if l.used < best.used {
			best = l
		}
	}
	m.used++
	best.used++
	return best
}

func (c *context) Close() {
	if c.batch != nil {
		c.batch.Free()
	}
	if c.c != nil {
		freeContext(c.c)
	}
	c.m.lock.Lock()
	defer c.m.lock.Unlock()
	c.m.used--
	c.on.used--
	c.m.free.Signal()
}

// Run feeds the rows and sets out[i] to what the model says of the token after
// row i; if out is nil, it says nothing.
func (c *context) Run(rows []codec.Row, out []*lm.Weights) error {
	for len(rows) > 0 {
		n := min(len(rows), maxRows)
		if err := c.run(rows[:n], out[:min(n, len(out))]); err != nil {
			return err
		}
		rows, out = rows[n:], out[min(n, len(out)):]
	}
	return nil
}

func (c *context) run(rows []codec.Row, out []*lm.Weights) error {
	for i, r := range rows {
		if i == 0 || rows[i-1].Stream != r.Stream {
			c.makeRoom(r.Stream, rows[i:])
		}
	}
	c.batch.Clear()
	for _, r := range rows {
		c.batch.Add(int(r.Token), nil, c.next[r.Stream], len(out) > 0, r.Stream)
		c.next[r.Stream]++
	}
	if err := c.decode(); err != nil {
		return err
	}
	for i, w := range out {
		z := logits(c.c, i, c.m.Size())
		if z == nil {
			return fmt.Errorf("llama.cpp has no result for row %d", i)
		}
		for leaf, id := range c.order {
			c.padded[leaf] = bounded(z[id])
		}
		w.Set(c.kernels, c.padded[:len(c.order)])
	}
	return nil
}

// turns has contexts of models that take turns run one after the other.
var turns sync.Mutex

func (c *context) decode() error {
	if c.m.turns {
		turns.Lock()
		defer turns.Unlock()
	}
	lastError()
	if err := c.c.Decode(c.batch); err != nil {
		return fmt.Errorf("llama.cpp: %w %s", err, lastError())
	}
	return nil
}

// bounded returns a logit as a finite number: what a broken model says is of no use,
// but must have an exponential.
func bounded(z float32) float32 {
	const most = 1e30
	if !(z > -most) {
		return -most
	}
	return min(z, most)
}

// makeRoom lets a stream, to which the first of the rows belong, forget a quarter of its
// window, but for the first positions, if they do not fit in it: what is left moves down.
func (c *context) makeRoom(stream int, rows []codec.Row) {
	more := 0
	for more < len(rows) && rows[more].Stream == stream {
		more++
	}
	p := c.next[stream]
	if p+more <= c.window {
		return
	}
	away := c.window / 4
	c.c.KvCacheSeqRm(stream, sinks, sinks+away)
	c.c.KvCacheSeqAdd(stream, sinks+away, p, -away)
	c.next[stream] -= away
}
