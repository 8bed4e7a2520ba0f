package codec

import "unicode/utf8"

// likelyText reports whether content looks like text to which a language model
// has something to say: nearly all of it valid UTF-8 without control
// characters. A run of zeros counts as one: archives of texts pad with them.
func likelyText(content []byte) bool {
	odd := 0
	last := ' '
	for rest := content; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			odd += 2
		case r == 0 && last == 0:
		case r < ' ' && (r < '\t' || r > '\r'):
			odd++
		}
		rest, last = rest[n:], r
	}
	return odd*16 < len(content)
}

// worthModel reports whether a language model may beat a payload that the
// context mixer has made of as many tokens, of which some are hits of repeats.
// Below one bit for each of the others, as in logs, it does not.
func worthModel(payload int, hits []bool) bool {
	others := 0
	for _, hit := range hits {
		if !hit {
			others++
		}
	}
	return payload*8 > others
}

// gainsLittle reports whether the language model saves less than a fifth of what the
// context mixer leaves. Then it knows little of such content, as of lists of addresses,
// and a window longer than most texts it was trained on leads it astray.
func gainsLittle(neural, mixed int) bool { return 5*neural > 4*mixed }
