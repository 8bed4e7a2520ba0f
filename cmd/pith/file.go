package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/pith-codec/pith/internal/atomicfile"
	"github.com/pith-codec/pith/internal/progress"
)

// suffix is what compressed files end with.
const suffix = ".pith"

// one handles one file, or standard input if name is "-".
func (s *settings) one(u *ui, name string) error {
	start := time.Now()
	in, info, err := s.open(name)
	if err != nil {
		return err
	}
	if in != os.Stdin {
		defer in.Close()
	}
	target, err := s.target(name)
	if err != nil {
		return err
	}
	var p passed
	if target == "" {
		p, err = s.toStdout(name, in, info)
	} else {
		p, err = s.toFile(name, in, info, target)
	}
	if err == nil {
		u.done(name, p, time.Since(start))
	}
	return err
}

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
	reads := s.stdout || s.test || s.lists() // and neither removes nor replaces anything
	if info.Mode()&fs.ModeSymlink != 0 {
		if !s.force && !reads {
			return nil, nil, hint("is a symbolic link", "use -f to follow it")
		}
		if info, err = os.Stat(name); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case info.IsDir():
		return nil, nil, hint("is a directory", "use tar, as in tar -I pith -cf DIR.tar.pith DIR")
	case !info.Mode().IsRegular() && s.lists(): // opening a pipe would wait for its writer
		return nil, nil, hint("is not a regular file", "copy it to one, or use -t to read it all")
	case !info.Mode().IsRegular() && !reads:
		return nil, nil, hint("is not a regular file", "use -c to read it")
	}
	in, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if opened, err := in.Stat(); err != nil || !os.SameFile(opened, info) {
		in.Close()
		return nil, nil, hint("was replaced while it was opened", "try again")
	}
	return in, info, nil
}

// target returns the name of the output, or "" for standard output or none.
func (s *settings) target(name string) (string, error) {
	restore := s.restores()
	stem, suffixed := strings.CutSuffix(name, s.suffix)
	switch {
	case s.test:
		return "", nil
	case s.output != "":
		return s.output, nil
	case s.stdout || name == "-":
		if !restore && !s.force && term.IsTerminal(int(os.Stdout.Fd())) {
			return "", hint("compressed data is not written to a terminal", "use -o FILE, or -f to force it, or see pith --help")
		}
		return "", nil
	case restore && (!suffixed || stem == "" || os.IsPathSeparator(stem[len(stem)-1])):
		return "", hint("unknown suffix", "name the output with -o, or use -c")
	case restore:
		return stem, nil
	case suffixed && !s.force:
		return "", hint("already has the suffix "+s.suffix, "use -d to restore it, or -f to compress it again")
	}
	return name + s.suffix, nil
}

var errSameFile = hint("input and output are the same file", "use another name")

// toStdout handles a file whose output goes to standard output, or nowhere.
func (s *settings) toStdout(name string, in *os.File, info fs.FileInfo) (passed, error) {
	out := io.Writer(os.Stdout)
	if s.test {
		out = io.Discard
	} else {
		s.wrote = true
		// What is appended to its own input never ends.
		o, err := os.Stdout.Stat()
		if err != nil {
			return passed{}, err
		}
		if o.Mode().IsRegular() && os.SameFile(o, info) {
			return passed{}, errSameFile
		}
	}
	if !s.restores() {
		s.estimate(name, in, info)
	}
	return s.transform(out, in, s.restores(), s.meter(name, info))
}

// toFile handles a file whose output goes to target. The input is removed, if
// at all, when nothing can be lost any more.
func (s *settings) toFile(name string, in *os.File, info fs.FileInfo, target string) (passed, error) {
	switch old, err := os.Stat(target); {
	case err == nil && os.SameFile(old, info):
		return passed{}, errSameFile
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		// It may be the input for all that is known.
		return passed{}, &fs.PathError{Op: "create", Path: target, Err: errors.Unwrap(err)}
	}
	out, err := atomicfile.Create(target, s.force)
	if err != nil {
		return passed{}, err
	}
	defer out.Discard()
	if !s.restores() {
		s.estimate(name, in, info)
	}
	p, err := s.transform(out, in, s.restores(), s.meter(name, info))
	if err != nil {
		return p, err
	}
	if err := arrived(out.File, p); err != nil {
		return p, err
	}
	remove := s.remove && name != "-"
	if remove || s.verifies {
		if err := s.verify(out.File, name, p); err != nil {
			return p, err
		}
	}
	if err := unchanged(in, info); err != nil {
		return p, err
	}
	if err := out.Commit(info); err != nil {
		return p, err
	}
	if remove {
		return p, removeInput(name, in, info)
	}
	return p, nil
}

// meter returns a meter for reading a file.
func (s *settings) meter(name string, info fs.FileInfo) *progress.Meter {
	if s.quiet {
		return nil
	}
	size := int64(-1)
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	return progress.New(os.Stderr, s.nth+printable(display(name)), size)
}

// unchanged reports an input that was written to since it was looked at.
func unchanged(in *os.File, before fs.FileInfo) error {
	if !before.Mode().IsRegular() {
		return nil
	}
	after, err := in.Stat()
	if err != nil {
		return err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return hint("changed while it was read", "try again, or use -c if it always does")
	}
	return nil
}

// removeInput removes an input, if it is still what was read.
func removeInput(name string, in *os.File, before fs.FileInfo) error {
	if err := unchanged(in, before); err != nil {
		return err
	}
	if now, err := os.Stat(name); err != nil || !os.SameFile(now, before) {
		return hint("was replaced while it was read", "the output is complete; what is now there was kept")
	}
	return os.Remove(name)
}
