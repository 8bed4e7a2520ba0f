// Package token is the byte-level BPE tokenizer that a GGUF file describes
// (Sennrich et al., Neural Machine Translation of Rare Words with Subword
// Units, 2016; bytes as in GPT-2, Radford et al., 2019).
//
// Any byte string can be encoded, and the bytes of the tokens joined are the
// text again. A byte value that the vocabulary lacks becomes an escape: the id
// Size() plus the byte. Special tokens are never produced; text that spells
// one is ordinary text.
//
// The pre-tokenizer splits by Unicode classes as the running Go version knows
// them. A byte that is not part of valid UTF-8 counts as a symbol, neither
// letter, digit nor space. A later Unicode version may split differently, which
// costs nothing but a few bits: decoding needs only the bytes of each token.
package token

import (
	"fmt"
	"sync"

	"github.com/pith-codec/pith/model/gguf"
)

// Tokenizer encodes text with one model's vocabulary. It is safe for
// concurrent use.
type Tokenizer struct {
	file   *gguf.File
	tokens [][]byte // bytes of each id, nil for special tokens
	bos    int32
	digits bool // each digit is a piece of its own
	escape [256]bool
	bytes  [256]byte

	once  sync.Once
	table *merges
}

// Types of tokens in GGUF metadata that stand for bytes of text.
const (
	typeNormal = 1
	typeByte   = 6
)

// maxVocab bounds ids so that those of escapes fit as well.
const maxVocab = 1 << 20

// New reads the tokenizer of a file. It supports model gpt2 with the
// pre-tokenizers smollm and gpt-2.
func New(f *gguf.File) (*Tokenizer, error) {
	t := &Tokenizer{file: f}
	if kind, err := f.String("tokenizer.ggml.model"); err != nil || kind != "gpt2" {
		return nil, fmt.Errorf("token: tokenizer model %q: only gpt2 is supported", kind)
	}
	switch pre, err := f.String("tokenizer.ggml.pre"); {
	case err != nil:
		return nil, err
	case pre == "smollm":
		t.digits = true
	case pre != "gpt-2":
		return nil, fmt.Errorf("token: pre-tokenizer %q: only smollm and gpt-2 are supported", pre)
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
		return nil, fmt.Errorf("token: %d tokens with %d types", len(names), len(kinds))
	}
	bos, err := f.Uint("tokenizer.ggml.bos_token_id")
	if err != nil {
		return nil, err
	}
	if bos >= uint64(len(names)) {
		return nil, fmt.Errorf("token: BOS is %d in a vocabulary of %d", bos, len(names))
	}
	t.bos = int32(bos)
	for b := range 256 {
		t.bytes[b], t.escape[b] = byte(b), true
	}
	t.tokens = make([][]byte, len(names))
	for id, name := range names {
		if kinds[id] != typeNormal && kinds[id] != typeByte {
			continue
		}
		text, ok := fromRunes(name)
		if !ok {
			return nil, fmt.Errorf("token: token %d, %q, does not stand for bytes", id, name)
		}
		t.tokens[id] = text
		if len(text) == 1 {
			t.escape[text[0]] = false
		}
	}
	return t, nil
}

// Size returns the number of ids. An id from Size() to Size()+255 is an escape.
func (t *Tokenizer) Size() int { return len(t.tokens) }

// BOS returns the token that begins a sequence.
func (t *Tokenizer) BOS() int32 { return t.bos }

// Escaped reports whether the vocabulary has no token for the byte b.
func (t *Tokenizer) Escaped(b byte) bool { return t.escape[b] }

// Bytes returns the bytes of a token or escape, nil for special tokens. The
// result must not be changed.
func (t *Tokenizer) Bytes(id int32) []byte {
	if n := int(id) - len(t.tokens); n >= 0 {
		return t.bytes[n : n+1]
	}
	return t.tokens[id]
}

// Encode appends the tokens of text to dst.
func (t *Tokenizer) Encode(dst []int32, text []byte) []int32 {
	t.once.Do(func() { t.table = newMerges(t) })
	e := encoder{merges: t.table, known: map[string][]int32{}}
	for len(text) > 0 {
		n := nextPiece(text, t.digits)
		dst = e.piece(dst, text[:n])
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

func fromRunes(name string) (text []byte, ok bool) {
	text = make([]byte, 0, len(name))
	for _, r := range name {
		if r >= rune(len(byteOf)) || byteOf[r] == 0 {
			return nil, false
		}
		text = append(text, byte(byteOf[r]-1))
	}
	return text, len(text) > 0
}
