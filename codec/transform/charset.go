package transform

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// charset is how characters were encoded before they were made UTF-8.
type charset byte

const (
	asIs charset = iota
	utf16LE
	utf16BE
	windows1252
)

var byteOrderMark = []byte("\uFEFF")

func (c charset) order() binary.ByteOrder {
	if c == utf16BE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// detect returns the charset that content seems to have, asIs if it is UTF-8 or
// not known.
func detect(content []byte) charset {
	if len(content) < 2 || utf8.Valid(content) && !zeroes(content) {
		return asIs
	}
	if len(content)%2 == 0 {
		switch even, odd := zeroHalves(content); {
		case content[0] == 0xFF && content[1] == 0xFE, odd*2 > len(content)/2 && even*16 < odd:
			return utf16LE
		case content[0] == 0xFE && content[1] == 0xFF, even*2 > len(content)/2 && odd*16 < even:
			return utf16BE
		}
	}
	if likely1252(content) {
		return windows1252
	}
	return asIs
}

// zeroes reports whether content has a byte 0, which text in UTF-8 has not.
func zeroes(content []byte) bool {
	for _, c := range content {
		if c == 0 {
			return true
		}
	}
	return false
}

// zeroHalves counts the bytes 0 at even and at odd places.
func zeroHalves(content []byte) (even, odd int) {
	for i := 0; i+1 < len(content); i += 2 {
		if content[i] == 0 {
			even++
		}
		if content[i+1] == 0 {
			odd++
		}
	}
	return even, odd
}

// likely1252 reports whether content looks like text of one byte a character
// whose high bytes are letters and signs, rather than damaged UTF-8 or binary.
func likely1252(content []byte) bool {
	wide, narrow, control := 0, 0, 0
	for rest := content; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case n > 1:
			wide++
		case r == utf8.RuneError:
			narrow++
		case r < ' ' && (r < '\t' || r > '\r'):
			control++
		}
		rest = rest[n:]
	}
	return narrow > 4*wide && narrow*3 < len(content) && control*64 <= len(content)
}

// decode returns content in UTF-8.
func (c charset) decode(content []byte) (text []byte) {
	text = make([]byte, 0, len(content)+len(content)/8)
	if c == windows1252 {
		for _, b := range content {
			text = utf8.AppendRune(text, from1252(b))
		}
		return text
	}
	units := make([]uint16, len(content)/2)
	for i := range units {
		units[i] = c.order().Uint16(content[2*i:])
	}
	for _, r := range utf16.Decode(units) {
		text = utf8.AppendRune(text, r)
	}
	return text
}

// encode undoes decode. It fails if text is not what decode makes.
func (c charset) encode(text []byte) (content []byte, ok bool) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			return nil, false
		}
		text = text[n:]
		if c == windows1252 {
			b, ok := to1252(r)
			if !ok {
				return nil, false
			}
			content = append(content, b)
			continue
		}
		for _, u := range utf16.AppendRune(nil, r) {
			var pair [2]byte
			c.order().PutUint16(pair[:], u)
			content = append(content, pair[:]...)
		}
	}
	return content, true
}

// high1252 has the characters 80 to 9F of the code page; the five that it does not
// define are controls, as in Latin-1 (Unicode Consortium, CP1252.TXT and the
// WHATWG's windows-1252).
var high1252 = [32]rune{
	0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
}

func from1252(b byte) rune {
	if b >= 0x80 && b < 0xA0 {
		return high1252[b-0x80]
	}
	return rune(b)
}

func to1252(r rune) (b byte, ok bool) {
	if r < 0x80 || r >= 0xA0 && r < 0x100 {
		return byte(r), true
	}
	for i, h := range high1252 {
		if h == r {
			return byte(0x80 + i), true
		}
	}
	return 0, false
}
