package bench

import (
	"compress/gzip"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// library is a compressor of Go that stands in for a program that is not installed.
// Its sizes and speeds are its own, not those of the program.
type library struct {
	module   string // that its version is of; "" is Go itself
	least    int    // levels
	most     int    // 0 if it has none
	compress func(w io.Writer, level int) (io.WriteCloser, error)
	restore  func(r io.Reader) (io.Reader, error)
}

var libraries = map[string]library{
	"gzip": {"", 1, 9,
		func(w io.Writer, level int) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, level) },
		func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	"xz": {"github.com/ulikunitz/xz", 0, 0,
		func(w io.Writer, _ int) (io.WriteCloser, error) { return xz.NewWriter(w) },
		func(r io.Reader) (io.Reader, error) { return xz.NewReader(r) }},
	"zstd": {"github.com/klauspost/compress", 1, 22,
		func(w io.Writer, level int) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(level)), zstd.WithEncoderConcurrency(1))
		},
		func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) }},
	"brotli": {"github.com/andybalholm/brotli", 0, 11,
		func(w io.Writer, level int) (io.WriteCloser, error) { return brotli.NewWriterLevel(w, level), nil },
		func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }},
	"lz4": {"github.com/pierrec/lz4/v4", 1, 9,
		func(w io.Writer, level int) (io.WriteCloser, error) {
			z := lz4.NewWriter(w)
			return z, z.Apply(lz4.CompressionLevelOption(lz4.CompressionLevel(1 << (8 + level))))
		},
		func(r io.Reader) (io.Reader, error) { return lz4.NewReader(r), nil }},
}

// StandIn returns the codec of a library that stands in for the one of a program, and
// whether there is one. It is run as self bench stand-in, a process like others.
func StandIn(missing Codec, self string) (Codec, bool) {
	c, err := findLibrary(missing.Name, self)
	return c, err == nil
}

// findLibrary finds the library for the name of a program, with a level or without.
func findLibrary(name, self string) (Codec, error) {
	base, text, _ := strings.Cut(name, "-")
	l, ok := libraries[base]
	if !ok {
		return Codec{}, fmt.Errorf("codec \"go-%s\" is not known", name)
	}
	level := ""
	if l.most > 0 {
		if text == "" {
			text = programs[base].level
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < l.least || n > l.most {
			return Codec{}, fmt.Errorf("codec \"go-%s\": want a level of %d to %d", name, l.least, l.most)
		}
		level = "-" + text
	}
	c := Codec{Name: "go-" + base + level, Version: "a library, " + l.version(), Extra: programSize(self)}
	c.Compress = []string{self, "bench", "stand-in", base + "-" + strings.TrimPrefix(level, "-")}
	c.Restore = []string{self, "bench", "stand-in", base}
	return c, nil
}

func (l library) version() string {
	info, ok := debug.ReadBuildInfo()
	if ok && l.module == "" {
		return "compress/gzip of " + info.GoVersion
	}
	if ok {
		for _, m := range info.Deps {
			if m.Path == l.module {
				return m.Path + " " + m.Version
			}
		}
	}
	return l.module + " (version not known)"
}

// RunStandIn compresses from r to w by the library that a name with a level stands
// for, and restores by one without: gzip-9, gzip. Of libraries without levels, "xz"
// restores and "xz-" compresses.
func RunStandIn(name string, r io.Reader, w io.Writer) error {
	base, text, compress := strings.Cut(name, "-")
	l, ok := libraries[base]
	if !ok {
		return fmt.Errorf("no library stands in for %q", base)
	}
	if !compress {
		from, err := l.restore(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, from)
		return err
	}
	level := 0
	if l.most > 0 {
		var err error
		if level, err = strconv.Atoi(text); err != nil || level < l.least || level > l.most {
			return fmt.Errorf("level %q: want %d to %d", text, l.least, l.most)
		}
	}
	to, err := l.compress(w, level)
	if err != nil {
		return err
	}
	if _, err = io.Copy(to, r); err != nil {
		return err
	}
	return to.Close()
}
