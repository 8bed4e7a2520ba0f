// Package tinymodel makes small random language models for tests, as GGUF
// files in memory. They foresee nothing, but are loaded, run and mixed like
// real ones, in a fraction of the time, and their predictions range from
// certain to all but uniform.
package tinymodel

import (
	"fmt"

	"github.com/pith-codec/pith/internal/splitmix"
)

// Config is the shape of a model. Widths that are no multiples of 64 are on
// purpose: the engine pads them.
type Config struct {
	Triples bool // tokens of three letters, some 17,600
	Scored  bool // a vocabulary of SentencePiece in place of GPT-2's
	Width   int
	Heads   int
	KVHeads int
	FFN     int
	Layers  int
	Tied    bool // the output layer is the embedding
	Seed    uint64
}

// Default has a vocabulary large enough for predictions of 14 bits.
func Default() Config {
	return Config{Triples: true, Width: 32, Heads: 4, KVHeads: 2, FFN: 72, Layers: 2, Tied: true, Seed: 1}
}

// Small is the fastest.
func Small() Config {
	return Config{Width: 36, Heads: 3, KVHeads: 1, FFN: 40, Layers: 2, Seed: 2}
}

// Special is the number of special tokens that begin the vocabulary.
const Special = 17

// missing are the byte values without a token, as in the default model.
const missing = "\x04\x06\x13\x14\x16\x1D\xC0\xC1\xF1\xF2\xF5\xF6\xF7\xF8\xF9\xFA\xFB\xFC\xFD\xFE\xFF"

// Bytes returns the model's file, the same for the same shape.
func Bytes(c Config) []byte { return New(c).Bytes() }

// New returns a writer that holds the model, to add what makes it another.
func New(c Config) *Writer {
	return NewWith(c, func(w *Writer, name string, kind uint32, cols, rows int, values []float32) {
		w.Tensor(name, kind, cols, rows, values)
	})
}

// NewWith is New with all matrices written by matrix.
func NewWith(c Config, matrix func(w *Writer, name string, kind uint32, cols, rows int, values []float32)) *Writer {
	w := &Writer{}
	w.String("general.architecture", "llama")
	w.Uint32("llama.block_count", uint32(c.Layers))
	w.Uint32("llama.embedding_length", uint32(c.Width))
	w.Uint32("llama.feed_forward_length", uint32(c.FFN))
	w.Uint32("llama.attention.head_count", uint32(c.Heads))
	w.Uint32("llama.attention.head_count_kv", uint32(c.KVHeads))
	w.Uint32("llama.context_length", 2048)
	w.Uint32("llama.rope.dimension_count", uint32(c.Width/c.Heads))
	w.Float32("llama.rope.freq_base", 10000)
	w.Float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
	var tokens []string
	if c.Scored {
		tokens = w.scored()
	} else {
		tokens = w.merged(c)
	}

	r := splitmix.Source(c.Seed)
	kv := c.Width / c.Heads * c.KVHeads
	embedding := uint32(typeF16)
	if c.Width%32 == 0 {
		embedding = typeQ4_0
	}
	matrix(w, "token_embd.weight", embedding, c.Width, len(tokens), randomNormal(&r, c.Width*len(tokens), 1))
	w.Tensor("output_norm.weight", typeF32, c.Width, 0, outputNorm(c, &r))
	if !c.Tied {
		matrix(w, "output.weight", typeF16, c.Width, len(tokens), randomNormal(&r, c.Width*len(tokens), 1))
	}
	wide := uint32(typeF32)
	if c.Width%32 == 0 {
		wide = typeQ8_0
	}
	for i := range c.Layers {
		add := func(name string, kind uint32, cols, rows int) {
			matrix(w, fmt.Sprintf("blk.%d.%s.weight", i, name), kind, cols, rows, randomNormal(&r, cols*rows, 0.3))
		}
		for _, name := range []string{"attn_norm", "ffn_norm"} {
			w.Tensor(fmt.Sprintf("blk.%d.%s.weight", i, name), typeF32, c.Width, 0, randomNormal(&r, c.Width, 1))
		}
		add("attn_q", wide, c.Width, c.Width)
		add("attn_k", typeF16, c.Width, kv)
		add("attn_v", typeF32, c.Width, kv)
		add("attn_output", wide, c.Width, c.Width)
		add("ffn_gate", typeF16, c.Width, c.FFN)
		add("ffn_up", wide, c.Width, c.FFN)
		add("ffn_down", typeF16, c.FFN, c.Width)
	}
	return w
}

// outputNorm weighs one value of the final state far more than the others: as
// it comes out near zero or not, predictions are flat or certain.
func outputNorm(c Config, r *splitmix.Source) []float32 {
	norm := randomNormal(r, c.Width, 0.05)
	norm[0] = 60
	return norm
}

// merged adds GPT-2's kind of vocabulary and returns its tokens.
func (w *Writer) merged(c Config) []string {
	tokens, kinds, merges := vocabulary(c)
	w.String("tokenizer.ggml.model", "gpt2")
	w.String("tokenizer.ggml.pre", "smollm")
	w.Strings("tokenizer.ggml.tokens", tokens)
	w.Int32s("tokenizer.ggml.token_type", kinds)
	w.Strings("tokenizer.ggml.merges", merges)
	w.Uint32("tokenizer.ggml.bos_token_id", 0)
	return tokens
}

// scored adds SentencePiece's kind of vocabulary and returns its tokens: the begin of
// a text, all bytes, then letters and what two of them make, and with spaces.
func (w *Writer) scored() (tokens []string) {
	var kinds []int32
	var scores []float32
	add := func(kind int32, name string) {
		tokens, kinds, scores = append(tokens, name), append(kinds, kind), append(scores, float32(-len(tokens)))
	}
	add(3, "<s>")
	for b := range 256 {
		add(6, fmt.Sprintf("<0x%02X>", b))
	}
	letters := "abcdefghijklmnopqrstuvwxyz▁é"
	for _, a := range letters {
		for _, b := range letters {
			if b != '▁' {
				add(1, string(a)+string(b))
			}
		}
		add(1, string(a))
	}
	w.String("tokenizer.ggml.model", "llama")
	w.Strings("tokenizer.ggml.tokens", tokens)
	w.Int32s("tokenizer.ggml.token_type", kinds)
	w.Float32s("tokenizer.ggml.scores", scores)
	w.Uint32("tokenizer.ggml.bos_token_id", 0)
	return tokens
}

// vocabulary returns the special tokens, one token for each byte but the
// missing, then pieces of letters and spaces, with the merges that make them.
func vocabulary(c Config) (tokens []string, kinds []int32, merges []string) {
	add := func(kind int32, name string) {
		tokens, kinds = append(tokens, name), append(kinds, kind)
	}
	for i := range Special {
		add(3, fmt.Sprintf("<|special%d|>", i))
	}
	next := rune(256)
	for b := range rune(256) {
		name := b
		if !(b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE) {
			name = next
			next++
		}
		if !contains(missing, byte(b)) {
			add(1, string(name))
		}
	}
	join := func(a, b string) {
		add(1, a+b)
		merges = append(merges, a+" "+b)
	}
	letters := "abcdefghijklmnopqrstuvwxyz"
	for _, a := range letters {
		for _, b := range letters {
			if (a+b)%3 == 0 || c.Triples {
				join(string(a), string(b))
			}
		}
	}
	for _, a := range letters {
		join("Ġ", string(a))
	}
	join("Ġ", "Ġ")
	join("č", "Ċ")
	if c.Triples {
		for _, a := range letters {
			for _, b := range letters {
				for _, d := range letters {
					join(string(a)+string(b), string(d))
				}
			}
		}
	}
	return tokens, kinds, merges
}

func contains(s string, b byte) bool {
	for i := range len(s) {
		if s[i] == b {
			return true
		}
	}
	return false
}

// randomNormal returns n numbers, nearly normally distributed: sums of twelve
// uniform ones.
func randomNormal(r *splitmix.Source, n int, deviation float32) []float32 {
	list := make([]float32, n)
	for i := range list {
		sum := int64(0)
		for range 12 {
			sum += int64(r.Next() >> 40)
		}
		list[i] = float32(float32(float64(sum-6<<24)/(1<<24)) * deviation)
	}
	return list
}
