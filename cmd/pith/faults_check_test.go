//go:build linux

package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pith-codec/pith/codec"
)

var oneLine = regexp.MustCompile(`\Apith: [^\n]+\n\z`)

// check fails unless a run left the files as it must.
func (f *faulty) check(what string, o outcome) {
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(o.dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			f.Fatal(err)
		}
		return data
	}
	output, input := read(f.output), read(f.input)
	complete := output != nil && f.restores(output)
	if !complete && !bytes.Equal(output, f.files[f.output]) {
		f.Errorf("%s: the output has %d bytes and is neither complete nor as before", what, len(output))
	}
	removed := input == nil
	if !removed && !bytes.Equal(input, f.files[f.input]) {
		f.Errorf("%s: the input has changed", what)
	}
	if removed && !(complete && syncedBeforeRemoval(o.calls, f.input)) {
		f.Errorf("%s: the input is gone, output complete: %v", what, complete)
	}
	if o.code == 0 && !complete {
		f.Errorf("%s: exit code 0 without an output", what)
	}
	if removes := strings.Contains(strings.Join(f.args, " "), "--rm"); o.code == 0 && removed != removes {
		f.Errorf("%s: exit code 0, input removed: %v", what, removed)
	}
	defer os.RemoveAll(o.dir)
	if o.code < 0 {
		return
	}
	if o.code != 0 && !oneLine.MatchString(o.stderr) {
		f.Errorf("%s: said %q", what, o.stderr)
	}
	left, err := filepath.Glob(filepath.Join(o.dir, ".pith-*"))
	if err != nil || len(left) > 0 && !strings.Contains(what, "+ at unlinkat") {
		f.Errorf("%s: %v left, %v", what, left, err)
	}
}

var succeeded = regexp.MustCompile(`= 0\s*$`)

// syncedBeforeRemoval reports whether a file and then a folder were synced
// before the input was removed.
func syncedBeforeRemoval(calls []systemCall, input string) bool {
	synced, folder := false, ""
	descriptor := regexp.MustCompile(`^openat\(AT_FDCWD, "\.", .* = (\d+)\s*$`)
	both := false
	for _, c := range calls {
		if m := descriptor.FindStringSubmatch(c.text); m != nil {
			folder = m[1]
		}
		switch {
		case c.name == "fsync" && succeeded.MatchString(c.text) && folder == "":
			synced = true
		case c.name == "fsync" && succeeded.MatchString(c.text):
			both = synced && strings.HasPrefix(c.text, "fsync("+folder+")")
		case c.name == "unlinkat" && strings.Contains(c.text, `"`+input+`"`):
			return both
		}
	}
	return false
}

// restores reports whether an output is complete: the text itself, or what
// decodes to it.
func (f *faulty) restores(output []byte) bool {
	if f.output == "input" {
		return bytes.Equal(output, f.plain)
	}
	plain, err := io.ReadAll(codec.NewDecoder(bytes.NewReader(output), codec.DecoderOptions{}))
	return err == nil && bytes.Equal(plain, f.plain)
}

// What syncedBeforeRemoval makes of traces, good and bad.
func TestOrderOfCalls(t *testing.T) {
	for text, want := range map[string]bool{
		"1 fsync(8) = 0\n1 openat(AT_FDCWD, \".\", O_RDONLY) = 8\n1 fsync(8) = 0\n1 unlinkat(AT_FDCWD, \"input\", 0) = 0\n":              true,
		"1 openat(AT_FDCWD, \".\", O_RDONLY) = 8\n1 fsync(8) = 0\n1 unlinkat(AT_FDCWD, \"input\", 0) = 0\n":                              false,
		"1 fsync(8) = 0\n1 unlinkat(AT_FDCWD, \"input\", 0) = 0\n1 openat(AT_FDCWD, \".\", O_RDONLY) = 8\n1 fsync(8) = 0\n":              false,
		"1 fsync(8) = -1 EIO\n1 openat(AT_FDCWD, \".\", O_RDONLY) = 8\n1 fsync(8) = 0\n1 unlinkat(AT_FDCWD, \"input\", 0) = 0\n":         false,
		"1 fsync(8) = 0\n1 openat(AT_FDCWD, \".\", O_RDONLY) = 8\n1 fsync(8) = -1 EIO\n1 unlinkat(AT_FDCWD, \"input\", 0) = 0\n":         false,
		"1 fsync(8 <unfinished ...>\n1 <... fsync resumed>) = 0\n1 openat(AT_FDCWD, \".\", O) = 8\n1 fsync(8) = 0\n1 unlinkat(\"input\"": true,
	} {
		if got := syncedBeforeRemoval(readTrace(text), "input"); got != want {
			t.Errorf("%q: synced %v, want %v", text, got, want)
		}
	}
}
