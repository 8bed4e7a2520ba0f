package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/atomicfile"
)

// Every option of the table is in the help, with its short name.
func TestHelp(t *testing.T) {
	text := help()
	for _, o := range options {
		if !strings.Contains(text, "--"+o.long) || o.short != 0 && !strings.Contains(text, fmt.Sprintf("-%c, --%s", o.short, o.long)) {
			t.Errorf("--%s is not in the help", o.long)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		hint string
	}{
		{&container.CorruptError{Offset: 3, Msg: "x"}, 2, "corrupt at byte 3"},
		{io.ErrUnexpectedEOF, 2, "get a complete copy"},
		{container.ErrFormat, 2, "leave out -d"},
		{&internalError{hint("x", "please report this")}, 3, "please report this"},
		{&internalError{&container.CorruptError{}}, 3, ""},
		{&container.UnsupportedError{What: "x"}, 4, "get a newer pith"},
		{&codec.ModelError{}, 4, "use the pith that made it"},
		{&codec.ModelError{Err: errors.New("gone")}, 4, "use the pith that made it"},
		{&codec.NumericsError{}, 4, "use the pith that made it"},
		{&codec.NumericsError{Need: codec.Numerics + 1}, 4, "get a newer pith"},
		{&codec.ModelError{Need: container.ModelID{Number: 1 << 62}}, 4, "get a newer pith"},
		{&codec.DivergedError{}, 4, "please report this"},
		{&codec.SelfTestError{What: "x"}, 3, "does not compute as it must: x"},
		{fs.ErrNotExist, 1, ""},
		{fs.ErrExist, 1, "use -f"},
		{atomicfile.ErrNotRegular, 1, "use -c"},
		{&fs.PathError{Op: "write", Path: "p", Err: syscall.ENOSPC}, 1, "cannot write: no space left on device: free some space"},
		{&fs.PathError{Op: "create", Path: "none/x", Err: syscall.ENOENT}, 1, "cannot create none/x: no such file"},
		{&fs.PathError{Op: "open", Path: "p", Err: syscall.EACCES}, 1, "permission denied"},
		{&fs.PathError{Op: "clean", Path: "p", Err: syscall.EACCES}, 1, "temporary file beside it cannot be removed: permission denied"},
		{&fs.PathError{Op: "sync", Path: "p", Err: syscall.EIO}, 1, "the output is complete, but"},
	} {
		err := fmt.Errorf("wrapped: %w", c.err)
		if got := exitCode(err); got != c.code {
			t.Errorf("%v: exit code %d, want %d", err, got, c.code)
		}
		text := explain(err)
		if !strings.Contains(text, c.hint) || strings.Contains(text, "\n") || strings.HasSuffix(text, ".") {
			t.Errorf("%v is explained as %q", err, text)
		}
	}
}

func TestFailed(t *testing.T) {
	for err, want := range map[error]string{
		hint("is wrong", "do it right"):                                     "pith: a\\n\\x1b[31m: is wrong: do it right\n",
		&fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}: "",
	} {
		var b strings.Builder
		u := ui{out: &b}
		if code := u.failed("a\n\x1b[31m", err); code != exitError || b.String() != want {
			t.Errorf("%d, %q; want %q", code, b.String(), want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"":                       "",
		"a b → ü.txt":            "a b → ü.txt",
		"it's":                   "it's",
		"'":                      "'",
		"a\x1b[2J\r\n\t\x00\x7f": `a\x1b[2J\r\n\t\x00\x7f`,
		"\xff\xc3":               `\xff\xc3`,
		"\u202eevil\u200b":       `\u202eevil\u200b`,
		"\ufffd":                 "\ufffd",
	} {
		if got := printable(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("name\x1b[0m")
	f.Add("\xf0\x9f")
	f.Fuzz(func(t *testing.T, s string) {
		got := printable(s)
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q became %q", s, got)
			}
		}
		if printable(got) != got {
			t.Errorf("%q is printable, but changes", got)
		}
	})
}

func TestPanicked(t *testing.T) {
	var b strings.Builder
	var code int
	func() {
		defer func() { code = panicked(&b, recover()) }()
		var empty []int
		_ = empty[len(b.String())]
	}()
	if code != exitInternal || strings.Count(b.String(), "\n") != 1 ||
		!strings.HasPrefix(b.String(), "pith: internal error: runtime error: index out of range") ||
		!strings.Contains(b.String(), ": pith/ui_test.go:") {
		t.Errorf("%d: %s", code, b.String())
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}
