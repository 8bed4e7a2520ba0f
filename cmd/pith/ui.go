package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/atomicfile"
	"github.com/pith-codec/pith/model/builtin"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/store"
)

// What the program says, and how:
//
//   - messages go to standard error, one line each: pith: FILE: what: hint;
//   - lower case, no full stop, and a hint wherever there is something to do;
//   - names are shown so that they cannot do anything to a terminal;
//   - nothing is said of success unless asked for with -v;
//   - standard output carries data, or what --help and --version print.
type ui struct {
	out     io.Writer
	tool    string // that runs, with a blank behind it, or ""
	verbose bool
	files   int    // that are done
	sum     passed // of those
}

// say writes one line.
func (u *ui) say(line string) { fmt.Fprintln(u.out, printable(line)) }

// print writes what was asked for to standard output and returns the exit code.
func (u *ui) print(text string) int {
	_, err := io.WriteString(os.Stdout, text)
	if closed := os.Stdout.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return u.failed("(stdout)", err)
	}
	return exitOK
}

// usage reports wrong arguments and returns the exit code.
func (u *ui) usage(err error) int {
	u.say("pith: " + err.Error() + ": try pith " + u.tool + "--help")
	return exitError
}

// failed reports what went wrong with a file and returns the exit code.
func (u *ui) failed(name string, err error) int {
	if !errors.Is(err, syscall.EPIPE) { // the reader has gone, which is its right
		u.say("pith: " + display(name) + ": " + explain(err))
	}
	return exitCode(err)
}

// done reports a finished file, if asked for.
func (u *ui) done(name string, p passed, took time.Duration) {
	u.files++
	u.sum = passed{p.restored, u.sum.in + p.in, u.sum.out + p.out, 0}
	if u.verbose {
		u.report(display(name), p, took)
	}
}

// total reports all files that are done, if asked for and more than one.
func (u *ui) total(took time.Duration) {
	if u.verbose && u.files > 1 {
		u.report(fmt.Sprintf("%d files", u.files), u.sum, took)
	}
}

func (u *ui) report(what string, p passed, took time.Duration) {
	line := fmt.Sprintf("%s: %s → %s", what, grouped(p.in), grouped(p.out))
	raw, coded := p.in, p.out
	if p.restored {
		raw, coded = p.out, p.in
	}
	if raw > 0 {
		line += fmt.Sprintf(" (%.2f %%, %.3f bpb)", 100*float64(coded)/float64(raw), 8*float64(coded)/float64(raw))
	}
	u.say(fmt.Sprintf("%s in %.1f s", line, took.Seconds()))
}

// panicked reports a fault of the program, with the last calls before it, and
// returns the exit code.
func panicked(out io.Writer, fault any) int {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var calls []string
	for more, after := true, false; more && len(calls) < 5; {
		var f runtime.Frame
		f, more = frames.Next()
		if after && !strings.HasPrefix(f.Function, "runtime.") {
			calls = append(calls, fmt.Sprintf("%s:%d", path.Join(path.Base(path.Dir(f.File)), path.Base(f.File)), f.Line))
		}
		after = after || f.Function == "runtime.gopanic"
	}
	u := ui{out: out}
	u.say(fmt.Sprintf("pith: internal error: %v: please report this and pith -V: %s", fault, strings.Join(calls, ", ")))
	return exitInternal
}

func display(name string) string {
	if name == "-" {
		return "(stdin)"
	}
	return name
}

// printable escapes what is not text, such as the control sequences of a
// terminal or an end of line.
func printable(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch _, size := utf8.DecodeRuneInString(s[i:]); {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// hinted is an error with a hint.
type hinted struct{ what, hint string }

func (h *hinted) Error() string { return h.what + ": " + h.hint }

func hint(what, hint string) error { return &hinted{what, hint} }

// explain returns what to say of an error.
func explain(err error) string {
	var (
		file        *fs.PathError
		unsupported *container.UnsupportedError
		model       *codec.ModelError
		numerics    *codec.NumericsError
		diverged    *codec.DivergedError
		limit       *codec.LimitError
		dictionary  *codec.DictionaryError
		foreign     *codec.ForeignError
		damaged     *store.DamagedError
	)
	text := err.Error()
	if errors.As(err, &file) {
		text = explainFile(file)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return "output exists: use -f to overwrite it, or -o for another name"
	case errors.Is(err, atomicfile.ErrNotRegular):
		return "output is not a regular file: use -c and redirect it, or remove it first"
	case errors.Is(err, syscall.ENOSPC):
		return text + ": free some space, or write elsewhere with -o"
	case errors.Is(err, container.ErrFormat):
		return text + ": to compress it, leave out -d"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return strings.TrimSuffix(text, ": "+io.ErrUnexpectedEOF.Error()) + ": get a complete copy"
	case errors.Is(err, gguf.ErrFormat):
		return text + ": get it anew, or use another model"
	case errors.As(err, &damaged):
		return text + ": get it anew"
	case errors.Is(err, store.ErrPartial):
		return text + ": go on with pith model pull"
	case errors.As(err, &limit):
		return text + ": raise it with --memlimit"
	case errors.As(err, &dictionary):
		return text + ": give the file it was made with by -D"
	case errors.As(err, &foreign) && !hasLlama:
		return text + ": use a pith built with -tags llama"
	case errors.As(err, &foreign):
		return text + ": use one as it was, or try it with --force"
	case errors.As(err, &unsupported) && unsupported.Earlier, errors.As(err, &numerics) && numerics.Need < codec.Numerics:
		return text + ": use the pith that made it"
	case errors.As(err, &model) && model.Need.External:
		return text // it has a hint
	case errors.As(err, &model) && model.Need.Number <= builtin.Number:
		return text + ": use the pith that made it"
	case errors.As(err, &unsupported), errors.As(err, &model), errors.As(err, &numerics):
		return text + ": get a newer pith"
	case errors.As(err, &diverged):
		return text + ": use the pith that made it, or try another machine; please report this"
	}
	return text
}

// explainFile says what could not be done, and to which file if it is not the
// input.
func explainFile(err *fs.PathError) string {
	cause := strings.ToLower(err.Err.Error())
	switch err.Op {
	case "create":
		return "cannot create " + err.Path + ": " + cause
	case "clean":
		return "the output is complete, but a temporary file beside it cannot be removed: " + cause
	case "sync":
		return "the output is complete, but its folder cannot be synced: " + cause
	case "read", "write", "close", "remove":
		return "cannot " + err.Op + ": " + cause
	}
	return cause
}

// grouped writes a number with separators.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
