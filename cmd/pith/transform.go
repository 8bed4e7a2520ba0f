package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cespare/xxhash/v2"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/internal/progress"
)

// passed is what went through a transform.
type passed struct {
	restored bool
	in, out  int64  // bytes
	plain    uint64 // hash of those that are not compressed
}

// transform compresses in to out, or restores it.
func (s *settings) transform(out io.Writer, in io.Reader, restore bool, meter *progress.Meter) (p passed, err error) {
	defer meter.Clear()
	p.restored = restore
	hash := xxhash.New()
	from, to := &counted{r: in}, &counted{w: out}
	if restore {
		o := codec.DecoderOptions{Threads: s.threads, Model: s.model, Memory: s.memory, Dictionary: s.dictionary,
			Force: s.force, Progress: func(_, coded int64) { meter.Set(coded) }}
		if hasLlama {
			o.Foreign = s.guest
		}
		d := codec.NewDecoder(from, o)
		defer d.Close()
		_, err = io.Copy(io.MultiWriter(to, hash), d)
	} else {
		var e *codec.Encoder
		e, err = codec.NewEncoder(to, codec.EncoderOptions{Level: s.level, Threads: s.threads, BlockSize: s.block, Memory: s.need,
			Model: s.predictor(), Foreign: s.foreign(), Dictionary: s.dictionary,
			Progress: func(raw, _ int64) { meter.Set(raw) }})
		if err != nil {
			return p, needsMore(err)
		}
		defer e.Abort()
		_, err = io.Copy(e, io.TeeReader(from, hash))
		if from.err != nil {
			return p, from.err // Close would make a whole file of a part
		}
		if closed := e.Close(); err == nil {
			err = closed
		}
		err = needsMore(err)
	}
	p.in, p.out, p.plain = from.n, to.n, hash.Sum64()
	return p, err
}

// predictor returns what opens the model to compress with.
func (s *settings) predictor() func() (*codec.Model, error) {
	if s.foreign() {
		return s.ownGuest
	}
	return s.own
}

// needsMore says what can be done where a level takes more memory than --memory.
func needsMore(err error) error {
	var limit *codec.LimitError
	if errors.As(err, &limit) {
		return hint(limit.Error(), "raise --memory, or use a lower level")
	}
	return err
}

// arrived reports an output that is not as long as what was written to it, which
// some file systems over a network do not tell.
func arrived(out *os.File, p passed) error {
	info, err := out.Stat()
	if err == nil && info.Size() != p.out {
		err = &fs.PathError{Op: "write", Err: hint(
			fmt.Sprintf("%s bytes of %s are there", grouped(info.Size()), grouped(p.out)), "check the disk, or write elsewhere with -o")}
	}
	return err
}

// verify reads back what was written, decodes it if it is compressed, and
// compares it with what was read.
func (s *settings) verify(out *os.File, name string, p passed) error {
	info, err := out.Stat()
	if err != nil {
		return err
	}
	written := io.NewSectionReader(out, 0, info.Size())
	var n int64
	var plain uint64
	if p.restored {
		hash := xxhash.New()
		n, err = io.Copy(hash, written)
		plain = hash.Sum64()
	} else {
		var back passed
		back, err = s.transform(io.Discard, written, true, s.meter(name+" (check)", info))
		n, plain = back.out, back.plain
	}
	want := p.in
	if p.restored {
		want = p.out
	}
	switch {
	case err != nil && exitCode(err) == exitError:
		return err // of the system, not of what was written
	case err != nil, n != want, plain != p.plain:
		return &internalError{hint("the output does not restore to the input", "the input was kept; please report this")}
	}
	return nil
}

// counted counts the bytes that pass, and keeps an error of reading.
type counted struct {
	r   io.Reader
	w   io.Writer
	n   int64
	err error
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != io.EOF {
		c.err = err
	}
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		// What package os says of a write that writes nothing; here it would
		// tell of a truncated input.
		err = &fs.PathError{Op: "write", Err: io.ErrShortWrite}
	}
	return n, err
}
