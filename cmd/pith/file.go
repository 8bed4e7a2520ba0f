package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/term"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/atomicfile"
	"github.com/pith-codec/pith/internal/progress"
	"github.com/pith-codec/pith/model/builtin"
)

// suffix is what compressed files end with.
const suffix = ".pith"

// openModel opens the model that files name; tests replace it.
var openModel = builtin.Open

// model returns a model, opened once for all files.
func (s *settings) model(id container.ModelID) (m *codec.Model, err error) {
	if s.opened == nil || s.opened.ID() != id {
		if m, err = openModel(id); err != nil {
			return nil, err
		}
		s.opened = m
	}
	return s.opened, nil
}

// one handles one file, or standard input if name is "-".
func (s *settings) one(u *ui, name string) error {
	start := time.Now()
	in, info, err := s.open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	target, err := s.target(name)
	if err != nil {
		return err
	}
	size := int64(-1)
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	meter := (*progress.Meter)(nil)
	if !s.quiet {
		meter = progress.New(os.Stderr, display(name), size)
	}
	defer meter.Clear()
	input := &counted{r: in}
	if target == "" {
		output := &counted{w: os.Stdout}
		if s.test {
			output.w = io.Discard
		}
		if err := s.transform(output, input, meter); err != nil {
			return err
		}
		meter.Clear()
		u.done(name, input.n, output.n, s.restores(), time.Since(start))
		return nil
	}
	if old, err := os.Stat(target); err == nil && os.SameFile(old, info) {
		return hint("input and output are the same file", "use another name")
	}
	out, err := atomicfile.Create(target, s.force)
	if err != nil {
		return err
	}
	defer out.Discard()
	output := &counted{w: out}
	if err := s.transform(output, input, meter); err != nil {
		return err
	}
	if s.remove {
		if err := s.verify(out.File, in); err != nil {
			return err
		}
	}
	if err := unchanged(in, info); err != nil {
		return err
	}
	if err := out.Commit(info); err != nil {
		return err
	}
	meter.Clear()
	u.done(name, input.n, output.n, s.restores(), time.Since(start))
	if s.remove && name != "-" {
		return os.Remove(name)
	}
	return nil
}

// restores reports whether the input is compressed.
func (s *settings) restores() bool { return s.decompress || s.test }

// open opens an input. Folders and devices are refused, and links without -f
// or -c, as gzip and its kin do.
func (s *settings) open(name string) (*os.File, fs.FileInfo, error) {
	if name == "-" {
		if s.restores() && term.IsTerminal(int(os.Stdin.Fd())) && !s.force {
			return nil, nil, hint("compressed data is not read from a terminal", "give a file, or -f to force it")
		}
		info, err := os.Stdin.Stat()
		return os.Stdin, info, err
	}
	info, err := os.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if !s.force && !s.stdout && !s.test {
			return nil, nil, hint("is a symbolic link", "use -f to follow it")
		}
		if info, err = os.Stat(name); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case info.IsDir():
		return nil, nil, hint("is a directory", "use tar, as in tar -I pith -cf DIR.tar.pith DIR")
	case !info.Mode().IsRegular() && !s.stdout && !s.test:
		return nil, nil, hint("is not a regular file", "use -c to read it")
	}
	in, err := os.Open(name)
	return in, info, err
}

// target returns the name of the output, or "" for standard output or none.
func (s *settings) target(name string) (string, error) {
	restore := s.restores()
	switch {
	case s.test:
		return "", nil
	case s.output != "" && s.output != "-":
		return s.output, nil
	case s.stdout || name == "-" || s.output == "-":
		if !restore && !s.force && term.IsTerminal(int(os.Stdout.Fd())) {
			return "", hint("compressed data is not written to a terminal", "use -o FILE, or -f to force it")
		}
		return "", nil
	case restore && (!strings.HasSuffix(name, suffix) || strings.HasSuffix(name, "/"+suffix) || name == suffix):
		return "", hint("unknown suffix", "name the output with -o, or use -c")
	case restore:
		return strings.TrimSuffix(name, suffix), nil
	case strings.HasSuffix(name, suffix) && !s.force:
		return "", hint("already has the suffix "+suffix, "use -d to restore it, or -f to compress it again")
	}
	return name + suffix, nil
}

// transform compresses or restores in to out.
func (s *settings) transform(out io.Writer, in io.Reader, meter *progress.Meter) error {
	if s.restores() {
		d := codec.NewDecoder(in, codec.DecoderOptions{Threads: s.threads, Model: s.model,
			Progress: func(_, coded int64) { meter.Set(coded) }})
		defer d.Close()
		_, err := io.Copy(out, d)
		return err
	}
	e, err := codec.NewEncoder(out, codec.EncoderOptions{Level: s.level, Threads: s.threads,
		Model:    func() (*codec.Model, error) { return s.model(builtin.ID) },
		Progress: func(raw, _ int64) { meter.Set(raw) }})
	if err != nil {
		return err
	}
	if _, err := io.Copy(e, in); err != nil {
		e.Close()
		return err
	}
	return e.Close()
}

// verify restores what was written and compares it with the input, both read
// again.
func (s *settings) verify(out, in *os.File) error {
	for _, f := range []*os.File{out, in} {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	compressed, plain := out, in
	if s.decompress {
		compressed, plain = in, out
	}
	want, got := xxhash.New(), xxhash.New()
	n, err := io.Copy(want, plain)
	if err != nil {
		return err
	}
	restore := *s
	restore.decompress = true
	output := &counted{w: got}
	if err := restore.transform(output, compressed, nil); err != nil {
		return fmt.Errorf("verifying the output: %w", err)
	}
	if output.n != n || got.Sum64() != want.Sum64() {
		return hint("the output does not restore to the input", "the input was kept; please report this")
	}
	return nil
}

// unchanged reports an input that was written to while it was read.
func unchanged(in *os.File, before fs.FileInfo) error {
	if !before.Mode().IsRegular() {
		return nil
	}
	after, err := in.Stat()
	if err != nil {
		return err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return errors.New("input changed while it was read: try again")
	}
	return nil
}

// counted counts the bytes that pass.
type counted struct {
	r io.Reader
	w io.Writer
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
