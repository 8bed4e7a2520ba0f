package transform

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/shareddata"
)

// roundTrip returns the text that content became, after undoing it.
func roundTrip(t *testing.T, content []byte) ([]byte, *Transforms) {
	t.Helper()
	text, done := Text(content)
	if done == nil {
		if !bytes.Equal(text, content) {
			t.Fatalf("%.60q changed with nothing to undo", content)
		}
		return text, nil
	}
	read, rest, err := Parse(append(done.Append(nil), "rest"...), OfText)
	if err != nil || string(rest) != "rest" {
		t.Fatalf("%.60q: transforms are read back as %v, %q", content, read, rest)
	}
	if back, ok := read.Undo(text, len(content)); !ok || !bytes.Equal(back, content) {
		t.Fatalf("%.60q is not restored from %.60q", content, text)
	}
	return text, done
}

func filled(words, width int, indent string) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	line := indent
	for range words {
		w := "naïveté-and-such"[:3+r.IntN(11)]
		if !strings.HasSuffix(strings.ToValidUTF8(w, ""), w) {
			w = "word"
		}
		switch {
		case len([]rune(line))+1+len([]rune(w)) > width:
			b.WriteString(line + "\n")
			line = indent + w
		case line == indent:
			line += w
		default:
			line += " " + w
		}
	}
	return b.String() + line + "\n"
}

func encoded16(s string, c charset, mark bool) []byte {
	var b []byte
	if mark {
		s = "\uFEFF" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		var p [2]byte
		c.order().PutUint16(p[:], u)
		b = append(b, p[:]...)
	}
	return b
}

func TestText(t *testing.T) {
	prose := "“Curiouser”, she said — naïve as she was: £3 for 𝄞?\n"
	latin := "Der Fuchs sprang \xfcber den B\xe4ren, \x80 5 und \x93mehr\x94.\n"
	for name, c := range map[string]struct {
		content, want string
	}{
		"plain":            {"a b\nc\n", "a b\nc\n"},
		"CR LF":            {"a\r\nb\r\n", "a\nb\n"},
		"mark":             {"\uFEFFa b\n", "a b\n"},
		"two marks":        {"\uFEFF\uFEFFa b\n", "\uFEFFa b\n"},
		"UTF-16LE":         {string(encoded16(prose, utf16LE, true)), prose},
		"UTF-16BE":         {string(encoded16(prose, utf16BE, true)), prose},
		"UTF-16LE no mark": {string(encoded16(prose, utf16LE, false)), prose},
		"UTF-16BE no mark": {string(encoded16(prose, utf16BE, false)), prose},
		"UTF-16 CR LF":     {string(encoded16("a\r\nb\r\n", utf16LE, true)), "a\nb\n"},
		"lone surrogate":   {"\xff\xfea\x00\x00\xd8b\x00", "\xff\xfea\x00\x00\xd8b\x00"},
		"Windows-1252":     {latin, "Der Fuchs sprang über den Bären, € 5 und “mehr”.\n"},
		"damaged UTF-8":    {strings.Repeat("größe ", 9) + "\xff", strings.Repeat("größe ", 9) + "\xff"},
		"filled":           {filled(400, 60, ""), strings.ReplaceAll(strings.TrimSpace(filled(400, 60, "")), "\n", " ") + "\n"},
		"filled, indented": {filled(400, 70, "    "), "    " + strings.Join(strings.Fields(filled(400, 70, "")), " ") + "\n"},
	} {
		if text, _ := roundTrip(t, []byte(c.content)); name != "filled, indented" && string(text) != c.want {
			t.Errorf("%s: %.80q became %.80q, want %.80q", name, c.content, text, c.want)
		} else if name == "filled, indented" && bytes.Count(text, []byte("\n")) != 1 {
			t.Errorf("%s: %d lines are left", name, bytes.Count(text, []byte("\n")))
		}
	}
}

func TestLines(t *testing.T) {
	for _, s := range []string{"a\r\nb\r\n", "a\r\n", strings.Repeat("x\r\n", 20) + "y\nz\n" + strings.Repeat("w\r\n", 9) + "\n",
		"\r\r\n\r\n" + strings.Repeat("\r\n", 20) + "\r\n\r", "\n" + strings.Repeat("q\r\n", 30)} {
		if text, done := roundTrip(t, []byte(s)); done == nil || !done.lines {
			t.Errorf("%q became %q", s, text)
		}
	}
	for _, s := range []string{"", "no ends", "a\nb\n", "\r\r", "a\r\nb\nc\nd\n"} {
		if _, done := roundTrip(t, []byte(s)); done != nil {
			t.Errorf("%q was changed", s)
		}
	}
	if _, ok := dosLines([]byte("a\nb"), []uint64{1}); ok {
		t.Error("a line end that is not there was found")
	}
}

// TestFill lets filled text be spoilt in many ways: what is no longer as filling
// makes it must be restored all the same.
func TestFill(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	changed := 0
	for range 400 {
		s := []byte(filled(1500, 50+r.IntN(40), strings.Repeat(" ", r.IntN(5))))
		for range r.IntN(8) {
			at := r.IntN(len(s))
			switch junk := []string{" ", "\n", "\n\n", "  ", "x", "\n   ", "é", "\xc3", strings.Repeat("long line ", 12)}[r.IntN(9)]; r.IntN(2) {
			case 0:
				s = append(s[:at:at], append([]byte(junk), s[at:]...)...)
			default:
				s = append(s[:at:at], s[min(len(s), at+r.IntN(4)):]...)
			}
		}
		if _, done := roundTrip(t, s); done != nil && done.filling.width > 0 {
			changed++
		}
	}
	if changed < 300 {
		t.Errorf("only %d of 400 texts were joined", changed)
	}
}

// TestFilledFiles finds the widths of two filled texts, and none in texts that are
// not.
func TestFilledFiles(t *testing.T) {
	for name, want := range map[string]bool{"alice29.txt": true, "lcet10.txt": true, "asyoulik.txt": false, "plrabn12.txt": false, "fields.c": false, "xargs.1": false} {
		content := shareddata.Read(t, "corpora/canterbury/"+name)
		text, done := roundTrip(t, content)
		if got := done != nil && done.filling.width > 0; got != want {
			t.Errorf("%s: joined %v, want %v", name, got, want)
		} else if got {
			t.Logf("%s: %+v, %d line ends are left of %d, %d exceptions", name, done.filling,
				bytes.Count(text, []byte("\n")), bytes.Count(content, []byte("\n")), len(done.kept))
		}
	}
}

func TestCode(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	program = program[:min(len(program), 1<<20)]
	code, done := Code(program)
	t.Logf("%d bytes of this program: changed %v, Zstandard %d to %d", len(program), done != nil, zstdSize(program), zstdSize(code))
	for _, content := range [][]byte{nil, {0xE8}, []byte("\xe8\x00\x00\x00\x00"), bytes.Repeat([]byte{0xE8, 0xE8, 0, 0xFF, 0xFF}, 50), bytes.Repeat([]byte{0x0F, 0x80, 0xE9, 0, 0, 0}, 9), program} {
		changed := bytes.Clone(content)
		for i := len(changed) - 4; i > 0; i-- {
			if target(changed, i) {
				shift(changed, i, int32(i))
			}
		}
		if back := relativeTargets(changed); !bytes.Equal(back, content) {
			t.Errorf("%.40x is not restored", content)
		}
	}
}

// TestParse reads what is not valid.
func TestParse(t *testing.T) {
	for _, bad := range []string{"", "\x00", "\x20", "\x20\x05\x00", "\x08", "\x08\x05\x01", "\x08\x80", "\x08\x01\x80\x00", "\x08\x01\xff\xff\xff\xff\x0f",
		"\x10", "\x10\x00\x00", "\x10\x05", "\x10\xff\xff\xff\x01\x00", "\x10\x05\x01"} {
		if done, _, err := Parse([]byte(bad), OfText); err != ErrEncoding {
			t.Errorf("%q read as %v, %v", bad, done, err)
		}
	}
	// What is reserved is no damage, whatever follows: there are later versions.
	for _, later := range []string{"\x40", "\x80", "\x60\x05\x00", "\xff", "\x48\x05"} {
		if done, _, err := Parse([]byte(later), OfText); err != ErrUnknown {
			t.Errorf("%q read as %v, %v", later, done, err)
		}
	}
	if _, _, err := Parse([]byte("\x08\x00"), OfCode); err != ErrUnknown {
		t.Errorf("code has line ends: %v", err)
	}
	if _, rest, err := Parse([]byte("\x40x"), OfCode); err != nil || string(rest) != "x" {
		t.Errorf("code has no targets: %v", err)
	}
}

// The numbers of a list have a bound, and so has their sum.
func TestListBound(t *testing.T) {
	for _, c := range []struct {
		gaps []uint64
		ok   bool
	}{{[]uint64{1<<24 - 1}, true}, {[]uint64{1 << 24}, false}, {[]uint64{1<<23 - 1, 1<<23 - 1}, true}, {[]uint64{1<<23 - 1, 1 << 23}, false},
		{[]uint64{1<<24 - 1, 0}, false}, {[]uint64{1<<63 - 1}, false}} {
		list := container.AppendVarint(nil, uint64(len(c.gaps)))
		for _, gap := range c.gaps {
			list = container.AppendVarint(list, gap)
		}
		if numbers, _, ok := readGaps(list); ok != c.ok {
			t.Errorf("%v: %v, %v", c.gaps, numbers, ok)
		}
	}
}

// TestUndoIsBounded gives a text whose indentation would be repeated without end.
func TestUndoIsBounded(t *testing.T) {
	hostile := strings.Repeat(" ", 1<<16) + strings.Repeat("x ", 1<<16) + "x"
	if text, ok := fillLines([]byte(hostile), filling{1, true}, nil, 1<<20); ok || cap(text) > 1<<21 {
		t.Errorf("%d bytes were made", len(text))
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a\r\nb\r\n", "\xff\xfea\x00", filled(60, 44, "  "), "caf\xe9 au lait", "\uFEFFx"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) { roundTrip(t, content) })
}

func FuzzUndo(f *testing.F) {
	f.Add([]byte("\x10\x28\x01\x00 some text"), 100)
	f.Add([]byte("\x0b\x00some text"), 100)
	f.Fuzz(func(t *testing.T, payload []byte, size int) {
		size = max(0, min(size, container.MaxNeural))
		done, text, err := Parse(payload, OfText)
		if err != nil {
			return
		}
		if content, ok := done.Undo(text, size); ok && len(content) > size {
			t.Fatalf("%d bytes for %d", len(content), size)
		}
	})
}
