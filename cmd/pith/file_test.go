package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pith-codec/pith/internal/atomicfile"
)

// Whatever a file is called, its output lies beside it under another name, and
// restoring that gives the name back.
func FuzzTarget(f *testing.F) {
	for _, name := range []string{"a", "a.pith", ".pith", "d/.pith", "a.pith.pith", "d/a.PITH", "/", "-", "--", "a\x00b", "é\n"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "-" || name == "" {
			return
		}
		compress, restore := settings{force: true, suffix: suffix}, settings{decompress: true, suffix: suffix}
		out, err := compress.target(name)
		if err != nil || out != name+".pith" {
			t.Fatalf("%q is compressed to %q, %v", name, out, err)
		}
		if last := name[len(name)-1]; !os.IsPathSeparator(last) {
			if back, err := restore.target(out); err != nil || back != name {
				t.Errorf("%q is restored to %q, %v", out, back, err)
			}
		}
		if out, err := restore.target(name); err == nil && (out == "" || out+".pith" != name || filepath.Dir(out) != filepath.Dir(name)) {
			t.Errorf("%q is restored to %q", name, out)
		}
		if out, err := new(settings).target(name); err == nil && strings.HasSuffix(name, ".pith") {
			t.Errorf("%q is compressed again, to %q", name, out)
		}
	})
}

// An output that does not restore to the input, or not at all, is a fault of
// the program: whatever is wrong with it, the input is not.
func TestVerify(t *testing.T) {
	dir := t.TempDir()
	const text = "what was read"
	s := settings{level: 1, quiet: true}
	for _, c := range []struct {
		name string
		harm func(f *os.File) error
		code int
	}{
		{"good", func(*os.File) error { return nil }, exitOK},
		{"truncated", func(f *os.File) error { return f.Truncate(30) }, exitInternal},
		{"empty", func(f *os.File) error { return f.Truncate(0) }, exitInternal},
		{"changed", func(f *os.File) error { _, err := f.WriteAt([]byte{0xFF}, 20); return err }, exitInternal},
		{"foreign", func(f *os.File) error { _, err := f.WriteAt([]byte("x"), 0); return err }, exitInternal},
		{"other text", func(f *os.File) error {
			if err := f.Truncate(0); err != nil {
				return err
			}
			if _, err := f.Seek(0, 0); err != nil {
				return err
			}
			_, err := s.transform(f, strings.NewReader(strings.ToUpper(text)), false, nil)
			return err
		}, exitInternal},
		{"closed", func(f *os.File) error { return f.Close() }, exitError},
	} {
		out, err := atomicfile.Create(filepath.Join(dir, "out"), false)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.transform(out, strings.NewReader(text), false, nil)
		if err := errors.Join(err, c.harm(out.File)); err != nil {
			t.Fatal(err)
		}
		code := exitOK
		if err := s.verify(out.File, "in", p); err != nil {
			code = exitCode(err)
		}
		if code != c.code {
			t.Errorf("%s: %d, want %d", c.name, code, c.code)
		}
		out.Discard()
	}
}

// The same for a restored file, which is only read again.
func TestVerifyRestored(t *testing.T) {
	s := settings{level: 1, quiet: true}
	var coded strings.Builder
	if _, err := s.transform(&coded, strings.NewReader("what was read"), false, nil); err != nil {
		t.Fatal(err)
	}
	for _, harm := range []string{"", "W", "what was read, and more"} {
		out, err := atomicfile.Create(filepath.Join(t.TempDir(), "out"), false)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.transform(out, strings.NewReader(coded.String()), true, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.WriteAt([]byte(harm), 0); err != nil {
			t.Fatal(err)
		}
		err = s.verify(out.File, "in", p)
		if (err == nil) != (harm == "") || err != nil && exitCode(err) != exitInternal {
			t.Errorf("%q: %v", harm, err)
		}
		out.Discard()
	}
}

// failing fails after some bytes.
type failing struct{ rest int }

var errDisk = errors.New("input/output error")

func (f *failing) Read(p []byte) (int, error) {
	if f.rest == 0 {
		return 0, errDisk
	}
	n := min(f.rest, len(p))
	f.rest -= n
	return n, nil
}

// What could be read of a file that cannot be read to its end is not made into
// a file that looks whole.
func TestReadError(t *testing.T) {
	s := settings{level: 1}
	for _, n := range []int{0, 1, 1000} {
		var out strings.Builder
		if _, err := s.transform(&out, &failing{n}, false, nil); !errors.Is(err, errDisk) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		if _, err := s.transform(&strings.Builder{}, strings.NewReader(out.String()), true, nil); err == nil {
			t.Errorf("after %d bytes: the output is a whole file", n)
		}
	}
}
