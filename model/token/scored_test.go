package token_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pith-codec/pith/internal/splitmix"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/token"
)

// scored is a vocabulary of SentencePiece: <unk>, <s>, all bytes, then pieces.
type scored struct {
	tokens []string
	kinds  []int32
	scores []float32
}

func newScored(pieces ...string) *scored {
	v := &scored{[]string{"<unk>", "<s>"}, []int32{2, 3}, []float32{0, 0}}
	for b := range 256 {
		v.tokens, v.kinds, v.scores = append(v.tokens, fmt.Sprintf("<0x%02X>", b)), append(v.kinds, 6), append(v.scores, 0)
	}
	for i, p := range pieces {
		v.tokens, v.kinds, v.scores = append(v.tokens, p), append(v.kinds, 1), append(v.scores, float32(-i))
	}
	return v
}

func (v *scored) bytes() []byte {
	var w tinymodel.Writer
	w.String("tokenizer.ggml.model", "llama")
	w.Strings("tokenizer.ggml.tokens", v.tokens)
	w.Int32s("tokenizer.ggml.token_type", v.kinds)
	w.Float32s("tokenizer.ggml.scores", v.scores)
	w.Uint32("tokenizer.ggml.bos_token_id", 1)
	return w.Bytes()
}

func (v *scored) file(t *testing.T) *gguf.File { return parse(t, v.bytes()) }

func texts(tok *token.Tokenizer, ids []int32) (list []string) {
	for _, id := range ids {
		list = append(list, string(tok.Bytes(id)))
	}
	return list
}

func TestScored(t *testing.T) {
	pieces := []string{"▁t", "he", "▁the", "▁▁", "é", "中", "▁", "t", "h", "e", "x", "\n"}
	tok := open(t, newScored(pieces...).file(t))
	for text, want := range map[string][]string{
		"the":      {"t", "he"},
		" the":     {" the"},
		"  the":    {" ", " the"}, // " t" joins first
		"the the":  {"t", "he", " the"},
		"éx中":      {"é", "x", "中"},
		"e\u0301":  {"e", "\xcc", "\x81"},
		"\xc3x":    {"\xc3", "x"},
		"\n\x00":   {"\n", "\x00"},
		"\u2581t":  {"\xe2", "\x96", "\x81", "t"}, // the character itself is no space
		"<0x41><s": {"<", "0", "x", "4", "1", ">", "<", "s"},
	} {
		if got := texts(tok, tok.Encode(nil, []byte(text))); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
		checkRoundTrip(t, tok, []byte(text))
	}
	// Where a character has a token, that of its byte is never used.
	if id := tok.Encode(nil, []byte("x"))[0]; id != 2+256+int32(slices.Index(pieces, "x")) || !tok.IsSpecial(2+'x') || tok.IsSpecial(2+'y') {
		t.Errorf("x is token %d", id)
	}
	if tok.BOS() != 1 {
		t.Errorf("BOS is %d", tok.BOS())
	}
}

// Joining against its definition: of all neighbours that make a token together, those
// with the highest score, leftmost first, until there are none.
func TestScoredJoins(t *testing.T) {
	r := splitmix.Source(3)
	alphabet := []string{"a", "b", "é", "▁"}
	var pieces []string
	pieces = append(pieces, alphabet...)
	for range 60 {
		p := strings.Repeat("▁", r.Below(2))
		for range 2 + r.Below(4) {
			p += alphabet[r.Below(3)]
		}
		if !slices.Contains(pieces, p) {
			pieces = append(pieces, p)
		}
	}
	v := newScored(pieces...)
	for i := range v.scores {
		v.scores[i] = float32(-r.Below(40)) // some are equal
	}
	score := map[string]float32{}
	order := map[string]int{}
	for i, p := range pieces {
		text := strings.ReplaceAll(p, "▁", " ")
		score[text], order[text] = v.scores[258+i], i
	}
	tok := open(t, v.file(t))
	for range 5000 {
		text := ""
		for range 1 + r.Below(30) {
			text += strings.ReplaceAll(alphabet[r.Below(4)], "▁", " ")
		}
		parts := strings.Split(text, "")
		for {
			at := -1
			for i := range len(parts) - 1 {
				joined := parts[i] + parts[i+1]
				if _, ok := score[joined]; !ok {
					continue
				}
				if at < 0 {
					at = i
					continue
				}
				best := parts[at] + parts[at+1]
				if score[joined] > score[best] || score[joined] == score[best] && order[joined] < order[best] {
					at = i
				}
			}
			if at < 0 {
				break
			}
			parts = slices.Replace(parts, at, at+2, parts[at]+parts[at+1])
		}
		if got := texts(tok, tok.Encode(nil, []byte(text))); !slices.Equal(got, parts) {
			t.Fatalf("%q is %q, want %q", text, got, parts)
		}
		if !utf8.ValidString(text) {
			t.Fatal(text)
		}
	}
}

func TestScoredRefused(t *testing.T) {
	for name, change := range map[string]func(v *scored){
		"fewer scores": func(v *scored) { v.scores = v.scores[1:] },
		"no byte":      func(v *scored) { v.tokens[2] = "<0x0G>" },
		"two bytes":    func(v *scored) { v.tokens[2] = "<0x000>" },
		"empty":        func(v *scored) { v.tokens[258] = "" },
	} {
		v := newScored("a", "b")
		change(v)
		if _, err := token.New(v.file(t)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// Without bytes there are escapes, as with any vocabulary.
	v := newScored("a")
	for i := range 256 {
		v.kinds[2+i] = 3
	}
	tok := open(t, v.file(t))
	checkRoundTrip(t, tok, []byte("abc é"))
	if !tok.Escaped('b') || tok.Escaped('a') {
		t.Error("escapes")
	}
}
