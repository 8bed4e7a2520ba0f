// Package bench measures compressors on a corpus: programs as they are installed,
// each result restored and compared. docs/BENCH.md says what is measured and how.
package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Codec is a program that compresses and one that restores. In their arguments {in}
// stands for the name of the file to read and {out} for that of the one to write;
// without {in} it is standard input, without {out} standard output.
type Codec struct {
	Name     string
	Compress []string
	Restore  []string
	Suffix   string // that compressed files must have
	Version  string // as the program states it
	Extra    int64  // bytes that restoring needs beside the compressed file: program and model
}

// program is a compressor that is known by name.
type program struct {
	compress, restore string // %s stands for the level
	level             string // if none is given
	version           string // the argument that has it print its version
	suffix            string // that compressed files must have
}

var programs = map[string]program{
	"gzip":   {"gzip -n -%s -c {in}", "gzip -dc {in}", "9", "--version", ""},
	"bzip2":  {"bzip2 -%s -c {in}", "bzip2 -dc {in}", "9", "--help", ""},
	"xz":     {"xz -%s -T1 -c {in}", "xz -T1 -dc {in}", "9e", "--version", ""},
	"zstd":   {"zstd -q --ultra --single-thread -%s -c {in}", "zstd -q -dc {in}", "19", "--version", ""},
	"brotli": {"brotli -q %s -c {in}", "brotli -dc {in}", "11", "--version", ""},
	"lz4":    {"lz4 -q -%s -c {in}", "lz4 -q -dc {in}", "9", "--version", ""},
	"zpaq":   {"zpaq a {out} {in} -m%s -t1", "zpaq x {in} -to {out} -t1", "5", "", ".zpaq"},
	"7z":     {"7z a -mx=%s -mmt1 -si {out}", "7z x -so {in}", "9", "", ".7z"},
}

// DefaultCodecs are those that are measured if none are named. The levels of pith
// with a language model but the default one are slow, and named by hand.
const DefaultCodecs = "gzip-9,bzip2-9,xz-9e,zstd-19,brotli-11,pith-1,pith-2,pith-3,pith-4,pith-6"

// ErrMissing says that the program of a codec is not installed.
var ErrMissing = errors.New("not installed")

// Find returns the codec that a name stands for: a program, alone or with a level
// behind a dash (xz, zstd-19); pith-LEVEL, which is the program self;
// go-PROGRAM, a library that stands in for it; or NAME=COMMAND::COMMAND, which compress and restore. The error wraps ErrMissing if
// the program is not installed.
func Find(name, self string) (Codec, error) {
	if short, commands, ok := strings.Cut(name, "="); ok {
		compress, restore, ok := strings.Cut(commands, "::")
		c := Codec{Name: short, Compress: strings.Fields(compress), Restore: strings.Fields(restore), Version: "(not known)"}
		if !ok || short == "" || len(c.Compress) == 0 || len(c.Restore) == 0 {
			return Codec{}, fmt.Errorf("codec %q: want NAME=COMMAND::COMMAND, which compress and restore", name)
		}
		return c, installed(c)
	}
	base, level, _ := strings.Cut(name, "-")
	switch base {
	case "pith":
		return own(name, level, self)
	case "go":
		return findLibrary(level, self)
	}
	p, ok := programs[base]
	if !ok {
		return Codec{}, fmt.Errorf("codec %q is not known: give it as NAME=COMMAND::COMMAND", name)
	}
	if level == "" {
		level = p.level
	}
	c := Codec{Name: base + "-" + level, Compress: strings.Fields(fmt.Sprintf(p.compress, level)), Restore: strings.Fields(p.restore), Suffix: p.suffix}
	if err := installed(c); err != nil {
		return c, err
	}
	c.Version = versionOf(base, p.version)
	c.Extra = programSize(c.Restore[0])
	return c, nil
}

// own returns the codec for a level of this program, which has its model inside.
func own(name, level, self string) (Codec, error) {
	if len(level) > 1 || level != "" && (level < "1" || level > "9") {
		return Codec{}, fmt.Errorf("codec %q: want pith-1 to pith-9", name)
	}
	if level == "" {
		level = "6"
	}
	c := Codec{Name: "pith-" + level, Compress: []string{self, "-q", "-" + level, "-c", "{in}"}, Restore: []string{self, "-qdc", "{in}"}}
	c.Version, c.Extra = versionOf(self, "--version"), programSize(self)
	return c, nil
}

func installed(c Codec) error {
	for _, argv := range [][]string{c.Compress, c.Restore} {
		if _, err := exec.LookPath(argv[0]); err != nil {
			return fmt.Errorf("codec %s: %s is %w", c.Name, argv[0], ErrMissing)
		}
	}
	return nil
}

// versionOf returns the first line with a digit that a program prints of itself.
func versionOf(program, argument string) string {
	var args []string
	if argument != "" {
		args = []string{argument}
	}
	out, _ := exec.Command(program, args...).CombinedOutput() // some fail at that
	for line := range strings.Lines(string(out)) {
		if strings.ContainsAny(line, "0123456789") {
			return strings.TrimSpace(line)
		}
	}
	return "(not known)"
}

// programSize returns the bytes of a program's file, 0 if they are not known. What
// it shares with others is not counted.
func programSize(name string) int64 {
	path, err := exec.LookPath(name)
	if err != nil {
		return 0
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
