package token

import (
	"unicode"
	"unicode/utf8"
)

// class is what the pre-tokenizer knows of a character.
type class int

const (
	symbol class = iota
	letter
	digit
	space
)

// classify returns the class and length of the first character, a symbol of
// length 0 at the end.
func classify(text []byte) (class, int) {
	if len(text) > 0 && text[0] < utf8.RuneSelf {
		return ascii[text[0]], 1
	}
	r, n := utf8.DecodeRune(text)
	if r == utf8.RuneError && n <= 1 {
		return symbol, n
	}
	return classOf(r), n
}

func classOf(r rune) class {
	for c, t := range classes {
		if t != nil && unicode.Is(t, r) {
			return class(c)
		}
	}
	return symbol
}

var ascii = func() (c [utf8.RuneSelf]class) {
	for r := range c {
		c[r] = classOf(rune(r))
	}
	return c
}()

// nextPiece returns the length of the first piece of a non-empty text. It
// matches the pattern of GPT-2,
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// where, with digits set, every \p{N} first splits the text by itself: spaces
// before it count as spaces at the end.
func nextPiece(text []byte, digits bool) int {
	if n := contraction(text); n > 0 {
		return n
	}
	c, n := classify(text)
	if c == digit && digits {
		return n
	}
	if c != space {
		return n + run(text[n:], c)
	}
	end := n + run(text[n:], space)
	next, _ := classify(text[end:])
	last := end == len(text) || digits && next == digit
	_, width := utf8.DecodeLastRune(text[:end])
	switch {
	case last:
		return end
	case end > n:
		return end - width
	case text[0] == ' ':
		return end + run(text[end:], next)
	}
	return end
}

// run returns the length of the characters of class c that text begins with.
func run(text []byte, c class) int {
	n := 0
	for n < len(text) {
		d, size := classify(text[n:])
		if d != c {
			break
		}
		n += size
	}
	return n
}

func contraction(text []byte) int {
	if len(text) < 2 || text[0] != '\'' {
		return 0
	}
	switch text[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(text) >= 3 {
		switch string(text[1:3]) {
		case "re", "ve", "ll":
			return 3
		}
	}
	return 0
}
