package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
)

// What the program says, and how:
//
//   - messages go to standard error, one line each: pith: FILE: what: hint;
//   - lower case, no full stop, and a hint wherever there is something to do;
//   - nothing is said of success unless asked for with -v;
//   - standard output carries data, or what --help and --version print.
type ui struct {
	out            io.Writer
	quiet, verbose bool
}

// usage reports wrong arguments and returns the exit code.
func (u *ui) usage(err error) int {
	fmt.Fprintf(u.out, "pith: %s: try pith --help\n", err)
	return exitError
}

// failed reports what went wrong with a file.
func (u *ui) failed(name string, err error) {
	if errors.Is(err, syscall.EPIPE) {
		return // the reader has gone, which is its right
	}
	fmt.Fprintf(u.out, "pith: %s: %s\n", display(name), explain(err))
}

// done reports a finished file, if asked for.
func (u *ui) done(name string, in, out int64, restored bool, took time.Duration) {
	if !u.verbose {
		return
	}
	line := fmt.Sprintf("%s: %s → %s", display(name), grouped(in), grouped(out))
	raw, coded := in, out
	if restored {
		raw, coded = out, in
	}
	if raw > 0 {
		line += fmt.Sprintf(" (%.2f %%, %.3f bpb)", 100*float64(coded)/float64(raw), 8*float64(coded)/float64(raw))
	}
	fmt.Fprintf(u.out, "%s in %.1f s\n", line, took.Seconds())
}

func display(name string) string {
	if name == "-" {
		return "(stdin)"
	}
	return name
}

// hinted is an error with a hint.
type hinted struct {
	what error
	hint string
}

func (h *hinted) Error() string { return h.what.Error() + ": " + h.hint }
func (h *hinted) Unwrap() error { return h.what }

func hint(what, hint string) error { return &hinted{errors.New(what), hint} }

// explain returns what to say of an error.
func explain(err error) string {
	var (
		path        *fs.PathError
		unsupported *container.UnsupportedError
		model       *codec.ModelError
		numerics    *codec.NumericsError
		diverged    *codec.DivergedError
	)
	text := err.Error()
	if errors.As(err, &path) {
		text = strings.ToLower(path.Err.Error())
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return "output exists: use -f to overwrite it, or -o for another name"
	case errors.Is(err, syscall.ENOSPC):
		return text + ": nothing was written; free some space or use -o with another disk"
	case errors.Is(err, container.ErrFormat):
		return text + ": to compress it, leave out -d"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return strings.TrimSuffix(text, ": "+io.ErrUnexpectedEOF.Error()) + ": get a complete copy"
	case errors.As(err, &unsupported):
		return text + ": get a newer pith"
	case errors.As(err, &model), errors.As(err, &numerics):
		return text + ": use the pith that made it"
	case errors.As(err, &diverged):
		return text + ": use the pith that made it, or try another machine; please report this"
	}
	return text
}

// grouped writes a number with separators.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
