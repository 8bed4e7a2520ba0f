package lm

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
)

// The head of a file tells the memory that its weights take.
func TestBytes(t *testing.T) {
	for _, shape := range []tinymodel.Config{tinymodel.Default(), tinymodel.Small(), {Width: 132, Heads: 2, KVHeads: 1, FFN: 65, Layers: 3, Seed: 3}} {
		data := tinymodel.Bytes(shape)
		head, err := gguf.Head(io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))))
		if err != nil {
			t.Fatal(err)
		}
		c, err := Check(head)
		if err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Load(f, []int32{20, 30, 40})
		if err != nil {
			t.Fatal(err)
		}
		n := len(m.head.Data)
		for _, l := range m.layers {
			n += len(l.qkv.Data) + len(l.out.Data) + len(l.gateUp.Data) + len(l.down.Data)
		}
		if got := c.Bytes(3); got != int64(n) || m.Config() != c {
			t.Errorf("%+v: %d bytes, they are %d", shape, got, n)
		}
	}
}

// What this engine would pass over is refused.
func TestCheck(t *testing.T) {
	model := func(change func(w *tinymodel.Writer)) *gguf.File {
		w := tinymodel.New(tinymodel.Small())
		change(w)
		f, err := gguf.Parse(w.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	bias := make([]float32, 36)
	for want, change := range map[string]func(w *tinymodel.Writer){
		"":                      func(w *tinymodel.Writer) { w.String("llama.rope.scaling.type", "none") },
		`"blk.0.attn_q.bias"`:   func(w *tinymodel.Writer) { w.Tensor("blk.0.attn_q.bias", 0, 36, 0, bias) },
		"rope_freqs.weight has": func(w *tinymodel.Writer) { w.Tensor("rope_freqs.weight", 0, 7, 0, bias[:7]) },
		"is \"yarn\"":           func(w *tinymodel.Writer) { w.String("llama.rope.scaling.type", "yarn") },
		"is not a string":       func(w *tinymodel.Writer) { w.Uint32("llama.rope.scaling.type", 1) },
	} {
		_, err := Check(model(change))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Factors of rotation and linear scaling are those of both, and never below 1.
func TestRopeFactors(t *testing.T) {
	w := func(scale float32, factors ...float32) *gguf.File {
		w := tinymodel.New(tinymodel.Small())
		if factors != nil {
			w.Tensor("rope_freqs.weight", 0, len(factors), 0, factors)
		}
		if scale != 0 {
			w.String("llama.rope.scaling.type", "linear")
			w.Float32("llama.rope.scaling.factor", scale)
		}
		f, err := gguf.Parse(w.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		f    *gguf.File
		want []float64 // nil if it is refused
	}{
		"factors": {w(0, 1, 1, 2, 4, 8, 32), []float64{1, 1, 2, 4, 8, 32}},
		"linear":  {w(4), []float64{4, 4, 4, 4, 4, 4}},
		"both":    {w(2, 1, 1, 2, 4, 8, 32), []float64{2, 2, 4, 8, 16, 64}},
		"less":    {w(0, 1, 1, 0.5, 4, 8, 32), nil},
		"zero":    {w(0, 1, 1, 0, 4, 8, 32), nil},
		"none":    {w(nan), nil},
		"huge":    {w(1 << 21), nil},
	} {
		config, err := Check(c.f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := ropeFactors(c.f, config)
		if (err == nil) != (c.want != nil) || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
		if _, loadErr := Load(c.f, []int32{20}); (loadErr == nil) != (err == nil) {
			t.Errorf("%s: loading says %v", name, loadErr)
		}
	}
}
