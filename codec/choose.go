package codec

import "unicode/utf8"

// likelyText reports whether content looks like text to which a language model
// has something to say: nearly all of it valid UTF-8 without control
// characters.
func likelyText(content []byte) bool {
	odd := 0
	for rest := content; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			odd += 2
		case r < ' ' && (r < '\t' || r > '\r'):
			odd++
		}
		rest = rest[n:]
	}
	return odd*16 < len(content)
}

// worthModel reports whether a language model may beat a payload that the
// context mixer has made of as many tokens. Below one bit a token, as in logs
// and repeated content, it does not.
func worthModel(payload, tokens int) bool { return payload*8 > tokens }
