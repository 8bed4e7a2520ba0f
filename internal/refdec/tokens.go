package refdec

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	classSymbol = iota
	classLetter
	classNumber
	classSpace
)

// classAt returns the class and length of the first character.
func classAt(text []byte) (class, n int) {
	r, n := utf8.DecodeRune(text)
	switch {
	case r == utf8.RuneError && n <= 1:
	case unicode.IsLetter(r):
		class = classLetter
	case unicode.IsNumber(r):
		class = classNumber
	case unicode.IsSpace(r):
		class = classSpace
	}
	return class, n
}

// sameClass returns how many bytes the characters of a class take at the beginning, and where the last begins.
func sameClass(text []byte, class int) (n, last int) {
	for n < len(text) {
		c, size := classAt(text[n:])
		if c != class {
			break
		}
		last = n
		n += size
	}
	return n, last
}

// firstPiece returns the length of the first piece of a text.
func (v *vocabulary) firstPiece(text []byte) int {
	for _, end := range []string{"'s", "'t", "'m", "'d", "'re", "'ve", "'ll"} {
		if strings.HasPrefix(string(text[:min(3, len(text))]), end) {
			return len(end)
		}
	}
	alone := func(class int) bool { return class == classNumber && v.digits }
	class, size := classAt(text)
	if alone(class) {
		return size
	}
	if class != classSpace {
		n, _ := sameClass(text, class)
		return n
	}
	n, last := sameClass(text, classSpace)
	if n == len(text) {
		return n
	}
	next, _ := classAt(text[n:])
	switch {
	case alone(next):
		return n
	case last > 0:
		return last
	case text[0] == ' ':
		more, _ := sameClass(text[1:], next)
		return 1 + more
	}
	return n
}

// tokenise returns the tokens and escapes of a text.
func (v *vocabulary) tokenise(text []byte) (all []int) {
	ids := map[string]int{}
	for id, b := range v.bytes {
		if _, twice := ids[string(b)]; b != nil && !twice {
			ids[string(b)] = id
		}
	}
	ranks := map[[2]int]int{}
	for rank, m := range v.merges {
		name, _ := m.(string)
		left, right, _ := strings.Cut(name, " ")
		a, okA := ids[nameBytes(left)]
		b, okB := ids[nameBytes(right)]
		_, ok := ids[nameBytes(left)+nameBytes(right)]
		if _, twice := ranks[[2]int{a, b}]; okA && okB && ok && !twice {
			ranks[[2]int{a, b}] = rank
		}
	}
	for len(text) > 0 {
		n := v.firstPiece(text)
		for at := 0; at < n; at += 1 << 16 {
			all = append(all, v.join(ids, ranks, text[at:min(at+1<<16, n)])...)
		}
		text = text[n:]
	}
	return all
}

// nameBytes returns the bytes that the name of a token stands for.
func nameBytes(name string) string {
	var b []byte
	for _, r := range name {
		b = append(b, bytesOf[r])
	}
	return string(b)
}

// join joins the bytes of a piece.
func (v *vocabulary) join(ids map[string]int, ranks map[[2]int]int, piece []byte) (all []int) {
	for _, b := range piece {
		id, ok := ids[string([]byte{b})]
		if !ok {
			id = len(v.bytes) + int(b)
		}
		all = append(all, id)
	}
	for {
		best, at := -1, 0
		for i := 0; i+1 < len(all); i++ {
			if rank, ok := ranks[[2]int{all[i], all[i+1]}]; ok && (best < 0 || rank < best) {
				best, at = rank, i
			}
		}
		if best < 0 {
			return all
		}
		all[at] = ids[string(v.text(all[at]))+string(v.text(all[at+1]))]
		all = append(all[:at+1], all[at+2:]...)
	}
}
