// Package lm is the native engine: a llama-type transformer in int8 whose
// results are the same bits on every machine, for every batch and any number
// of threads. NUMERICS.md in package model is its contract.
package lm

import (
	"math"

	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/lm/kernel"
)

// Config is the shape of a llama-type model, from GGUF metadata.
type Config struct {
	Layers   int
	Width    int // values of the residual stream
	FFN      int // values of the hidden feed-forward layer
	Heads    int // query heads
	KVHeads  int // key and value heads; Heads is a multiple
	HeadDim  int // values of a head
	RopeDim  int // values of a head that are rotated
	RopeBase float64
	Eps      float64
	Vocab    int
}

// Model is the weights of a model, packed for the kernels. It is immutable and
// shared by all engines.
type Model struct {
	config   Config
	headSize int // HeadDim, padded
	width    int // Width, padded
	ffn      int // FFN, padded
	rope     rope
	toLogit  float32 // turns the product of a query and a key into a base-2 logit
	embed    *gguf.Tensor
	layers   []layer
	norm     []float32      // [width]
	head     *kernel.Matrix // [leaves][width]
	leaves   int
}

type layer struct {
	attnNorm, ffnNorm []float32      // [width]
	qkv               *kernel.Matrix // [(Heads + 2·KVHeads)·headSize][width]
	out               *kernel.Matrix // [width][Heads·headSize]
	gateUp            *kernel.Matrix // [2·ffn][width]
	down              *kernel.Matrix // [width][ffn]
}

// Config returns the model's shape.
func (m *Model) Config() Config { return m.config }

// StreamBytes returns the memory of a stream's keys and values.
func (m *Model) StreamBytes(window, batch int) int64 {
	slots := int64(kernel.Lanes + ringSlots(window, batch))
	return slots * int64(m.config.Layers*m.config.KVHeads) * int64(2*m.headSize+8)
}

// Load packs the weights of a llama-architecture file. Leaf i of the output
// layer is the token order[i]; tokens not in order have no logit.
func Load(f *gguf.File, order []int32) (*Model, error) {
	c, err := readConfig(f)
	if err != nil {
		return nil, err
	}
	m := &Model{
		config:   c,
		headSize: kernel.RoundUp(c.HeadDim, kernel.Block),
		width:    kernel.RoundUp(c.Width, kernel.Block),
		ffn:      kernel.RoundUp(c.FFN, kernel.Block),
		leaves:   len(order),
	}
	m.toLogit = float32(kernel.Log2E / math.Sqrt(float64(c.HeadDim)))
	m.rope = newRope(c.RopeBase, c.RopeDim, m.headSize)
	l := loader{file: f}
	m.embed = l.tensor("token_embd.weight", c.Width, c.Vocab)
	m.norm = l.vector("output_norm.weight", c.Width)
	output := m.embed
	if _, err := f.Tensor("output.weight"); err == nil {
		output = l.tensor("output.weight", c.Width, c.Vocab)
	}
	m.head = kernel.NewMatrix(kernel.RoundUp(len(order), kernel.ExpGroup), m.width)
	l.pack(m.head, output, len(order), func(i int) (from, to int) { return int(order[i]), i }, nil)
	for i := range c.Layers {
		m.layers = append(m.layers, l.layer(m, i))
	}
	if l.err != nil {
		return nil, l.err
	}
	return m, nil
}

// Bytes returns the memory of the packed weights.
func (m *Model) Bytes() int64 {
	n := int64(len(m.head.Data))
	for _, l := range m.layers {
		n += int64(len(l.qkv.Data) + len(l.out.Data) + len(l.gateUp.Data) + len(l.down.Data))
	}
	return n
}

// WeightsBytes returns the memory of what NewWeights returns.
func (m *Model) WeightsBytes() int64 { return int64(m.head.Rows) * 4 * 35 / 32 }
