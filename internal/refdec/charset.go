package refdec

import "unicode/utf8"

// windows1252 has the code points of 80 to 9F.
var windows1252 = [32]rune{
	0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
}

// encodeAs makes UTF-8 UTF-16LE (1), UTF-16BE (2) or Windows-1252 (3).
func encodeAs(text []byte, set byte) ([]byte, bool) {
	var out []byte
	unit := func(u rune) {
		if set == 1 {
			out = append(out, byte(u), byte(u>>8))
		} else {
			out = append(out, byte(u>>8), byte(u))
		}
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			return nil, false
		}
		text = text[n:]
		switch {
		case set != 3 && r < 0x10000:
			unit(r)
		case set != 3:
			unit(0xD800 + (r-0x10000)>>10)
			unit(0xDC00 + (r-0x10000)&0x3FF)
		case r < 0x80 || r >= 0xA0 && r < 0x100:
			out = append(out, byte(r))
		default:
			found := false
			for i, w := range windows1252 {
				if w == r {
					out = append(out, byte(0x80+i))
					found = true
				}
			}
			if !found {
				return nil, false
			}
		}
	}
	return out, true
}
