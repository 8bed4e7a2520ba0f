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

// The classes are those of Unicode 15.0, which the first releases were built with.
func TestClasses(t *testing.T) {
	if unicode.Version != "15.0.0" {
		t.Skip("this Go has Unicode " + unicode.Version)
	}
	count := map[class]int{}
	for r := rune(-1); r <= unicode.MaxRune+1; r++ {
		want := symbol
		switch {
		case unicode.IsLetter(r):
			want = letter
		case unicode.IsNumber(r):
			want = digit
		case unicode.IsSpace(r):
			want = space
		}
		if got := classOf(r); got != want {
			t.Fatalf("U+%04X is of class %d, not %d", r, got, want)
		}
		count[want]++
	}
	// Totals of Lu, Ll, Lt, Lm and Lo, and of Nd, Nl and No, in DerivedGeneralCategory.txt
	// of Unicode 15.0, and of White_Space in PropList.txt.
	if count[letter] != 1831+2233+31+397+131612 || count[digit] != 680+236+915 || count[space] != 25 {
		t.Errorf("%v", count)
	}
}

// What later versions made letters or numbers stays a symbol. A build with such a Go
// must split as this one.
func TestClassesAreNotOfGo(t *testing.T) {
	for _, r := range []rune{0x31350, 0x2EBF0, 0x1C89, 0x10D40, 0x16D70} { // of 15.0, of 15.1, and of 16.0
		want := symbol
		if r == 0x31350 {
			want = letter
		}
		if got := classOf(r); got != want {
			t.Errorf("U+%04X is of class %d, not %d", r, got, want)
		}
	}
}
