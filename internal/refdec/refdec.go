// Package refdec is a second decoder of .pith files, plain and slow. It is written from container/FORMAT.md and
// model/NUMERICS.md and shares no code with the product, so that what both decode alike is what the documents say.
package refdec

import "fmt"

// A Class is what a decoder found, after the table at the end of FORMAT.md.
type Class string

const (
	NotPith     Class = "not a pith file"
	Unsupported Class = "unsupported"
	Truncated   Class = "truncated"
	Corrupt     Class = "corrupt"
	CannotHere  Class = "cannot decode here"
	Diverged    Class = "decoder diverged"
)

// An Error is a finding and the rule that led to it.
type Error struct {
	Class Class
	What  string
}

func (e *Error) Error() string { return string(e.Class) + ": " + e.What }

func fail(c Class, format string, args ...any) *Error {
	return &Error{c, fmt.Sprintf(format, args...)}
}

// Inputs are what a file names but does not hold.
type Inputs struct {
	Dictionary []byte   // nil: none
	Model      [][]byte // a GGUF file, or its parts in order; nil: none
	Number     uint64   // by which files name Model if it is built in; 0: it is not
}

// Decode returns the content of a file, and with an error what was verified before it.
func Decode(file []byte, in Inputs) ([]byte, error) {
	blocks, parseErr := parse(file)
	d := decoder{in: in}
	var content []byte
	for i := range blocks {
		part, err := d.block(&blocks[i])
		if err != nil {
			return content, err
		}
		content = append(content, part...)
	}
	if parseErr != nil {
		return content, parseErr
	}
	return content, nil
}
