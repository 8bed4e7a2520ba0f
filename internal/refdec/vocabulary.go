package refdec

import (
	"bytes"
	"fmt"
	"sort"
)

// A vocabulary is the tokens of a model, and their order.
type vocabulary struct {
	bytes   [][]byte // of each id, nil if special
	ids     []int    // of each leaf
	leaves  [][]byte
	escapes [][]byte // bytes that have no token
	merges  []any
	digits  bool
}

// bytesOf holds the bytes that the characters of GPT-2's vocabulary stand for.
var bytesOf = func() map[rune]byte {
	m := map[rune]byte{}
	next := rune(256)
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			m[b] = byte(b)
		} else {
			m[next] = byte(b)
			next++
		}
	}
	return m
}()

func newVocabulary(g *gguf) (*vocabulary, error) {
	v := &vocabulary{digits: g.values["tokenizer.ggml.pre"] == "smollm"}
	names, _ := g.values["tokenizer.ggml.tokens"].([]any)
	kinds, _ := g.values["tokenizer.ggml.token_type"].([]any)
	v.merges, _ = g.values["tokenizer.ggml.merges"].([]any)
	if len(names) == 0 || len(names) != len(kinds) {
		return nil, fmt.Errorf("%d tokens and %d types", len(names), len(kinds))
	}
	var has [256]bool
	for id, name := range names {
		var text []byte
		if kinds[id] == 1.0 || kinds[id] == 6.0 {
			for _, r := range name.(string) {
				b, ok := bytesOf[r]
				if !ok {
					return nil, fmt.Errorf("token %d does not stand for bytes", id)
				}
				text = append(text, b)
			}
		}
		v.bytes = append(v.bytes, text)
		if len(text) > 0 {
			v.ids = append(v.ids, id)
		}
		if len(text) == 1 {
			has[text[0]] = true
		}
	}
	sort.SliceStable(v.ids, func(i, j int) bool { return bytes.Compare(v.bytes[v.ids[i]], v.bytes[v.ids[j]]) < 0 })
	kept := v.ids[:0]
	for _, id := range v.ids {
		if n := len(v.leaves); n > 0 && bytes.Equal(v.leaves[n-1], v.bytes[id]) {
			continue
		}
		kept = append(kept, id)
		v.leaves = append(v.leaves, v.bytes[id])
	}
	v.ids = kept
	for b := range 256 {
		if !has[b] {
			v.escapes = append(v.escapes, []byte{byte(b)})
		}
	}
	return v, nil
}

// text returns the bytes of a token or escape.
func (v *vocabulary) text(id int) []byte {
	if id >= len(v.bytes) {
		return []byte{byte(id - len(v.bytes))}
	}
	return v.bytes[id]
}
