package gguf

import (
	"errors"
	"fmt"
	"io"
)

// Bounds of what Head reads: most heads are mainly a vocabulary.
const (
	firstRead = 1 << 20
	maxHead   = 256 << 20
)

var errLong = fmt.Errorf("what comes before the tensors has more than %d MiB", maxHead>>20)

// Head reads a file as Parse does, but only what comes before the data of its
// tensors, which have none: Data is nil, and Row and Int8Row must not be called.
// That the data is there is checked by the parts' sizes. An error that does not
// wrap ErrFormat is one of reading.
func Head(parts ...*io.SectionReader) (*File, error) {
	f, err := assemble(len(parts), func(i int) (*File, error) { return readHead(parts[i]) })
	if unread := (readError{}); errors.As(err, &unread) {
		return nil, unread.error
	}
	return f, err
}

type readError struct{ error }

// readHead reads ever more of the start of a part until it holds the head.
func readHead(part *io.SectionReader) (*File, error) {
	size := part.Size()
	for n := min(size, firstRead); ; n = min(size, 4*n) {
		data := make([]byte, n)
		if _, err := part.ReadAt(data, 0); err != nil && !(err == io.EOF && n == size) {
			return nil, readError{err}
		}
		f, _, _, err := parseHead(&reader{data: data, size: uint64(size)})
		if !errors.Is(err, errMore) {
			return f, err
		}
		if n >= maxHead {
			return nil, errLong
		}
	}
}
