package token

import (
	"regexp"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/pith-codec/pith/internal/splitmix"
)

// White space in the sense of the pattern: the characters of White_Space.
const white = `\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}`

var (
	words  = regexp.MustCompile(`^(?:'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^` + white + `\p{L}\p{N}]+)`)
	spaces = regexp.MustCompile(`^[` + white + `]+`)
)

// patternPieces matches the pattern of GPT-2 with the regexp package, which
// lacks only \s+(?!\S).
func patternPieces(text string) (pieces []string) {
	for text != "" {
		n := len(words.FindString(text))
		if n == 0 {
			n = len(spaces.FindString(text))
			_, last := utf8.DecodeLastRuneInString(text[:n])
			if n < len(text) && n > last {
				n -= last
			}
		}
		pieces, text = append(pieces, text[:n]), text[n:]
	}
	return pieces
}

// wantPieces splits off the digits first where they stand alone.
func wantPieces(text string, digits bool) (pieces []string) {
	if !digits {
		return patternPieces(text)
	}
	start := 0
	for i, r := range text {
		if unicode.IsNumber(r) {
			n := utf8.RuneLen(r)
			pieces = append(append(pieces, patternPieces(text[start:i])...), text[i:i+n])
			start = i + n
		}
	}
	return append(pieces, patternPieces(text[start:])...)
}

func checkSplit(t *testing.T, text string) {
	t.Helper()
	for _, digits := range []bool{false, true} {
		rest := []byte(text)
		for i, want := range wantPieces(text, digits) {
			n := 0
			if len(rest) > 0 {
				n = nextPiece(rest, digits)
			}
			if got := string(rest[:n]); got != want {
				t.Fatalf("%q, digits alone: %v: piece %d is %q, want %q", text, digits, i, got, want)
			}
			rest = rest[n:]
		}
		if len(rest) > 0 {
			t.Fatalf("%q, digits alone: %v: %q is left", text, digits, rest)
		}
	}
}

func TestSplit(t *testing.T) {
	parts := []string{
		" ", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2009", "\u3000", "\u0085", "\u200b",
		"'", "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "r", "e", "l", "v",
		"a", "Z", "é", "ß", "中", "ʼ", "\u0301", "0", "9", "²", "Ⅷ", "٣", "½",
		".", "_", "<|", "🙂", "\ufffd", "\x00", "\xff", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f",
	}
	r := splitmix.Source(1)
	for range 50000 {
		text := ""
		for range r.Below(9) {
			text += parts[r.Below(len(parts))]
		}
		checkSplit(t, text)
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"", "it's  1 a", "\u2009\u2009x", "\xff 'll1"} {
		f.Add(s)
	}
	f.Fuzz(checkSplit)
}

// Decoders split the text of dictionaries, so the classes of characters are part of the
// numerics: a Go version with others needs another codec.Numerics, and a line in
// NUMERICS.md.
func TestUnicodeVersion(t *testing.T) {
	if unicode.Version != "15.0.0" {
		t.Errorf("Unicode %s, but the numerics have 15.0.0", unicode.Version)
	}
}
