package ensemble

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/pith-codec/pith/internal/splitmix"
)

// weights is a list of weights, one a leaf.
type weights []uint32

func (w weights) Sum(lo, hi int) (sum uint64) {
	for _, f := range w[lo:hi] {
		sum += uint64(f)
	}
	return sum
}

func randomWeights(r *splitmix.Source, n int) weights {
	w := make(weights, n)
	for i := range w {
		w[i] = 1 + uint32(r.Next()>>(38+r.Below(26)))
	}
	return w
}

// vocabularies are lists of tokens; the empty ones are special.
func vocabularies() map[string][]string {
	letters := []string{"", "a", "ab", "abc", "abd", "b", "ba", "bab", "", "a", "ab", "\xff", "\xff\xff", "c", "cccccccc"}
	var bytes, all []string
	for b := range 256 {
		bytes = append(bytes, string([]byte{byte(b)}))
	}
	all = append(slices.Clone(bytes), "th", "the", " the", " ", "\r\n", "tha", "then")
	return map[string][]string{"letters": letters, "bytes": bytes, "all": all, "one": {"x"}, "nested": {"a", "aa", "aaa", "aaaa"}}
}

func vocabulary(tokens []string) *Vocabulary {
	return NewVocabulary(len(tokens), func(id int32) []byte { return []byte(tokens[id]) })
}

// tape codes bits to a list and back, and adds up what they cost.
type tape struct {
	bits    []int
	reading bool
	cost    float64
}

func (t *tape) Code(bit int, p uint32) int {
	if p < 1 || p >= 1<<22 {
		panic("probability out of range")
	}
	if t.reading {
		bit = t.bits[0]
		t.bits = t.bits[1:]
	} else {
		t.bits = append(t.bits, bit)
	}
	share := float64(p) / (1 << 22)
	if bit == 0 {
		share = 1 - share
	}
	t.cost -= math.Log2(share)
	return bit
}

func TestLeaves(t *testing.T) {
	v := vocabulary(vocabularies()["letters"])
	var got []string
	for _, id := range v.Order() {
		got = append(got, vocabularies()["letters"][id])
	}
	want := []string{"a", "ab", "abc", "abd", "b", "ba", "bab", "c", "cccccccc", "\xff", "\xff\xff"}
	if !slices.Equal(got, want) {
		t.Errorf("leaves are %q, want %q", got, want)
	}
	if v.Order()[0] != 1 || v.Order()[1] != 2 {
		t.Errorf("of equal tokens, %v have the leaf, want the lowest ids", v.Order()[:2])
	}
	if len(v.escapes) != 256-4 {
		t.Errorf("%d escapes, want those of all bytes but a, b, c and FF", len(v.escapes))
	}
}

// Tokens and escapes come back, in several streams, and the coder's two sides
// see the same probabilities.
func TestRoundTrip(t *testing.T) {
	for name, tokens := range vocabularies() {
		v, r := vocabulary(tokens), splitmix.Source(1)
		const streams, steps = 3, 150
		encoder, decoder := NewMixer(v, streams, 1000), NewMixer(v, streams, 1000)
		var ids [steps][streams]int32
		var dists [steps][streams]weights
		written := &tape{}
		var text [streams][]byte
		for step := range steps {
			for s := range streams {
				id := v.Order()[r.Below(len(v.Order()))]
				if len(v.escapes) > 0 && r.Below(8) == 0 {
					id = int32(v.size) + int32(v.escapes[r.Below(len(v.escapes))][0])
				}
				w := randomWeights(&r, len(v.Order()))
				opinions := v.AppendOpinions([]int32{7}, id, w)
				if rest := encoder.Encode(s, id, append(opinions[1:], 1, 2, 3), written); !slices.Equal(rest, []int32{1, 2, 3}) {
					t.Fatalf("%s: opinions left: %v", name, rest)
				}
				ids[step][s], dists[step][s] = id, w
				if int(id) < v.size {
					text[s] = append(text[s], tokens[id]...)
				} else {
					text[s] = append(text[s], byte(int(id)-v.size))
				}
			}
		}
		read := &tape{bits: written.bits, reading: true}
		for step := range steps {
			for s := range streams {
				if got := decoder.Code(s, Unknown, dists[step][s], read); got != ids[step][s] {
					t.Fatalf("%s: step %d, stream %d: %d, want %d", name, step, s, got, ids[step][s])
				}
			}
		}
		if len(read.bits) != 0 || read.cost != written.cost {
			t.Errorf("%s: %d bits left, cost %g and %g", name, len(read.bits), read.cost, written.cost)
		}
		for s := range streams {
			if string(decoder.Text(s)) != string(text[s]) || string(encoder.Text(s)) != string(text[s]) {
				t.Errorf("%s: stream %d has the text %q, want %q", name, s, decoder.Text(s), text[s])
			}
		}
	}
}

// sums multiplies the ratios that a walk asks for, exactly.
type sums struct {
	w       weights
	product *big.Rat
	target  int
}

func (s *sums) begin(int) int32 { return 0 }

func (s *sums) opinion(lo, mid, hi int) int32 {
	part := s.w.Sum(lo, mid)
	if s.target >= mid {
		part = s.w.Sum(mid, hi)
	}
	s.product.Mul(s.product, big.NewRat(int64(part), int64(s.w.Sum(lo, hi))))
	return 0
}

// The product of the shares along a walk is exactly the token's share.
func TestWalkIsExact(t *testing.T) {
	for name, tokens := range vocabularies() {
		v, r := vocabulary(tokens), splitmix.Source(2)
		for leaf, id := range v.Order() {
			w := randomWeights(&r, len(v.Order()))
			s := &sums{w, big.NewRat(1, 1), leaf}
			if got := walk(v, id, s, listener{}); got != id {
				t.Fatalf("%s: the walk to %d ends at %d", name, id, got)
			}
			want := big.NewRat(int64(w[leaf]), int64(w.Sum(0, len(w))))
			if s.product.Cmp(want) != 0 {
				t.Errorf("%s: %q has %v, want %v", name, tokens[id], s.product, want)
			}
		}
	}
}

// Where the model is right and sure, mixing must cost next to nothing, from the
// first token on; an escape that never comes as well.
func TestSureModel(t *testing.T) {
	tokens := vocabularies()["letters"]
	v, r := vocabulary(tokens), splitmix.Source(3)
	m, out := NewMixer(v, 1, 1<<16), &tape{}
	for range 20000 {
		leaf := r.Below(len(v.Order()))
		w := make(weights, len(v.Order()))
		for i := range w {
			w[i] = 1
		}
		w[leaf] = 1<<26 + 1
		id := v.Order()[leaf]
		m.Encode(0, id, v.AppendOpinions(nil, id, w), out)
	}
	if out.cost > 20 {
		t.Errorf("20,000 tokens that the model is sure of cost %.1f bits", out.cost)
	}
}
