package transform

import "bytes"

// unixLines makes every CR LF a LF and returns the exceptions: which line ends
// were a lone LF. It does so only where most line ends are CR LF.
func unixLines(text []byte) (lines []byte, lone []uint64, ok bool) {
	all := bytes.Count(text, []byte("\n"))
	pairs := bytes.Count(text, []byte("\r\n"))
	if pairs == 0 || (all-pairs)*8 > all {
		return nil, nil, false
	}
	lines = make([]byte, 0, len(text)-pairs)
	number := uint64(0)
	for i, c := range text {
		if c == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			continue
		}
		if c == '\n' {
			if i == 0 || text[i-1] != '\r' {
				lone = append(lone, number)
			}
			number++
		}
		lines = append(lines, c)
	}
	return lines, lone, true
}

// dosLines makes every LF a CR LF but those of the given numbers. It fails if
// there are fewer.
func dosLines(lines []byte, lone []uint64) (text []byte, ok bool) {
	text = make([]byte, 0, len(lines)+bytes.Count(lines, []byte("\n")))
	number := uint64(0)
	for _, c := range lines {
		if c == '\n' {
			if !take(&lone, number) {
				text = append(text, '\r')
			}
			number++
		}
		text = append(text, c)
	}
	return text, len(lone) == 0
}
