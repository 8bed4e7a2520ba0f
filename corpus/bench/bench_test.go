package bench

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pith-codec/pith/internal/shareddata"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	return path
}

// fake returns a codec of two shell scripts, which get a file each.
func fake(t *testing.T, compress, restore string) Codec {
	t.Helper()
	c, err := Find("fake=sh "+write(t, "compress", compress)+" {in}::sh "+write(t, "restore", restore)+" {in}", "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const copies = `cat "$1"`

func TestMeasure(t *testing.T) {
	in := Input{Name: "text", Path: write(t, "text", strings.Repeat("some text\n", 500))}
	for name, c := range map[string]struct {
		codec Codec
		want  string // part of what is reported
		coded int64
	}{
		"copies":       {fake(t, copies, copies), "", 5000},
		"standard in":  {Codec{Name: "cat", Compress: []string{"cat"}, Restore: []string{"cat"}}, "", 5000},
		"named out":    {Codec{Name: "cp", Compress: []string{"cp", "{in}", "{out}"}, Restore: []string{"cp", "{in}", "{out}"}}, "", 5000},
		"folder out":   {Codec{Name: "folder", Compress: []string{"cat"}, Restore: []string{"sh", write(t, "s", `mkdir -p "$2/a/b"; cp "$1" "$2/a/b/c"`), "{in}", "{out}"}}, "", 5000},
		"corrupts":     {fake(t, copies, `tr s z <"$1"`), "restoring: 5000 other bytes instead of 5000", 0},
		"loses":        {fake(t, copies, `head -c 9 "$1"`), "restoring: 9 other bytes instead of 5000", 0},
		"empty":        {fake(t, ":", ":"), "restoring: 0 other bytes instead of 5000", 0},
		"fails":        {fake(t, "echo no such luck >&2; exit 3", copies), `compressing: exit status 3: "no such luck"`, 0},
		"cannot":       {fake(t, copies, "exit 1"), "restoring: exit status 1", 0},
		"hangs":        {fake(t, "sleep 99", copies), "compressing: took too long", 0},
		"child hangs":  {fake(t, copies, "sleep 99 & wait"), "restoring: took too long", 0},
		"rubbish":      {fake(t, "yes rubbish", copies), "compressing: wrote more than ", 0},
		"other sizes":  {fake(t, `cat "$1"; f=$(dirname "$0")/again; [ -e "$f" ] && echo; touch "$f"`, `head -c 5000 "$1"`), "compressing: made 5000 bytes at first and 5001 later", 0},
		"not a file":   {Codec{Name: "none", Compress: []string{"true", "{out}"}, Restore: []string{"cat"}}, "compressing: wrote no file", 0},
		"killed":       {fake(t, "kill -9 $$", copies), "compressing: signal: killed", 0},
		"odd messages": {fake(t, "printf 'a\\033[1mb' >&2; exit 1", copies), `"a\x1b[1mb"`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			r, err := Measure(context.Background(), c.codec, in, Options{Runs: 2, Timeout: 3 * time.Second, Timed: true})
			if err != nil {
				t.Fatal(err)
			}
			if r.Coded != c.coded || !strings.Contains(r.Error, c.want) || (r.Error == "") != (c.want == "") {
				t.Errorf("%d bytes, %q, want %d and %q", r.Coded, r.Error, c.coded, c.want)
			}
			if c.want == "" && (len(r.Compress) != 2 || len(r.Restore) != 2 || r.Compress[0].Wall <= 0 || r.Size != 5000) {
				t.Errorf("%+v", r)
			}
			if time.Since(start) > 20*time.Second {
				t.Errorf("took %v", time.Since(start))
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	in := Input{Path: write(t, "text", "text")}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if r, err := Measure(ctx, fake(t, "sleep 99", copies), in, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, %v", r, err)
	}
}

func TestInput(t *testing.T) {
	c := Codec{Name: "cat", Compress: []string{"cat"}, Restore: []string{"cat"}}
	path := write(t, "abc", "abc")
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, B.1
	r, err := Measure(context.Background(), c, Input{Name: "abc", Path: path, Want: sum, Most: 2}, Options{})
	if err != nil || r.Size != 2 || r.Coded != 2 || r.Compress != nil || r.Bits() != 8 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = Measure(context.Background(), c, Input{Path: path}, Options{}); err != nil || r.SHA256 != sum {
		t.Errorf("%+v, %v", r, err)
	}
	other := strings.Replace(sum, "b", "c", 1)
	if _, err := Measure(context.Background(), c, Input{Path: path, Want: other}, Options{}); err == nil || !strings.Contains(err.Error(), "not the file that the manifest names") {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	for name, want := range map[string]string{
		"nonesuch": "not known", "pith-0": "pith-1 to pith-9", "pith-10": "pith-1 to pith-9", "pith-x": "pith-1", "x=": "want NAME=", "=a::b": "want NAME=",
		"x=cat": "want NAME=", "x=cat::": "want NAME=", "x=no-such-program-here::cat": "not installed",
	} {
		if _, err := Find(name, "pith"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Find("x=no-such-program-here::cat", ""); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
}

// What the real programs make of Canterbury is what they made by hand: gzip 1.12,
// bzip2 1.0.8, xz 5.4.1, zstd 1.5.4 and brotli 1.0.9 of Debian 12.
func TestReferenceSizes(t *testing.T) {
	for codec, c := range map[string]struct {
		version string
		sizes   map[string]int64
	}{
		"gzip":   {"1.12", map[string]int64{"alice29.txt": 54179, "asyoulik.txt": 48816, "cp.html": 7973, "fields.c": 3127, "grammar.lsp": 1234, "kennedy.xls": 209721, "lcet10.txt": 144418, "plrabn12.txt": 194264, "ptt5": 52377, "sum": 12768, "xargs.1": 1748}},
		"bzip2":  {"1.0.8", map[string]int64{"alice29.txt": 43202, "asyoulik.txt": 39569, "cp.html": 7624, "fields.c": 3039, "grammar.lsp": 1283, "kennedy.xls": 130280, "lcet10.txt": 107706, "plrabn12.txt": 145577, "ptt5": 49759, "sum": 12909, "xargs.1": 1762}},
		"xz":     {"5.4", map[string]int64{"alice29.txt": 48528, "asyoulik.txt": 44592, "cp.html": 7652, "fields.c": 3032, "grammar.lsp": 1292, "kennedy.xls": 51868, "lcet10.txt": 119488, "plrabn12.txt": 165456, "ptt5": 39860, "sum": 9500, "xargs.1": 1812}},
		"zstd":   {"1.5.4", map[string]int64{"alice29.txt": 49215, "asyoulik.txt": 45141, "cp.html": 7716, "fields.c": 3019, "grammar.lsp": 1214, "kennedy.xls": 69728, "lcet10.txt": 121374, "plrabn12.txt": 167442, "ptt5": 43462, "sum": 11234, "xargs.1": 1728}},
		"brotli": {"1.0.9", map[string]int64{"alice29.txt": 46487, "asyoulik.txt": 42713, "cp.html": 6895, "fields.c": 2717, "grammar.lsp": 1125, "kennedy.xls": 61498, "lcet10.txt": 113416, "plrabn12.txt": 163267, "ptt5": 40939, "sum": 10143, "xargs.1": 1464}},
	} {
		t.Run(codec, func(t *testing.T) {
			found, err := Find(codec, "")
			if errors.Is(err, ErrMissing) {
				t.Skipf("skipped: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(found.Version, c.version) {
				t.Skipf("skipped: the sizes are those of version %s, here is %s", c.version, found.Version)
			}
			for file, want := range c.sizes {
				if testing.Short() && want > 20000 {
					continue
				}
				path := shareddata.Path(t, "corpora/canterbury/"+file)
				r, err := Measure(context.Background(), found, Input{Name: file, Path: path}, Options{})
				if err != nil || r.Coded != want {
					t.Errorf("%s: %+v, %v, want %d bytes", file, r, err, want)
				}
			}
		})
	}
}

// A result that is written reads back the same.
func TestResultJSON(t *testing.T) {
	r, err := Measure(context.Background(), Codec{Name: "cat", Compress: []string{"cat"}, Restore: []string{"cat"}}, Input{Name: "n", Path: write(t, "x", "xyz")}, Options{Runs: 3, Timed: true})
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(line, &back); err != nil || back.File != r.File || len(back.Restore) != 3 || !back.When.Equal(r.When) {
		t.Errorf("%+v, %v", back, err)
	}
}
