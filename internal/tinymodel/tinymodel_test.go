package tinymodel_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/token"
)

const sample = "It was the best of times, it was the worst of times,\r\n" +
	"it was the age of wisdom; in 1859 they said \"foolishness\".\r\n\r\n" +
	"\tif (a[i]  >=  b[i]) { return caf\xc3\xa9(0x1F, 'q'); } // \x00\xf0\x9f\x99\x82\r\n"

func parse(t *testing.T, c tinymodel.Config) *gguf.File {
	f, err := gguf.Parse(tinymodel.Bytes(c))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func number(t *testing.T, f *gguf.File, key string) int {
	n, err := f.Uint(key)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// reference evaluates a model in float64, one token after the other, from the
// definition of the llama architecture.
type reference struct {
	t            *testing.T
	f            *gguf.File
	heads, kv    int
	base, eps    float64
	layers       int
	keys, values [][][]float64 // [layer][position]
}

// matrix returns the rows of a tensor.
func (r *reference) matrix(name string) (rows [][]float64) {
	tensor, err := r.f.Tensor(name)
	if err != nil {
		r.t.Fatal(err)
	}
	row := make([]float32, tensor.Dims[0])
	n := 1
	if len(tensor.Dims) > 1 {
		n = int(tensor.Dims[1])
	}
	for i := range n {
		tensor.Row(i, row)
		wide := make([]float64, len(row))
		for j, v := range row {
			wide[j] = float64(v)
		}
		rows = append(rows, wide)
	}
	return rows
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func times(m [][]float64, x []float64) (y []float64) {
	for _, row := range m {
		y = append(y, dot(row, x))
	}
	return y
}

func (r *reference) norm(x, weight []float64) (y []float64) {
	scale := 1 / math.Sqrt(dot(x, x)/float64(len(x))+r.eps)
	for i := range x {
		y = append(y, x[i]*scale*weight[i])
	}
	return y
}

func (r *reference) rotate(x []float64, size, position int) {
	for i := 0; i < len(x); i += 2 {
		sin, cos := math.Sincos(float64(position) * math.Pow(r.base, -float64(i%size)/float64(size)))
		x[i], x[i+1] = x[i]*cos-x[i+1]*sin, x[i]*sin+x[i+1]*cos
	}
}

func (r *reference) attend(layer int, q []float64, size int) (out []float64) {
	for h := range r.heads {
		from := h * r.kv / r.heads * size
		weights, sum, mix := []float64{}, 0.0, make([]float64, size)
		for _, k := range r.keys[layer] {
			w := math.Exp(dot(q[h*size:][:size], k[from:][:size]) / math.Sqrt(float64(size)))
			weights, sum = append(weights, w), sum+w
		}
		for p, v := range r.values[layer] {
			for i := range mix {
				mix[i] += weights[p] / sum * v[from+i]
			}
		}
		out = append(out, mix...)
	}
	return out
}

// logits feeds a token at the next position.
func (r *reference) logits(id int32, position int, matrices map[string][][]float64) []float64 {
	x := slices.Clone(matrices["token_embd.weight"][id])
	size := len(x) / r.heads
	for layer := range r.layers {
		m := func(name string) [][]float64 { return matrices[fmt.Sprintf("blk.%d.%s.weight", layer, name)] }
		y := r.norm(x, m("attn_norm")[0])
		q, k := times(m("attn_q"), y), times(m("attn_k"), y)
		r.rotate(q, size, position)
		r.rotate(k, size, position)
		r.keys[layer] = append(r.keys[layer], k)
		r.values[layer] = append(r.values[layer], times(m("attn_v"), y))
		for i, v := range times(m("attn_output"), r.attend(layer, q, size)) {
			x[i] += v
		}
		y = r.norm(x, m("ffn_norm")[0])
		hidden := times(m("ffn_up"), y)
		for i, g := range times(m("ffn_gate"), y) {
			hidden[i] *= g / (1 + math.Exp(-g))
		}
		for i, v := range times(m("ffn_down"), hidden) {
			x[i] += v
		}
	}
	output := matrices["output.weight"]
	if output == nil {
		output = matrices["token_embd.weight"]
	}
	return times(output, r.norm(x, matrices["output_norm.weight"][0]))
}

// entropies returns the entropy of each prediction in bits.
func entropies(t *testing.T, c tinymodel.Config) (bits []float64) {
	f := parse(t, c)
	r := &reference{t: t, f: f, layers: c.Layers, heads: number(t, f, "llama.attention.head_count"), kv: number(t, f, "llama.attention.head_count_kv")}
	r.keys, r.values = make([][][]float64, c.Layers), make([][][]float64, c.Layers)
	for key, v := range map[string]*float64{"llama.rope.freq_base": &r.base, "llama.attention.layer_norm_rms_epsilon": &r.eps} {
		n, err := f.Float(key)
		if err != nil {
			t.Fatal(err)
		}
		*v = n
	}
	matrices := map[string][][]float64{}
	for _, name := range f.TensorNames() {
		matrices[name] = r.matrix(name)
	}
	tok, err := token.New(f)
	if err != nil {
		t.Fatal(err)
	}
	position := 0
	for _, id := range tok.Encode([]int32{tok.BOS()}, []byte(sample)) {
		if int(id) >= tok.Size() {
			continue
		}
		logits := r.logits(id, position, matrices)
		position++
		top, sum, mean := slices.Max(logits), 0.0, 0.0
		for _, l := range logits {
			w := math.Exp(l - top)
			sum, mean = sum+w, mean+w*(l-top)
		}
		bits = append(bits, (math.Log(sum)-mean/sum)/math.Ln2)
	}
	return bits
}

// Predictions are of every kind, from certain to all but uniform.
func TestEntropies(t *testing.T) {
	for name, c := range map[string]struct {
		config tinymodel.Config
		most   float64 // what the largest entropy must reach
	}{"default": {tinymodel.Default(), 13}, "small": {tinymodel.Small(), 8.5}} {
		bounds := []float64{0, 0.01, 0.5, 2, 6, 15}
		counts := make([]int, len(bounds)-1)
		bits := entropies(t, c.config)
		for _, b := range bits {
			i, found := slices.BinarySearch(bounds, max(b, 0)) // b may be −1e−16
			if !found {
				i--
			}
			if i == len(counts) || i < 0 {
				t.Fatalf("%s: an entropy of %g bits", name, b)
			}
			counts[i]++
		}
		if slices.Min(counts) < 4 || slices.Max(bits) < c.most {
			t.Errorf("%s: of %d predictions %d lie between the entropies %g, the largest is %.3f", name, len(bits), counts, bounds, slices.Max(bits))
		}
	}
}

// The vocabulary of the larger allows entropies of 14 bits.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		config               tinymodel.Config
		least, most, maxFile int
	}{{tinymodel.Default(), 1 << 14, 20000, 1 << 20}, {tinymodel.Small(), 400, 600, 200000}} {
		tok, err := token.New(parse(t, c.config))
		if err != nil {
			t.Fatal(err)
		}
		if n := tok.Size(); n < c.least || n > c.most {
			t.Errorf("%d tokens: want %d to %d", n, c.least, c.most)
		}
		if n := len(tinymodel.Bytes(c.config)); n > c.maxFile {
			t.Errorf("%d bytes: want at most %d", n, c.maxFile)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []tinymodel.Config{tinymodel.Default(), tinymodel.Small()} {
		a, b := tinymodel.Bytes(c), tinymodel.Bytes(c)
		c.Seed++
		if !bytes.Equal(a, b) || bytes.Equal(a, tinymodel.Bytes(c)) {
			t.Error("not the same for the same seed, or the same for another")
		}
	}
}
