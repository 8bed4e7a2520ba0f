//go:build llama

package llama

import (
	"bytes"
	"errors"
	"unicode/utf8"
	"unsafe"

	ollama "github.com/ollama/ollama/llama"
)

// pieces is the tokenizer of llama.cpp, with any vocabulary. What it cannot give
// back byte by byte is cut into the longest tokens that fit.
type pieces struct {
	model   *ollama.Model
	bos     int32
	text    [][]byte         // of each token, nil if it is special
	ids     map[string]int32 // the token that stands for a text
	longest int              // bytes of a token
	bytes   [256]byte
}

// chunk is the most bytes that llama.cpp is given at once: its time may grow faster
// than the text.
const chunk = 16 << 10

func newPieces(m *ollama.Model) (*pieces, error) {
	vocab := unsafe.Pointer(m.Vocab())
	if vocabularyType(vocab) == noVocabulary {
		return nil, errors.New("the model has no vocabulary")
	}
	p := &pieces{model: m, bos: firstToken(vocab), text: make([][]byte, m.NumVocab()), ids: map[string]int32{}}
	for b := range p.bytes {
		p.bytes[b] = byte(b)
	}
	// A token for a byte stands for it only where no other does: it is what models
	// hardly ever expect.
	for _, bytes := range []bool{false, true} {
		for id := range p.text {
			attr := attribute(vocab, id)
			if attr&(attrUnknown|attrControl) != 0 || (attr&attrByte != 0) != bytes {
				continue
			}
			text := appendPiece(nil, vocab, id)
			if _, ok := p.ids[string(text)]; ok || len(text) == 0 {
				continue
			}
			p.text[id], p.ids[string(text)] = text, int32(id)
			p.longest = max(p.longest, len(text))
		}
	}
	if len(p.ids) == 0 {
		return nil, errors.New("the model's vocabulary stands for no text")
	}
	return p, nil
}

func (p *pieces) Size() int  { return len(p.text) }
func (p *pieces) BOS() int32 { return p.bos }

func (p *pieces) Bytes(id int32) []byte {
	if n := int(id) - p.Size(); n >= 0 {
		return p.bytes[n : n+1 : n+1]
	}
	return p.text[id]
}

func (p *pieces) Encode(dst []int32, text []byte) []int32 {
	for len(text) > 0 {
		n := valid(text[:min(len(text), chunk)])
		switch {
		case n == 0:
			dst, n = p.longestFit(dst, text[:1]), 1
		case n < len(text):
			n = lastBreak(text[:n])
			fallthrough
		default:
			dst = p.encode(dst, text[:n])
		}
		text = text[n:]
	}
	return dst
}

// valid returns how many bytes text begins with that are valid UTF-8.
func valid(text []byte) (n int) {
	for n < len(text) {
		r, size := utf8.DecodeRune(text[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// lastBreak returns the length of text up to its last line end, or all of it.
func lastBreak(text []byte) int {
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 && len(text) == chunk {
		return i + 1
	}
	return len(text)
}

// encode appends the tokens of valid text.
func (p *pieces) encode(dst []int32, text []byte) []int32 {
	// A failure is no fault: the longest tokens that fit restore the text as well.
	ids, err := p.model.Tokenize(string(text), false, false)
	start, rest := len(dst), text
	for i, id := range ids {
		piece := appendPiece(nil, unsafe.Pointer(p.model.Vocab()), id)
		if i == 0 && len(piece) > 0 && piece[0] == ' ' && rest[0] != ' ' {
			// The space that some tokenizers put before a text.
			piece = piece[1:]
		}
		same, known := p.ids[string(piece)]
		switch {
		case !bytes.HasPrefix(rest, piece):
			return p.longestFit(dst[:start], text)
		case known:
			dst = append(dst, same)
		default:
			dst = p.longestFit(dst, piece)
		}
		rest = rest[len(piece):]
	}
	if err != nil || len(rest) > 0 {
		return p.longestFit(dst[:start], text)
	}
	return dst
}

// longestFit appends, at each place, the longest token that fits there, or the escape of
// the byte.
func (p *pieces) longestFit(dst []int32, text []byte) []int32 {
	for len(text) > 0 {
		n := min(p.longest, len(text))
		for n > 0 {
			if id, ok := p.ids[string(text[:n])]; ok {
				dst = append(dst, id)
				break
			}
			n--
		}
		if n == 0 {
			dst, n = append(dst, int32(p.Size())+int32(text[0])), 1
		}
		text = text[n:]
	}
	return dst
}
