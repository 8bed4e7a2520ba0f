package refdec

import "bytes"

const (
	transformMark    = 1 << 2
	transformLines   = 1 << 3
	transformJoined  = 1 << 4
	transformIndents = 1 << 5
	transformCode    = 1 << 6
)

// A transformed is what the payload of a transformed block begins with.
type transformed struct {
	which  byte
	alone  []int // the line ends that were a lone LF
	width  int
	spaces []int // the breaks due that were spaces
}

// parseTransforms returns the transforms and the rest of a payload.
func parseTransforms(payload []byte, neural bool) (*transformed, []byte, *Error) {
	s := &source{rest: payload}
	t := &transformed{which: s.byte()}
	known := byte(transformCode)
	if neural {
		known = 3 | transformMark | transformLines | transformJoined | transformIndents
	}
	if s.err == nil && t.which&^known != 0 {
		return nil, nil, fail(Unsupported, "transforms %02x of a payload", t.which&^known)
	}
	s.corrupt(t.which == 0, "no transforms")
	s.corrupt(t.which&transformIndents != 0 && t.which&transformJoined == 0, "indentation without joined lines")
	if t.which&transformLines != 0 {
		t.alone = s.list()
	}
	if t.which&transformJoined != 0 {
		width := s.varint()
		s.corrupt(width < 1 || width > 1<<16, "width of lines")
		t.width = int(width)
		t.spaces = s.list()
	}
	if s.err != nil {
		return nil, nil, fail(Corrupt, "%s", s.err.What)
	}
	return t, s.rest, nil
}

// list reads a list of rising numbers.
func (s *source) list() []int {
	var all []int
	next := uint64(0)
	for n := s.varint(); n > 0 && s.err == nil; n-- {
		next += s.varint()
		s.corrupt(next >= 1<<24, "a number in a list")
		all = append(all, int(next))
		next++
	}
	return all
}

// undo returns the content, of which the transforms made text.
func (t *transformed) undo(text []byte, length int) ([]byte, bool) {
	ok := true
	if t.which&transformCode != 0 {
		text = undoCode(text)
	}
	if t.which&transformJoined != 0 {
		text, ok = t.fill(text)
	}
	if ok && t.which&transformLines != 0 {
		text, ok = t.endLines(text)
	}
	if t.which&transformMark != 0 {
		text = append([]byte("\uFEFF"), text...)
	}
	if set := t.which & 3; ok && set != 0 {
		text, ok = encodeAs(text, set)
	}
	return text, ok && len(text) == length
}

// undoCode makes absolute targets of x86 relative again.
func undoCode(text []byte) []byte {
	b := bytes.Clone(text)
	for i := 1; i+4 <= len(b); i++ {
		if b[i+3] != 0 && b[i+3] != 0xFF {
			continue
		}
		if b[i-1]&0xFE != 0xE8 && !(i > 1 && b[i-2] == 0x0F && b[i-1]&0xF0 == 0x80) {
			continue
		}
		v := uint32(b[i]) | uint32(b[i+1])<<8 | uint32(b[i+2])<<16 | uint32(b[i+3])<<24
		v -= uint32(i)
		v = uint32(int32(v<<7) >> 7)
		b[i], b[i+1], b[i+2], b[i+3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
	return b
}

// fill breaks joined lines again.
func (t *transformed) fill(text []byte) ([]byte, bool) {
	var out []byte
	column, indent, due := 0, 0, 0
	indenting := true // only spaces since the LF
	kept := t.spaces
	for i, c := range text {
		if c == '\n' {
			out = append(out, c)
			column, indent, indenting = 0, 0, true
			continue
		}
		if c == ' ' && t.isDue(text, i, column) {
			if len(kept) > 0 && kept[0] == due {
				kept = kept[1:]
			} else {
				out = append(out, '\n')
				column = indent
				for range indent {
					out = append(out, ' ')
				}
				due++
				continue
			}
			due++
		}
		if c != ' ' {
			indenting = false
		} else if indenting && t.which&transformIndents != 0 {
			indent++
		}
		if c&0xC0 != 0x80 {
			column++
		}
		out = append(out, c)
	}
	return out, len(kept) == 0
}

// isDue says whether the space at i is a break due.
func (t *transformed) isDue(text []byte, i, column int) bool {
	if i == 0 || text[i-1] == ' ' || text[i-1] == '\n' {
		return false
	}
	word := 0
	at := i + 1
	for ; at < len(text) && text[at] != ' ' && text[at] != '\n'; at++ {
		if text[at]&0xC0 != 0x80 {
			word++
		}
	}
	return at > i+1 && column+1+word > t.width
}

// endLines makes each LF that is not on the list CR LF.
func (t *transformed) endLines(text []byte) ([]byte, bool) {
	var out []byte
	n, alone := 0, t.alone
	for _, c := range text {
		if c == '\n' {
			if len(alone) > 0 && alone[0] == n {
				alone = alone[1:]
			} else {
				out = append(out, '\r')
			}
			n++
		}
		out = append(out, c)
	}
	return out, len(alone) == 0
}
