package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/builtin"
)

// The scripts run this test binary as pith, with a tiny model in place of the
// built-in one. PITH_TEST asks for faults.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pith": func() {
		openModel = func(id container.ModelID) (*codec.Model, error) {
			switch fault := os.Getenv("PITH_TEST"); {
			case fault == "no model" || id != builtin.ID:
				return nil, fmt.Errorf("this program has no model")
			case fault == "panic":
				panic("asked for")
			case fault == "slow":
				time.Sleep(time.Minute)
			}
			return codec.OpenModel(id, tinymodel.Bytes(tinymodel.Small()))
		}
		main()
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code":  expectCode,
			"bytes": makeBytes,
			"flip":  flipBit,
			"temps": noTemporaries,
		},
	})
}

// expectCode runs a command and compares its exit code: code N CMD ARGS…
func expectCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// makeBytes writes N bytes that look random: bytes FILE N
func makeBytes(ts *testscript.TestScript, _ bool, args []string) {
	var n int
	if _, err := fmt.Sscan(args[1], &n); err != nil {
		ts.Fatalf("%v", err)
	}
	data, seed := make([]byte, n), uint64(1)
	for i := range data {
		seed = seed*6364136223846793005 + 1442695040888963407
		data[i] = byte(seed >> 56)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// flipBit changes one bit of a file: flip FILE BYTE
func flipBit(ts *testscript.TestScript, _ bool, args []string) {
	var at int
	if _, err := fmt.Sscan(args[1], &at); err != nil {
		ts.Fatalf("%v", err)
	}
	data := []byte(ts.ReadFile(args[0]))
	data[at] ^= 4
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// noTemporaries fails if a temporary file is left.
func noTemporaries(ts *testscript.TestScript, _ bool, _ []string) {
	entries, err := os.ReadDir(ts.MkAbs("."))
	ts.Check(err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".tmp") && e.Name() != ".tmp" { // .tmp is testscript's
			ts.Fatalf("%s was left", e.Name())
		}
	}
}

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ in, flags, files string }{
		{"", "", ""},
		{"f", "", "f"},
		{"f -k", "--keep", "f"},
		{"-dkf f", "--decompress --keep --force", "f"},
		{"-9kf f", "--level=9 --keep --force", "f"},
		{"-T4 f", "--threads=4", "f"},
		{"-T 4 f", "--threads=4", "f"},
		{"-kT4 f", "--keep --threads=4", "f"},
		{"-kT 4 f", "--keep --threads=4", "f"},
		{"-oout f", "--output=out", "f"},
		{"--output=a=b f", "--output=a=b", "f"},
		{"--output out f", "--output=out", "f"},
		{"-- -g --", "", "-g --"},
		{"f -- -d", "", "f -d"},
		{"- -d", "--decompress", "-"},
		{"--fast --best", "--level=1 --level=9", ""},
		{"list help -h", "--help", "list help"},
	} {
		flags, files, err := normalise(strings.Fields(c.in))
		if err != nil || strings.Join(flags, " ") != c.flags || strings.Join(files, " ") != c.files {
			t.Errorf("%q: %q and %q, %v", c.in, flags, files, err)
		}
	}
	for _, bad := range []string{"-x", "--decompres", "-T", "--threads", "--keep=1", "-0", "-d-", "---keep", "--=x", "-k9x"} {
		if flags, _, err := normalise(strings.Fields(bad)); err == nil {
			t.Errorf("%q accepted as %q", bad, flags)
		}
	}
}

// Whatever the arguments, flags are of the table, and files are arguments in
// their order.
func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"-9kf a", "a -T 4 b", "-- -a", "-o x - y", "--level 3 z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Fields(line)
		flags, files, err := normalise(args)
		if err != nil {
			return
		}
		for _, flag := range flags {
			name, _, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
			if _, ok := find(name, 0); !ok || !strings.HasPrefix(flag, "--") {
				t.Errorf("%q made the flag %q", line, flag)
			}
		}
		rest := args
		for _, file := range files {
			i := slices.Index(rest, file)
			if i < 0 {
				t.Fatalf("%q made the files %q", line, files)
			}
			rest = rest[i+1:]
		}
	})
}

// Every option of the table is in the help, with its short name.
func TestHelp(t *testing.T) {
	var b strings.Builder
	printHelp(&b)
	for _, o := range options {
		if !strings.Contains(b.String(), "--"+o.long) || o.short != 0 && !strings.Contains(b.String(), fmt.Sprintf("-%c, --%s", o.short, o.long)) {
			t.Errorf("--%s is not in the help", o.long)
		}
		if len(o.help) > 56 {
			t.Errorf("the help of --%s is too long for a line", o.long)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		hint string
	}{
		{&container.CorruptError{Offset: 3, Msg: "x"}, 2, ""},
		{io.ErrUnexpectedEOF, 2, "get a complete copy"},
		{container.ErrFormat, 2, "leave out -d"},
		{&container.UnsupportedError{What: "x"}, 4, "get a newer pith"},
		{&codec.ModelError{}, 4, "use the pith that made it"},
		{&codec.NumericsError{}, 4, "use the pith that made it"},
		{&codec.DivergedError{}, 4, "please report this"},
		{fs.ErrNotExist, 1, ""},
	} {
		err := fmt.Errorf("wrapped: %w", c.err)
		if got := exitCode(err); got != c.code {
			t.Errorf("%v: exit code %d, want %d", err, got, c.code)
		}
		if text := explain(err); !strings.Contains(text, c.hint) || strings.Contains(text, "\n") {
			t.Errorf("%v is explained as %q", err, text)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}
