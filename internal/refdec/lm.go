package refdec

import (
	"fmt"
	"math"
)

// A languageModel is a llama of a GGUF file, as NUMERICS.md computes it.
type languageModel struct {
	vocabulary *vocabulary
	bos        int
	width      int
	heads      int
	headsKV    int
	headDim    int
	rotated    int
	eps        float32
	speeds     []uint64
	embedding  tensor
	layers     []layer
	norm       []float32
	output     matrix // in the order of the leaves
}

type layer struct {
	attentionNorm, ffnNorm       []float32
	q, k, v, out, gate, up, down matrix
}

func newLanguageModel(parts [][]byte) (*languageModel, error) {
	g, err := readGGUF(parts)
	if err != nil {
		return nil, err
	}
	if g.values["general.architecture"] != "llama" {
		return nil, fmt.Errorf("architecture %v", g.values["general.architecture"])
	}
	number := func(name string) int { return int(g.number("llama." + name)) }
	optional := func(name string, otherwise int) int {
		if _, ok := g.values["llama."+name]; ok {
			return number(name)
		}
		return otherwise
	}
	m := &languageModel{
		bos:   int(g.number("tokenizer.ggml.bos_token_id")),
		width: number("embedding_length"),
		heads: number("attention.head_count"),
		eps:   float32(g.number("llama.attention.layer_norm_rms_epsilon")),
	}
	m.headsKV = optional("attention.head_count_kv", m.heads)
	m.headDim = optional("attention.key_length", m.width/m.heads)
	m.rotated = optional("rope.dimension_count", m.headDim)
	frequency, ok := g.values["llama.rope.freq_base"].(float64)
	if !ok {
		frequency = 10000
	}
	base := exactLog2(frequency)
	for i := range m.rotated / 2 {
		t := exactExp2(-float64(base*float64(2*i))/float64(m.rotated)) / (2 * math.Pi)
		m.speeds = append(m.speeds, uint64(float64(t*(1<<64))))
	}
	if m.vocabulary, err = newVocabulary(g); err != nil {
		return nil, err
	}
	var missing error
	find := func(name string) tensor {
		t, ok := g.tensors[name+".weight"]
		if !ok {
			missing = fmt.Errorf("no tensor %s", name)
		}
		return t
	}
	m.embedding = find("token_embd")
	for i := range number("block_count") {
		of := func(name string) tensor { return find(fmt.Sprintf("blk.%d.%s", i, name)) }
		l := layer{q: of("attn_q").matrix(), k: of("attn_k").matrix(), v: of("attn_v").matrix(), out: of("attn_output").matrix(),
			gate: of("ffn_gate").matrix(), up: of("ffn_up").matrix(), down: of("ffn_down").matrix()}
		l.out = padHeads(l.out, m.headDim)
		if missing == nil {
			l.attentionNorm, l.ffnNorm = of("attn_norm").row(0), of("ffn_norm").row(0)
		}
		m.layers = append(m.layers, l)
	}
	if missing != nil {
		return nil, missing
	}
	m.norm = find("output_norm").row(0)
	output, ok := g.tensors["output.weight"]
	if !ok {
		output = m.embedding
	}
	all := output.matrix()
	for _, id := range m.vocabulary.ids {
		m.output = append(m.output, all[id])
	}
	return m, missing
}

// padHeads puts zeros behind the columns of each head, to a multiple of 64.
func padHeads(m matrix, headDim int) matrix {
	for i := range m {
		var q []int8
		for at := 0; at < len(m[i].q); at += headDim {
			q = append(q, m[i].q[at:at+headDim]...)
			q = append(q, make([]int8, -len(q)&63)...)
		}
		m[i].q = q
	}
	return m
}

// weights returns the weight of each leaf, given the last state.
func (m *languageModel) weights(state []float32) []uint64 {
	logits := m.output.times(state)
	top := float32(math.Inf(-1))
	for _, z := range logits {
		top = max(top, z)
	}
	out := make([]uint64, len(logits))
	for i, z := range logits {
		out[i] = 1 + uint64(float32(exp2(float32((z-top)*math.Log2E))*(1<<26)))
	}
	return out
}
