package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/pith-codec/pith/model/gguf"
)

// DamagedError says that a model is not what it was.
type DamagedError struct {
	Path       string
	Have, Want string // hashes in hexadecimal
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("damaged: its SHA-256 is %s, not %s", e.Have, e.Want)
}

// Hash returns the model's hash as far as it is known without reading it: by its
// place, as pith recorded it, or from an earlier Sum.
func (e *Entry) Hash() (sum [sha256.Size]byte, known bool) {
	text := e.expected()
	if text == "" {
		text = remembered(e)
	}
	n, err := hex.Decode(sum[:], []byte(text))
	return sum, err == nil && n == len(sum)
}

// expected returns the hash that the whole model should have, or "".
func (e *Entry) expected() string {
	if len(e.Parts) == 1 && e.Parts[0].digest != "" {
		return e.Parts[0].digest
	}
	return e.recorded
}

// Sum reads the model and returns its hash. It tells done, unless that is nil, how
// many bytes it has read. It remembers the hash for as long as size and time of
// the files stay.
func (e *Entry) Sum(done func(n int64)) (sum [sha256.Size]byte, err error) {
	sum, _, err = e.sum(done)
	if err == nil {
		remember(e, hex.EncodeToString(sum[:]))
	}
	return sum, err
}

// sum returns the hash of the whole and those of the parts.
func (e *Entry) sum(done func(n int64)) (sum [sha256.Size]byte, parts []string, err error) {
	whole, n := sha256.New(), int64(0)
	for _, p := range e.Parts {
		in, err := os.Open(p.Path)
		if err != nil {
			return sum, nil, err
		}
		part := sha256.New()
		_, err = io.Copy(&counter{done: done, n: &n, to: []hash.Hash{whole, part}}, in)
		in.Close()
		if err != nil {
			return sum, nil, err
		}
		parts = append(parts, hex.EncodeToString(part.Sum(nil)))
	}
	whole.Sum(sum[:0])
	return sum, parts, nil
}

// counter hashes what is written to it and tells how much that was.
type counter struct {
	done func(n int64)
	n    *int64
	to   []hash.Hash
}

func (c *counter) Write(p []byte) (int, error) {
	for _, h := range c.to {
		h.Write(p)
	}
	*c.n += int64(len(p))
	if c.done != nil {
		c.done(*c.n)
	}
	return len(p), nil
}

// Verify reads the model and compares its hash, and those of its parts, with what
// its place or pith's record says; compared is false where neither says anything.
// The error wraps gguf.ErrFormat or is a *DamagedError if the model is not good.
func (e *Entry) Verify(done func(n int64)) (sum [sha256.Size]byte, compared bool, err error) {
	if e.Err != nil {
		return sum, false, e.Err
	}
	sum, parts, err := e.sum(done)
	if err != nil {
		return sum, false, err
	}
	have := hex.EncodeToString(sum[:])
	if want := e.recorded; want != "" {
		if compared = true; have != want {
			return sum, true, &DamagedError{e.Path(), have, want}
		}
	}
	all := true
	for i, p := range e.Parts {
		if all = all && p.digest != ""; p.digest != "" && p.digest != parts[i] {
			return sum, true, &DamagedError{p.Path, parts[i], p.digest}
		}
	}
	remember(e, have)
	_, err = e.Head()
	return sum, compared || all, err
}

// Head reads the model's metadata and the table of its tensors, without their
// data; see gguf.Head.
func (e *Entry) Head() (*gguf.File, error) {
	if e.Err != nil {
		return nil, e.Err
	}
	var parts []*io.SectionReader
	for _, p := range e.Parts {
		in, err := os.Open(p.Path)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		info, err := in.Stat()
		if err != nil {
			return nil, err
		}
		parts = append(parts, io.NewSectionReader(in, 0, info.Size()))
	}
	return gguf.Head(parts...)
}
