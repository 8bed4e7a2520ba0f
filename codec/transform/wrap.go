package transform

// Text that was filled to a width has a line end wherever the next word did not
// fit. Such line ends say nothing, but cost a language model bits and mislead
// it; so each becomes a space, and filling the lines again restores it.
//
// A break is due at a space, or a line end with the indentation that is expected behind
// it, if a word is on either side and the line, the space and the next word would
// be wider than the width. Words end at a space or line end; widths are counted in
// characters of UTF-8. The indentation expected is none, as in paragraphs of which
// only the first line has one, or the spaces that the line at hand begins with.

// Widths that are tried; any up to maxWidth is valid.
const (
	minWidth = 40
	topWidth = 132
	maxWidth = 1 << 16
)

// filling is how a text was filled.
type filling struct {
	width  int  // characters of a line at most; 0 is not filled
	indent bool // lines have the indentation of the line before
}

// filler walks through filled text and follows its lines.
type filler struct {
	filling
	column   int // characters of the line so far
	indent   int // spaces the next line is expected to begin with
	inIndent bool
}

func newFiller(f filling) filler { return filler{filling: f, inIndent: true} }

// pass moves on past c.
func (f *filler) pass(c byte) {
	switch {
	case c == '\n':
		*f = newFiller(f.filling)
		return
	case c != ' ':
		f.inIndent = false
	case f.inIndent && f.filling.indent:
		f.indent++
	}
	if c&0xC0 != 0x80 {
		f.column++
	}
}

// breakLine begins a line with the indentation expected.
func (f *filler) breakLine() { *f = filler{filling: f.filling, column: f.indent, indent: f.indent} }

// needed returns the width that the line has with a space and the word that
// begins at text[at:]; 0 if no break can be due here.
func (f *filler) needed(text []byte, at int) int {
	if at == len(text) || separates(text[at]) {
		return 0
	}
	n := f.column + 1
	for ; at < len(text) && !separates(text[at]); at++ {
		if text[at]&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

func separates(c byte) bool { return c == ' ' || c == '\n' }

// atBreak returns where the next word begins if text[i:] is a line end or space at
// which a break may be due.
func (f *filler) atBreak(text []byte, i int) (word int, ok bool) {
	switch {
	case i == 0 || separates(text[i-1]):
		return 0, false
	case text[i] == ' ':
		return i + 1, true
	case text[i] != '\n':
		return 0, false
	}
	word = i + 1
	for word < len(text) && text[word] == ' ' && word-i-1 < f.indent {
		word++
	}
	return word, word-i-1 == f.indent
}

// findFilling returns how text seems to have been filled.
func findFilling(text []byte) filling {
	flat, gain := fillWidth(text, false)
	indented, more := fillWidth(text, true)
	if more > gain {
		return indented
	}
	return flat
}

// fillWidth returns the best width, if text was filled with or without
// indentation, and how much there is to gain.
func fillWidth(text []byte, indent bool) (best filling, most int) {
	var ends, spaces [topWidth + 2]int // by the width needed
	f, all := newFiller(filling{indent: indent}), 0
	for i, c := range text {
		if word, ok := f.atBreak(text, i); ok {
			need := min(f.needed(text, word), topWidth+1)
			if need > 0 && c == '\n' {
				ends[need]++
				all++
			} else if need > 0 {
				spaces[need]++
			}
		}
		f.pass(c)
	}
	// A space that would be made a line end takes a byte to say so; a line end
	// made a space saves about a quarter of one.
	const cost = 4
	const params = 16 // ends to be worth the bytes of the transform itself
	most = all/2 + params
	gain := 0
	for w := topWidth; w >= minWidth; w-- {
		gain += ends[w+1] - cost*spaces[w+1]
		if gain > most {
			best, most = filling{w, indent}, gain
		}
	}
	return best, most
}

// joinLines makes a space of every line end that is due, with the indentation
// behind it, and returns which breaks are due but were spaces before.
func joinLines(text []byte, as filling) (joined []byte, kept []uint64) {
	joined = make([]byte, 0, len(text))
	f, number := newFiller(as), uint64(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if word, ok := f.atBreak(text, i); ok && f.needed(text, word) > f.width {
			if c == '\n' {
				joined = append(joined, ' ')
				f.breakLine()
				i = word - 1
				number++
				continue
			}
			kept = append(kept, number)
			number++
		}
		joined = append(joined, c)
		f.pass(c)
	}
	return joined, kept
}

// fillLines undoes joinLines. It fails if fewer breaks are due than were kept, or
// the text has more than size bytes.
func fillLines(joined []byte, as filling, kept []uint64, size int) (text []byte, ok bool) {
	text = make([]byte, 0, len(joined)+len(joined)/8)
	f, number := newFiller(as), uint64(0)
	for i, c := range joined {
		if c == ' ' && i > 0 && !separates(joined[i-1]) && f.needed(joined, i+1) > f.width {
			number++
			if !take(&kept, number-1) {
				if text = append(text, '\n'); len(text)+f.indent > size {
					return nil, false
				}
				f.breakLine()
				for range f.indent {
					text = append(text, ' ')
				}
				continue
			}
		}
		text = append(text, c)
		f.pass(c)
	}
	return text, len(kept) == 0
}
