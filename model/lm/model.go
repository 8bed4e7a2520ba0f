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

// Leaves returns the number of tokens that have a logit.
func (m *Model) Leaves() int { return m.leaves }

// StreamBytes returns the memory of a stream's keys and values.
func (c Config) StreamBytes(window, batch int) int64 {
	slots := int64(kernel.Lanes + ringSlots(window, batch))
	return slots * int64(c.Layers*c.KVHeads) * int64(2*kernel.RoundUp(c.HeadDim, kernel.Block)+8)
}

// Bytes returns the memory of the packed weights with an output layer of the given
// leaves.
func (c Config) Bytes(leaves int) int64 {
	width, ffn := int64(kernel.RoundUp(c.Width, kernel.Block)), int64(kernel.RoundUp(c.FFN, kernel.Block))
	size := int64(kernel.RoundUp(c.HeadDim, kernel.Block))
	heads, kvHeads := int64(c.Heads)*size, int64(c.KVHeads)*size
	layer := (heads+2*kvHeads)*width + width*heads + 3*ffn*width
	return int64(kernel.RoundUp(leaves, kernel.ExpGroup))*width + int64(c.Layers)*layer
}

// WeightsBytes returns the memory of what NewWeights of a model with the given
// leaves returns.
func (c Config) WeightsBytes(leaves int) int64 {
	return int64(kernel.RoundUp(leaves, kernel.ExpGroup)) * 4 * 35 / 32
}

// Load packs the weights of a llama-architecture file. Leaf i of the output
// layer is the token order[i]; tokens not in order have no logit.
func Load(f *gguf.File, order []int32) (*Model, error) {
	c, err := Check(f)
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
	factors, err := ropeFactors(f, c)
	if err != nil {
		return nil, err
	}
	m.rope = newRope(c.RopeBase, c.RopeDim, m.headSize, factors)
	l := loader{file: f}
	m.embed = l.tensor("token_embd.weight")
	m.norm = l.vector("output_norm.weight", c.Width)
	output := m.embed
	if _, err := f.Tensor("output.weight"); err == nil {
		output = l.tensor("output.weight")
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
