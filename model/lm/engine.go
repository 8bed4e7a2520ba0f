package lm

import (
	"sync/atomic"

	"github.com/pith-codec/pith/model/lm/kernel"
)

// Engine runs a model on batches of rows with a fixed number of threads. What
// it computes for a row depends only on the tokens fed to that row's stream.
type Engine struct {
	m   *Model
	k   *kernel.Impl
	t   *team
	max int // rows of the largest batch

	rows   []Row
	place  []int   // position of each row
	chunks []chunk // rows of one stream that share a pass over its keys

	x      []float32       // [max][width] residual stream
	y      []float32       // [max][largest output of a matrix]
	ldy    int             // floats between rows of y
	wide   *kernel.Vectors // [max] of width
	heads  *kernel.Vectors // [max] of Heads·headSize
	hidden *kernel.Vectors // [max] of ffn
	query  *kernel.Vectors // [KVHeads][max][heads of a group] of headSize
	sink   *kernel.Vectors // the same, rotated for the sinks
	key    *kernel.Vectors // [max] of headSize
	value  *kernel.Vectors
	cos    []float32 // [max][headSize]
	sin    []float32
	cosQ   []float32 // the same for queries on the sinks
	sinQ   []float32
	attn   []float32 // [max][Heads·headSize]
	logits []float32 // [max][padded leaves]

	scratch []scratch // a worker each
	ticket  atomic.Int32
}

// Row is one token to be fed to one stream. Rows of a batch that belong to the
// same stream are consecutive and in order.
type Row struct {
	Stream *Stream
	Token  int32
}

// chunk is a range of rows of one stream.
type chunk struct{ lo, hi int }

// scratch holds a worker's attention state for the queries of one tile.
type scratch struct {
	z      []float32 // [Tile][slots]
	hi, lo []byte    // [Tile][slots]
	norm   []float32 // [width]
	sum    []float32 // [Tile][Block]
}

// NewEngine returns an engine of threads workers for batches of up to batch
// rows. Close ends the workers.
func NewEngine(m *Model, k *kernel.Impl, threads, batch int) *Engine {
	c := m.config
	group := c.Heads / c.KVHeads
	e := &Engine{
		m: m, k: k, t: newTeam(threads), max: batch,
		ldy:    max(m.layers[0].qkv.Rows, 2*m.ffn, m.width) + kernel.Lanes,
		x:      make([]float32, batch*m.width),
		wide:   kernel.NewVectors(batch, m.width),
		heads:  kernel.NewVectors(batch, c.Heads*m.headSize),
		hidden: kernel.NewVectors(batch, m.ffn),
		query:  kernel.NewVectors(batch*c.KVHeads*group, m.headSize),
		sink:   kernel.NewVectors(batch*c.KVHeads*group, m.headSize),
		key:    kernel.NewVectors(batch, m.headSize),
		value:  kernel.NewVectors(batch, m.headSize),
		attn:   make([]float32, batch*c.Heads*m.headSize),
		logits: make([]float32, batch*m.head.Rows),
	}
	e.y = make([]float32, batch*e.ldy)
	for _, p := range []*[]float32{&e.cos, &e.sin, &e.cosQ, &e.sinQ} {
		*p = make([]float32, batch*m.headSize)
	}
	for range e.t.size {
		e.scratch = append(e.scratch, scratch{
			norm: make([]float32, m.width),
			sum:  make([]float32, k.Tile*kernel.Block),
		})
	}
	return e
}

// Close ends the engine's workers.
func (e *Engine) Close() { e.t.close() }

// MaxRows returns the largest batch the engine takes.
func (e *Engine) MaxRows() int { return e.max }

// Run feeds the rows and sets out[i] to what the model says of the token after
// row i; if out is nil, it says nothing. Where visit is given it is called for each
// row as soon as its weights are there, in any order and from several goroutines.
func (e *Engine) Run(rows []Row, out []*Weights, visit func(i int)) {
	if len(rows) == 0 {
		return
	}
	e.rows, e.place, e.chunks = rows, e.place[:0], e.chunks[:0]
	perChunk := max(1, e.k.Tile/(e.m.config.Heads/e.m.config.KVHeads))
	slots := 0
	for i, r := range rows {
		e.place = append(e.place, r.Stream.next)
		r.Stream.next++
		slots = max(slots, kernel.RoundUp(r.Stream.used(e.place[i]), kernel.Block))
		last := len(e.chunks) - 1
		if last >= 0 && rows[i-1].Stream == r.Stream && i-e.chunks[last].lo < perChunk {
			e.chunks[last].hi = i + 1
		} else {
			e.chunks = append(e.chunks, chunk{i, i + 1})
		}
	}
	for w := range e.scratch {
		s := &e.scratch[w]
		if n := slots * e.k.Tile; len(s.z) < n {
			s.z, s.hi, s.lo = make([]float32, n), make([]byte, n), make([]byte, n)
		}
	}
	e.ticket.Store(0)
	e.t.run(func(w int) {
		e.forward(w)
		if out != nil {
			e.predict(w, out, visit)
		}
	})
}

// forward runs all layers; every worker calls it. Steps of a row are shared
// out by rows, matrix products by groups of matrix rows.
func (e *Engine) forward(w int) {
	lo, hi := part(len(e.rows), w, e.t.size)
	for i := lo; i < hi; i++ {
		e.begin(i)
	}
	for l := range e.m.layers {
		y, following := &e.m.layers[l], e.m.head
		if l+1 < len(e.m.layers) {
			following = e.m.layers[l+1].qkv
		}
		for i := lo; i < hi; i++ {
			e.norm(i, w, y.attnNorm)
		}
		e.t.barrier()
		e.mul(w, y.qkv, e.wide, y.out)
		e.t.barrier()
		for i := lo; i < hi; i++ {
			e.remember(i, l)
		}
		e.t.barrier()
		e.attend(w, l)
		e.t.barrier()
		if w == 0 {
			e.ticket.Store(0)
		}
		for i := lo; i < hi; i++ {
			e.k.Quantize(e.heads, i, e.attn[i*e.heads.Cols:][:e.heads.Cols])
		}
		e.t.barrier()
		e.mul(w, y.out, e.heads, y.gateUp)
		e.t.barrier()
		for i := lo; i < hi; i++ {
			e.residual(i)
			e.norm(i, w, y.ffnNorm)
		}
		e.t.barrier()
		e.mul(w, y.gateUp, e.wide, y.down)
		e.t.barrier()
		for i := lo; i < hi; i++ {
			gate, up := e.y[i*e.ldy:][:e.m.ffn], e.y[i*e.ldy+e.m.ffn:][:e.m.ffn]
			e.k.SiLUMul(gate, gate, up)
			e.k.Quantize(e.hidden, i, gate)
		}
		e.t.barrier()
		e.mul(w, y.down, e.hidden, following)
		e.t.barrier()
		for i := lo; i < hi; i++ {
			e.residual(i)
		}
	}
	for i := lo; i < hi; i++ {
		e.norm(i, w, e.m.norm)
	}
	e.t.barrier()
}
