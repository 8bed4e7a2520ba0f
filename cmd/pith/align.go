package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pith-codec/pith/corpus/align"
	"github.com/pith-codec/pith/internal/progress"
)

var alignTool = tool{
	name:      "align",
	arguments: "FILE|FOLDER...",
	about:     "Measure how alike files are by what one tells a compressor of the other.",
	notes: `Metrics: ncd, nccd and cdm are distances, from 0 (alike) to 1; gain is the part
of the first that the second explains, zipfit 1 - ncd as ZIP-FIT has it. Two
files give a number and a sentence, more a matrix.
`,
	options: table{
		{"metric", 0, "NAME", "ncd (the default), nccd, cdm, gain or zipfit"},
		{"engine", 0, "NAME", "deflate, zstd, cm (the default), the mixer of -2, or\nneural, the language model of -7"},
		{"model", 'm', "NAME", "use this model for neural, as pith -m does"},
		{"format", 0, "NAME", strings.Join(align.Formats, ", ")},
		{"heatmap", 0, "FILE", "draw FILE.svg or FILE.png"},
		{"tree", 0, "", "print the tree that joins what is nearest"},
		{"sizes", 0, "", "print no distances but the bits that each file takes,\nand its bytes"},
		{"threads", 'T', "N", "use N threads; 0, the default, is one for each core"},
		{"quiet", 'q', "", "show no progress and no warning"},
	},
	run: runAlign,
}

// alignMost bounds the files of a matrix: all pairs are measured.
const alignMost = 10000

func runAlign(u *ui, c *cli.Context, words []string) int {
	metric, err := align.ParseMetric(orElse(c.String("metric"), "ncd"))
	if err != nil {
		return u.usage(err)
	}
	name := orElse(c.String("engine"), "cm")
	engine, err := newEngine(c, name)
	switch {
	case err != nil && name == "neural":
		return u.failed("align", err)
	case err != nil:
		return u.usage(err)
	case c.IsSet("model") && name != "neural":
		return u.usage(errors.New("--model goes with --engine neural"))
	}
	threads, err := number(c, "threads", 0, 1024)
	picture, format := c.String("heatmap"), c.String("format")
	switch {
	case err != nil:
		return u.usage(err)
	case len(words) == 0:
		return u.usage(errors.New("there is nothing to compare"))
	case c.IsSet("heatmap") && !drawable(picture):
		return u.usage(fmt.Errorf("--heatmap %q: want a name that ends with .svg or .png", picture))
	case metric.Similarity() && (c.Bool("tree") || format == "newick"):
		return u.usage(errors.New("a tree needs a distance: use --metric ncd, nccd or cdm"))
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	names, texts, err := readTexts(words)
	if err != nil {
		return u.failed(subject("align", err), err)
	}
	if c.Bool("sizes") {
		var out bytes.Buffer
		for i, bits := range align.Sizes(engine, texts, threads) {
			fmt.Fprintf(&out, "%.3f\t%d\t%s\n", bits, len(texts[i]), printable(names[i]))
		}
		return u.print(out.String())
	}
	if len(texts) < 2 {
		return u.usage(errors.New("there is only one file: want two or more"))
	}
	var meter *progress.Meter
	if !c.Bool("quiet") {
		meter = progress.New(os.Stderr, "align", int64(len(texts)*len(texts)))
	}
	m := align.New(engine, metric, names, texts, threads, func(done int) { meter.Set(int64(done)) })
	meter.Clear()
	if len(m.Beyond) > 0 && !c.Bool("quiet") {
		u.say(fmt.Sprintf("pith: %d of %d files are longer than half of what the engine sees at once, %s first: their distances come out too large",
			len(m.Beyond), len(names), m.Beyond[0]))
	}
	if picture != "" {
		if err := draw(picture, m.Heatmap); err != nil {
			return u.failed(picture, err)
		}
	}
	var out bytes.Buffer
	switch {
	case c.Bool("tree"):
		t, _ := m.Tree() // it is a distance
		out.WriteString(t.Text())
	case format == "" && len(texts) == 2:
		fmt.Fprintf(&out, "%.6f\n%s\n", m.Values[0][1], sentence(m))
	default:
		if err := m.Write(&out, orElse(format, "table")); err != nil {
			return u.usage(err)
		}
		if format == "" && m.Gap > 0 {
			fmt.Fprintf(&out, "\nthe order of two files makes %.2f %% in the length of both\n", 100*m.Gap)
		}
	}
	return u.print(out.String())
}

// sentence says what a value of two files means.
func sentence(m *align.Matrix) string {
	x, y, v := printable(m.Names[0]), printable(m.Names[1]), m.Values[0][1]
	if m.Metric == align.Gain {
		return fmt.Sprintf("%s explains %.1f %% of %s", y, 100*v, x)
	}
	if m.Metric.Similarity() {
		v = 1 - v
	}
	if m.Metric == align.CDM {
		v = 2*v - 1
	}
	how := "have next to nothing in common"
	for _, step := range []struct {
		least float64
		how   string
	}{{0.1, "are the same, or nearly"}, {0.4, "have most in common"}, {0.7, "have much in common"}, {0.9, "have something in common"}, {0.97, "have little in common"}} {
		if v < step.least {
			how = step.how
			break
		}
	}
	return fmt.Sprintf("%s and %s %s", x, y, how)
}

// readTexts reads files, and those in folders and below.
func readTexts(words []string) (names []string, texts [][]byte, err error) {
	add := func(name string) error {
		if len(names) == alignMost {
			return hint(fmt.Sprintf("there are more than %d files", alignMost), "compare fewer, or use pith select")
		}
		text, err := os.ReadFile(name)
		names, texts = append(names, name), append(texts, text)
		return err
	}
	for _, w := range words {
		if w == "-" {
			text, err := io.ReadAll(os.Stdin)
			if err != nil {
				return nil, nil, err
			}
			names, texts = append(names, display(w)), append(texts, text)
			continue
		}
		info, err := os.Stat(w)
		switch {
		case err != nil:
			return nil, nil, err
		case info.IsDir():
			err = filepath.WalkDir(w, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				return add(path)
			})
		default:
			err = add(w)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return names, texts, nil
}

// orElse returns a, or b if a is empty.
func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
