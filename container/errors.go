package container

import (
	"errors"
	"fmt"
	"io"
)

// ErrFormat says that the input does not begin like a pith file.
var ErrFormat = errors.New("not in pith format")

// CorruptError says that a file breaks a rule of the format or fails a check.
type CorruptError struct {
	Offset int64 // of the block, header or trailer at fault
	Msg    string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("corrupt at byte %d: %s", e.Offset, e.Msg)
}

// UnsupportedError says that a file uses something this program does not know.
type UnsupportedError struct {
	What    string
	Earlier bool // than this program; else it is of a later one
}

func (e *UnsupportedError) Error() string { return e.What + " is not supported" }

// truncated returns the error for a file that ends early.
func truncated(offset int64) error {
	return fmt.Errorf("truncated after byte %d: %w", offset, io.ErrUnexpectedEOF)
}
