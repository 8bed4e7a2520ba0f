// Package token is the tokenizer that a GGUF file describes: byte-level BPE
// (Sennrich et al., Neural Machine Translation of Rare Words with Subword
// Units, 2016; bytes as in GPT-2, Radford et al., 2019), or the BPE of
// SentencePiece (Kudo and Richardson, 2018), whose scores order the merges.
//
// Any byte string can be encoded, and the bytes of the tokens joined are the
// text again. A byte value that the vocabulary lacks becomes an escape: the id
// Size() plus the byte. Special tokens are never produced; text that spells
// one is ordinary text.
//
// The pre-tokenizer splits by the classes of Unicode 15.0, whatever Go's library has. A
// byte that is not part of valid UTF-8 counts as a symbol, neither letter, digit nor
// space. A piece of more than 64 KiB is cut there to bound memory. How a text is split
// does not matter to a decoder, which needs only the bytes of each token, but for a
// dictionary, which it splits itself: so this is part of the numerics.
package token

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pith-codec/pith/model/gguf"
)

// Tokenizer encodes text with one model's vocabulary. It is safe for
// concurrent use.
type Tokenizer struct {
	text   []byte   // the bytes of all tokens
	ends   []uint32 // token id is text[ends[id]:ends[id+1]], nothing if special
	bos    int32
	digits bool      // each digit is a piece of its own
	scores []float32 // of the tokens, with SentencePiece; else nil
	escape [256]bool
	bytes  [256]byte

	// The merges are read when a text is first encoded: decoders never need
	// them, and they take longer than all the rest.
	once   sync.Once
	list   []string
	merges *merges
}

// Types of tokens in GGUF metadata that stand for bytes of text.
const (
	typeNormal = 1
	typeByte   = 6
)

// Bounds on a vocabulary. Ids of escapes are int32, and the sum of all lengths
// is below 2^32.
const (
	maxVocab = 1 << 20
	maxBytes = 1<<12 - 1 // of a token
	maxPiece = 1 << 16
)

// New reads the tokenizer of a file, of the model gpt2 or llama (SentencePiece).
// Tokens of the types normal and byte stand for their bytes; all others are special.
// Of the pre-tokenizers of gpt2 it knows gpt-2 and smollm. Others split much as
// gpt-2 does and are taken for it, which costs size and nothing else.
func New(f *gguf.File) (*Tokenizer, error) {
	t := &Tokenizer{}
	kind, err := f.String("tokenizer.ggml.model")
	switch {
	case err != nil:
		return nil, err
	case kind == "llama":
		if t.scores, err = f.Floats("tokenizer.ggml.scores"); err != nil {
			return nil, err
		}
	case kind == "gpt2":
		if t.list, err = f.Strings("tokenizer.ggml.merges"); err != nil {
			return nil, err
		}
		pre, _ := f.String("tokenizer.ggml.pre")
		t.digits = pre == "smollm"
	default:
		return nil, fmt.Errorf("token: tokenizer model %.64q: only gpt2 and llama are supported", kind)
	}
	names, err := f.Strings("tokenizer.ggml.tokens")
	if err != nil {
		return nil, err
	}
	kinds, err := f.Ints("tokenizer.ggml.token_type")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 || len(names) > maxVocab || len(kinds) != len(names) {
		return nil, fmt.Errorf("token: %d tokens with %d types: want as many, 1 to %d", len(names), len(kinds), maxVocab)
	}
	bos, err := f.Uint("tokenizer.ggml.bos_token_id")
	if err != nil {
		return nil, err
	}
	if bos >= uint64(len(names)) {
		return nil, fmt.Errorf("token: BOS is %d in a vocabulary of %d", bos, len(names))
	}
	t.bos = int32(bos)
	if t.scores != nil && len(t.scores) != len(names) {
		return nil, fmt.Errorf("token: %d tokens with %d scores", len(names), len(t.scores))
	}
	if err := t.setTokens(names, kinds); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Tokenizer) setTokens(names []string, kinds []int64) error {
	for b := range 256 {
		t.bytes[b], t.escape[b] = byte(b), true
	}
	t.ends = make([]uint32, 1, len(names)+1)
	stands := appendBytes
	if t.scores != nil {
		stands = appendPiece
		hideBytes(names, kinds)
	}
	for id, name := range names {
		start := len(t.text)
		if kinds[id] == typeNormal || kinds[id] == typeByte {
			var ok bool
			if t.text, ok = stands(t.text, name, kinds[id]); !ok {
				return fmt.Errorf("token: token %d, %.64q, does not stand for bytes", id, name)
			}
			if n := len(t.text) - start; n > maxBytes {
				return fmt.Errorf("token: token %d has %d bytes, more than %d", id, n, maxBytes)
			}
		}
		if len(t.text) == start+1 {
			t.escape[t.text[start]] = false
		}
		t.ends = append(t.ends, uint32(len(t.text)))
	}
	if len(t.text) == 0 {
		return errors.New("token: no token stands for text")
	}
	return nil
}

// Size returns the number of ids. An id from Size() to Size()+255 is an escape.
func (t *Tokenizer) Size() int { return len(t.ends) - 1 }

// BOS returns the token that begins a sequence.
func (t *Tokenizer) BOS() int32 { return t.bos }

// Escaped reports whether the vocabulary has no token for the byte b.
func (t *Tokenizer) Escaped(b byte) bool { return t.escape[b] }

// IsSpecial reports whether a token stands for no bytes.
func (t *Tokenizer) IsSpecial(id int32) bool { return t.Bytes(id) == nil }

// Bytes returns the bytes of a token or escape, nil for special tokens. The
// result must not be changed.
func (t *Tokenizer) Bytes(id int32) []byte {
	if n := int(id) - t.Size(); n >= 0 {
		return t.bytes[n : n+1 : n+1]
	}
	from, to := t.ends[id], t.ends[id+1]
	if from == to {
		return nil
	}
	return t.text[from:to:to]
}

// Encode appends the tokens of text to dst; a byte without a token becomes the
// escape Size() plus the byte.
func (t *Tokenizer) Encode(dst []int32, text []byte) []int32 {
	t.once.Do(func() {
		if t.scores != nil {
			t.merges = newScoredMerges(t, t.scores)
		} else {
			t.merges, t.list = newMerges(t, t.list), nil
		}
	})
	e := encoder{merges: t.merges, known: map[string]span{}}
	for len(text) > 0 {
		n := 0
		if t.scores != nil {
			n = nextWord(text)
		} else {
			n = nextPiece(text, t.digits)
		}
		for piece := range slices.Chunk(text[:n], maxPiece) {
			dst = e.piece(dst, piece)
		}
		text = text[n:]
	}
	return dst
}

// runeOf gives the character that stands for each byte in the names of tokens:
// itself where it is printable Latin-1, else the next unused from U+0100.
var runeOf = func() (r [256]rune) {
	next := rune(256)
	for b := range r {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			r[b] = rune(b)
		} else {
			r[b] = next
			next++
		}
	}
	return r
}()

// byteOf is the inverse of runeOf, plus one; zero where there is none.
var byteOf = func() (b [324]uint16) {
	for i, r := range runeOf {
		b[r] = uint16(i) + 1
	}
	return b
}()

// appendBytes appends what a token's name stands for. It fails where the name
// is empty or holds a character that stands for no byte.
func appendBytes(dst []byte, name string, _ int64) (text []byte, ok bool) {
	for _, r := range name {
		if r >= rune(len(byteOf)) || byteOf[r] == 0 {
			return dst, false
		}
		dst = append(dst, byte(byteOf[r]-1))
	}
	return dst, name != ""
}
