package lm

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/lm/kernel"
)

// Bounds on a model's shape and values. With them no activation overflows a
// float32 and no integer sum an int32, whatever the weights.
const (
	maxLayers = 256
	maxWidth  = 1 << 14
	maxVocab  = 1 << 20
	maxHead   = 256 // values of a head
	maxNorm   = 1 << 10
	maxScale  = 1 << 4
)

func readConfig(f *gguf.File) (Config, error) {
	var c Config
	if arch, err := f.String("general.architecture"); err != nil || arch != "llama" {
		return c, fmt.Errorf("lm: architecture %q: only llama is supported", arch)
	}
	var err error
	count := func(key string, most int) int {
		n, e := f.Uint(key)
		if e == nil && (n == 0 || n > uint64(most)) {
			e = fmt.Errorf("lm: %s is %d: want 1 to %d", key, n, most)
		}
		if e != nil && err == nil {
			err = e
		}
		return int(min(n, uint64(most)))
	}
	optional := func(key string, most, otherwise int) int {
		if !f.Has(key) {
			return otherwise
		}
		return count(key, most)
	}
	c.Layers = count("llama.block_count", maxLayers)
	c.Width = count("llama.embedding_length", maxWidth)
	c.FFN = count("llama.feed_forward_length", 4*maxWidth)
	c.Heads = count("llama.attention.head_count", maxWidth)
	if err != nil {
		return c, err
	}
	c.KVHeads = optional("llama.attention.head_count_kv", maxWidth, c.Heads)
	c.HeadDim = optional("llama.attention.key_length", maxHead, min(c.Width/c.Heads, maxHead+1))
	c.RopeDim = optional("llama.rope.dimension_count", maxHead, c.HeadDim)
	if err != nil {
		return c, err
	}
	embed, err := f.Tensor("token_embd.weight")
	if err != nil {
		return c, err
	}
	if len(embed.Dims) != 2 || embed.Dims[1] == 0 || embed.Dims[1] > maxVocab {
		return c, fmt.Errorf("lm: token_embd.weight has dimensions %v", embed.Dims)
	}
	c.Vocab = int(embed.Dims[1])
	if c.Eps, err = f.Float("llama.attention.layer_norm_rms_epsilon"); err != nil {
		return c, err
	}
	c.RopeBase = 10000
	if f.Has("llama.rope.freq_base") {
		if c.RopeBase, err = f.Float("llama.rope.freq_base"); err != nil {
			return c, err
		}
	}
	switch {
	case c.HeadDim == 0 || c.HeadDim > maxHead || c.Heads%c.KVHeads != 0:
		err = fmt.Errorf("lm: %d heads over width %d with %d key/value heads", c.Heads, c.Width, c.KVHeads)
	case c.RopeDim%2 != 0 || c.RopeDim > c.HeadDim:
		err = fmt.Errorf("lm: %d rotated values in a head of %d", c.RopeDim, c.HeadDim)
	case !(c.RopeBase >= 1 && c.RopeBase <= 1e12):
		err = fmt.Errorf("lm: rope base %g", c.RopeBase)
	case !(c.Eps >= 1e-12 && c.Eps <= 1):
		err = fmt.Errorf("lm: RMS norm epsilon %g", c.Eps)
	}
	return c, err
}

// ropeFactors returns by what the speed of each rotated pair is divided, nil if all
// are as the base says: the tensor of Llama 3.1 and later, and linear scaling.
func ropeFactors(f *gguf.File, c Config) ([]float64, error) {
	scale, err := ropeScale(f)
	if err != nil {
		return nil, err
	}
	t, err := f.Tensor(ropeTensor)
	if err != nil && scale == 1 {
		return nil, nil
	}
	factors := make([]float64, c.RopeDim/2)
	row := make([]float32, len(factors))
	if err == nil {
		t.Row(0, row)
	}
	for i := range factors {
		factors[i] = scale
		if err == nil {
			factors[i] = float64(scale * float64(row[i]))
		}
		if !(factors[i] >= 1 && factors[i] <= 1<<20) {
			return nil, fmt.Errorf("lm: a pair rotates slower by %g: want 1 to 2^20", factors[i])
		}
	}
	return factors, nil
}

const ropeTensor = "rope_freqs.weight"

// ropeScale returns the factor of linear scaling, 1 if there is none.
func ropeScale(f *gguf.File) (float64, error) {
	const kind, factor = "llama.rope.scaling.type", "llama.rope.scaling.factor"
	if !f.Has(kind) {
		return 1, nil
	}
	switch name, err := f.String(kind); {
	case err != nil:
		return 0, err
	case name == "none":
		return 1, nil
	case name == "linear":
		return f.Float(factor)
	default:
		return 0, fmt.Errorf("lm: %s is %.64q: want none or linear", kind, name)
	}
}

// loader reads tensors and keeps the first error.
type loader struct {
	mu   sync.Mutex
	file *gguf.File
	err  error
}

func (l *loader) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

// tensor returns the named tensor, which check has found good.
func (l *loader) tensor(name string) *gguf.Tensor {
	t, _ := l.file.Tensor(name)
	return t
}

// vector returns the named norm weights, padded with zeros.
func (l *loader) vector(name string, n int) []float32 {
	v := make([]float32, kernel.RoundUp(n, kernel.Block))
	l.tensor(name).Row(0, v[:n])
	for _, x := range v {
		if !(x >= -maxNorm && x <= maxNorm) {
			l.fail(fmt.Errorf("lm: %s holds %g", name, x))
			break
		}
	}
	return v
}

// layer packs the matrices of layer i. Heads are padded to m.headSize.
func (l *loader) layer(m *Model, i int) layer {
	c := m.config
	name := func(s string) string { return fmt.Sprintf("blk.%d.%s.weight", i, s) }
	heads, kvHeads := c.Heads*m.headSize, c.KVHeads*m.headSize
	padded := func(j int) int { return j/c.HeadDim*m.headSize + j%c.HeadDim }
	y := layer{
		attnNorm: l.vector(name("attn_norm"), c.Width),
		ffnNorm:  l.vector(name("ffn_norm"), c.Width),
		qkv:      kernel.NewMatrix(heads+2*kvHeads, m.width),
		out:      kernel.NewMatrix(m.width, heads),
		gateUp:   kernel.NewMatrix(2*m.ffn, m.width),
		down:     kernel.NewMatrix(m.width, m.ffn),
	}
	rows := func(dst *kernel.Matrix, s string, n, offset int, row, col func(int) int) {
		l.pack(dst, l.tensor(name(s)), n, func(i int) (from, to int) { return i, offset + row(i) }, col)
	}
	same := func(j int) int { return j }
	rows(y.qkv, "attn_q", c.Heads*c.HeadDim, 0, padded, nil)
	rows(y.qkv, "attn_k", c.KVHeads*c.HeadDim, heads, padded, nil)
	rows(y.qkv, "attn_v", c.KVHeads*c.HeadDim, heads+kvHeads, padded, nil)
	rows(y.out, "attn_output", c.Width, 0, same, padded)
	rows(y.gateUp, "ffn_gate", c.FFN, 0, same, nil)
	rows(y.gateUp, "ffn_up", c.FFN, m.ffn, same, nil)
	rows(y.down, "ffn_down", c.Width, 0, same, nil)
	return y
}

// pack stores n rows of t in dst: for each i, row from as row to. Where col is
// given, value j goes to column col(j).
func (l *loader) pack(dst *kernel.Matrix, t *gguf.Tensor, n int, place func(i int) (from, to int), col func(j int) int) {
	cols := int(t.Dims[0])
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			values, floats := make([]int8, cols), make([]float32, cols)
			spread := make([]int8, dst.Cols)
			lo, hi := part(n, w, workers)
			for i := lo; i < hi; i++ {
				from, to := place(i)
				scale, ok := t.Int8Row(from, values)
				if !ok {
					t.Row(from, floats)
					scale, ok = quantizeRow(values, floats)
				}
				if !ok || !(scale >= -maxScale && scale <= maxScale) {
					l.fail(fmt.Errorf("lm: %s: row %d has a value that is not finite or too large", t.Name, from))
					return
				}
				if col == nil {
					dst.SetRow(to, scale, values)
					continue
				}
				for j, v := range values {
					spread[col(j)] = v
				}
				dst.SetRow(to, scale, spread)
			}
		})
	}
	wait.Wait()
}

// quantizeRow rounds a row to int8 with one scale. It fails if a value is not
// finite.
func quantizeRow(q []int8, row []float32) (scale float32, ok bool) {
	var top float32
	for _, x := range row {
		if x < 0 {
			x = -x
		}
		if !(x <= math.MaxFloat32) {
			return 0, false
		}
		top = max(top, x)
	}
	scale, inverse := kernel.Scales(top)
	for j, x := range row {
		q[j] = int8(kernel.RoundEven(float32(x * inverse)))
	}
	return scale, true
}
