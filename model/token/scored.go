package token

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// SentencePiece's BPE as llama.cpp has it (llm_tokenizer_spm): a text begins as its
// characters, those without a token as their bytes, and of all neighbours that make
// a token together those with the highest score join, leftmost first. A space is
// U+2581 in the names of tokens. No space is put before the text.

const blank = "\u2581"

// appendPiece appends what a token's name stands for.
func appendPiece(dst []byte, name string, kind int64) (text []byte, ok bool) {
	if kind == typeByte {
		var b byte
		if n, err := fmt.Sscanf(name, "<0x%02X>", &b); n != 1 || err != nil || len(name) != 6 {
			return dst, false
		}
		return append(dst, b), true
	}
	return append(dst, strings.ReplaceAll(name, blank, " ")...), name != ""
}

// hideBytes makes special the tokens of bytes that are a character's too: a model
// has learned to expect the character.
func hideBytes(names []string, kinds []int64) {
	var characters [utf8.RuneSelf]bool
	for id, name := range names {
		if text, _ := appendPiece(nil, name, kinds[id]); kinds[id] == typeNormal && len(text) == 1 && text[0] < utf8.RuneSelf {
			characters[text[0]] = true
		}
	}
	for id, name := range names {
		if text, ok := appendPiece(nil, name, kinds[id]); kinds[id] == typeByte && ok && text[0] < utf8.RuneSelf && characters[text[0]] {
			kinds[id] = 0
		}
	}
}

// maxScored bounds the bytes of tokens that texts are joined to, and with it the
// work of finding their halves. Known vocabularies have up to 48.
const maxScored = 128

// newScoredMerges derives merges from scores: every way to cut a token into two is
// one, and its rank is the token's place by falling score, then by id.
func newScoredMerges(t *Tokenizer, scores []float32) *merges {
	m := &merges{pairs: map[uint64]merge{}, ofRune: map[rune]int32{}}
	ids := m.setBytes(t)
	var order []int32
	for id := range int32(t.Size()) {
		text := t.Bytes(id)
		if ids[string(text)] != id || len(text) == 0 || len(text) > maxScored {
			continue
		}
		if r, n := utf8.DecodeRune(text); n == len(text) && n > 1 {
			m.ofRune[r] = id
		}
		order = append(order, id)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
	for rank, id := range order {
		text := t.Bytes(id)
		for i := 1; i < len(text); i++ {
			left, okA := ids[string(text[:i])]
			right, okB := ids[string(text[i:])]
			if okA && okB && utf8.RuneStart(text[i]) {
				m.pairs[pairKey(left, right)] = merge{int32(rank), id}
			}
		}
	}
	return m
}

// nextWord returns the length of the first piece of a non-empty text: spaces, then
// what is none. No token is longer in the vocabularies that are known but runs of
// spaces, so that cutting there changes nothing.
func nextWord(text []byte) int {
	spaces := 0
	for spaces < len(text) && text[spaces] == ' ' {
		spaces++
	}
	if n := bytes.IndexByte(text[spaces:], ' '); n >= 0 {
		return spaces + n
	}
	return len(text)
}
