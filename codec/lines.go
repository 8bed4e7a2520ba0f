package codec

import (
	"bytes"

	"github.com/pith-codec/pith/container"
)

// unixLines makes every CR LF a LF and returns the exceptions, the lone LFs, as
// FORMAT.md has them. It does so only where most line ends are CR LF.
func unixLines(text []byte) (lines, exceptions []byte, ok bool) {
	all := bytes.Count(text, []byte("\n"))
	pairs := bytes.Count(text, []byte("\r\n"))
	if pairs == 0 || (all-pairs)*8 > all {
		return nil, nil, false
	}
	lines = make([]byte, 0, len(text)-pairs)
	exceptions = container.AppendVarint(nil, uint64(all-pairs))
	since := uint64(0)
	for i, c := range text {
		switch {
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			continue
		case c != '\n':
		case i > 0 && text[i-1] == '\r':
			since++
		default:
			exceptions = container.AppendVarint(exceptions, since)
			since = 0
		}
		lines = append(lines, c)
	}
	return lines, exceptions, true
}

// readExceptions splits a payload into the exceptions, as the numbers of the
// lone line ends from the start, and the rest.
func readExceptions(payload []byte) (lone []uint64, rest []byte, ok bool) {
	count, n := container.Varint(payload)
	if n <= 0 || count > uint64(len(payload)) {
		return nil, nil, false
	}
	payload = payload[n:]
	at := uint64(0)
	for range count {
		gap, n := container.Varint(payload)
		if n <= 0 || gap > container.MaxNeural {
			return nil, nil, false
		}
		payload = payload[n:]
		at += gap
		lone = append(lone, at)
		at++
	}
	return lone, payload, true
}

// dosLines makes every LF a CR LF but those of the given numbers. It fails if
// there are fewer.
func dosLines(lines []byte, lone []uint64) (text []byte, ok bool) {
	text = make([]byte, 0, len(lines)+bytes.Count(lines, []byte("\n")))
	number := uint64(0)
	for _, c := range lines {
		if c == '\n' {
			if len(lone) > 0 && lone[0] == number {
				lone = lone[1:]
			} else {
				text = append(text, '\r')
			}
			number++
		}
		text = append(text, c)
	}
	return text, len(lone) == 0
}
