package lm

import (
	"fmt"
	"slices"

	"github.com/pith-codec/pith/model/gguf"
)

// Check reads the shape of a llama-architecture file, and checks without reading
// their data that the tensors are those of such a model, in encodings that can be
// read. A tensor that this engine would pass over, such as a bias, is an error, for
// without it the model would predict badly.
func Check(f *gguf.File) (Config, error) {
	c, err := readConfig(f)
	if err != nil {
		return c, err
	}
	known := map[string]bool{}
	check := func(name string, dims ...int) {
		known[name] = true
		t, e := f.Tensor(name)
		want := make([]uint64, len(dims))
		for i, d := range dims {
			want[i] = uint64(d)
		}
		switch {
		case e != nil:
		case !slices.Equal(t.Dims, want):
			e = fmt.Errorf("lm: %s has dimensions %v: want %v", name, t.Dims, want)
		case !t.Type.Supported():
			e = fmt.Errorf("lm: %s has type %v, which is not supported", name, t.Type)
		}
		if err == nil {
			err = e
		}
	}
	check("token_embd.weight", c.Width, c.Vocab)
	check("output_norm.weight", c.Width)
	if _, e := f.Tensor("output.weight"); e == nil {
		check("output.weight", c.Width, c.Vocab)
	}
	if _, e := f.Tensor(ropeTensor); e == nil {
		check(ropeTensor, c.RopeDim/2)
	}
	for i := range c.Layers {
		name := func(s string) string { return fmt.Sprintf("blk.%d.%s.weight", i, s) }
		heads, kvHeads := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
		check(name("attn_norm"), c.Width)
		check(name("attn_q"), c.Width, heads)
		check(name("attn_k"), c.Width, kvHeads)
		check(name("attn_v"), c.Width, kvHeads)
		check(name("attn_output"), heads, c.Width)
		check(name("ffn_norm"), c.Width)
		check(name("ffn_gate"), c.Width, c.FFN)
		check(name("ffn_up"), c.Width, c.FFN)
		check(name("ffn_down"), c.FFN, c.Width)
	}
	for _, name := range f.TensorNames() {
		if err == nil && !known[name] {
			err = fmt.Errorf("lm: tensor %.64q is not supported", name)
		}
	}
	if _, e := ropeScale(f); err == nil {
		err = e
	}
	return c, err
}
