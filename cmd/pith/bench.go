package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/pith-codec/pith/corpus/bench"
	"github.com/pith-codec/pith/internal/progress"
)

var benchTool = tool{
	name:      "bench",
	arguments: "[FILE|FOLDER|MANIFEST.tsv|CORPUS=FOLDER][:SIZE]...\n       pith bench report LOG.jsonl\n       pith bench compare OLD.jsonl NEW.jsonl",
	about:     "Measure compressors on files: each result is restored and compared.",
	notes: `Codecs are gzip, bzip2, xz, zstd, brotli, lz4, zpaq, 7z, with -LEVEL behind the
name, pith-1 to pith-9, and NAME=COMMAND::COMMAND, which compress and restore;
in a command {in} and {out} stand for files, else it is a filter. FILE:1M takes
the first MiB. A program that is not installed is left out, or a library of Go
stands in: go-gzip, go-xz, go-zstd, go-brotli, go-lz4. With --log a run that was
stopped goes on where it was. CORPUS is
` + strings.Join(bench.BuiltinNames(), ", ") + `: its files must be what the manifest names.
`,
	options: table{
		{"codecs", 0, "LIST", "measure these, with commas between them"},
		{"runs", 0, "N", "run each N times, 1 to 99; the best counts"},
		{"timeout", 0, "SECONDS", "give a program up after so long; 0 is never (600)"},
		{"jobs", 'j', "N", "measure sizes only, N at a time"},
		{"format", 0, "NAME", "print text, markdown, csv or jsonl"},
		{"log", 0, "FILE", "keep all results in FILE, and leave out what it has"},
		{"plot", 0, "FILE", "draw FILE.svg or FILE.png"},
		{"quiet", 'q', "", "show no progress"},
	},
	run: runBench,
}

// benchmark is a run of pith bench.
type benchmark struct {
	codecs []bench.Codec
	inputs []bench.Input
	sizes  []int64 // of the inputs
	o      bench.Options
	jobs   int
	log    *bench.Log
	quiet  bool
}

func runBench(u *ui, c *cli.Context, words []string) int {
	if len(words) > 0 {
		switch words[0] {
		case "compare":
			return compareLogs(u, words[1:])
		case standIn:
			return runStandIn(u, words[1:])
		}
	}
	b := &benchmark{quiet: c.Bool("quiet"), log: &bench.Log{Machine: bench.ThisMachine()}}
	format, picture := c.String("format"), c.String("plot")
	report := len(words) > 0 && words[0] == "report"
	if !report {
		if err := b.read(u, c, words); err != nil {
			return u.usage(err)
		}
	}
	switch {
	case report && len(words) != 2:
		return u.usage(errors.New("report needs the name of a log"))
	case format != "" && format != "text" && format != "markdown" && format != "csv" && format != "jsonl":
		return u.usage(fmt.Errorf("format %q: want text, markdown, csv or jsonl", format))
	case c.IsSet("plot") && !drawable(picture):
		return u.usage(fmt.Errorf("--plot %q: want a name that ends with .svg or .png", picture))
	}
	if report {
		log, err := bench.ReadLog(words[1])
		if err != nil {
			return u.failed(words[1], err)
		}
		return show(u, log.Machine, log.Last(), format, picture)
	}
	if err := b.find(words); err != nil {
		return u.failed(subject("bench", err), err)
	}
	if name := c.String("log"); name != "" {
		var err error
		if b.log, err = bench.OpenLog(name); err != nil {
			return u.failed(name, err)
		}
		defer b.log.Close()
	}
	results, err := b.measure()
	if err != nil {
		return u.failed(subject("bench", err), err)
	}
	return show(u, b.log.Machine, results, format, picture)
}

// show prints results in a format, draws the picture if it has a name, and returns
// the exit code, which is 1 if a codec failed.
func show(u *ui, m bench.Machine, results []*bench.Result, format, picture string) int {
	code := exitOK
	for _, r := range results {
		if r.Error != "" {
			code = exitError
		}
	}
	var (
		out bytes.Buffer
		err error
	)
	switch format {
	case "markdown":
		bench.WriteMarkdown(&out, m, results)
	case "csv":
		err = bench.WriteCSV(&out, results)
	case "jsonl":
		err = bench.WriteJSONL(&out, m, results)
	default:
		bench.WriteText(&out, m, results)
	}
	if err == nil && picture != "" {
		err = draw(picture, func(w io.Writer, format string) error { return bench.Plot(w, format, results) })
	}
	if err != nil {
		return u.failed(subject("bench", err), err)
	}
	return max(code, u.print(out.String()))
}

// subject returns the name of the file that an error is about, or other.
func subject(other string, err error) string {
	var file *fs.PathError
	if errors.As(err, &file) {
		return file.Path
	}
	return other
}

// read takes the options in.
func (b *benchmark) read(u *ui, c *cli.Context, words []string) (err error) {
	if len(words) == 0 {
		return errors.New("there is no file to measure by")
	}
	if b.o.Runs, err = number(c, "runs", 1, 99); err != nil {
		return err
	}
	if b.jobs, err = number(c, "jobs", 1, 1024); err != nil {
		return err
	}
	b.o.Timed = b.jobs == 0
	if !b.o.Timed && c.IsSet("runs") {
		return errors.New("-j measures sizes only, which one run shows: leave out --runs")
	}
	b.o.Timeout = 600 * time.Second
	if c.IsSet("timeout") {
		seconds, err := strconv.ParseUint(c.String("timeout"), 10, 31)
		if err != nil {
			return fmt.Errorf("timeout %q: want a number of seconds", c.String("timeout"))
		}
		b.o.Timeout = time.Duration(seconds) * time.Second
	}
	names, chosen := c.String("codecs"), true
	if names == "" {
		names, chosen = bench.DefaultCodecs, false
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(names, ",") {
		found, err := bench.Find(strings.TrimSpace(name), self)
		if errors.Is(err, bench.ErrMissing) && !strings.Contains(name, "=") {
			if other, ok := bench.StandIn(found, self); ok {
				u.say("pith: " + err.Error() + ": " + other.Name + " stands in, a library of Go")
				found, err = other, nil
			}
		}
		switch {
		case errors.Is(err, bench.ErrMissing) && !chosen:
			u.say("pith: " + err.Error() + ": it is left out")
		case err != nil:
			return err
		default:
			b.codecs = append(b.codecs, found)
		}
	}
	return nil
}

// find finds the inputs.
func (b *benchmark) find(words []string) error {
	for _, w := range words {
		found, err := bench.Inputs(w, parseSize)
		if err != nil {
			return err
		}
		b.inputs = append(b.inputs, found...)
	}
	if len(b.inputs) == 0 {
		return hint("there is no file to measure by", "the folder is empty")
	}
	for _, in := range b.inputs {
		info, err := os.Stat(in.Path)
		if err != nil {
			return err
		}
		size := info.Size()
		if in.Most > 0 {
			size = min(size, in.Most)
		}
		b.sizes = append(b.sizes, size)
	}
	return nil
}

// measure measures all codecs on all inputs, one after the other if times count.
// The results are in that order.
func (b *benchmark) measure() ([]*bench.Result, error) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	over := make(chan struct{})
	windUp.set(func() { stop(); <-over })
	defer windUp.set(nil)
	var meter *progress.Meter
	if !b.quiet {
		meter = progress.NewCount(os.Stderr, "bench", int64(len(b.inputs)*len(b.codecs)))
	}
	defer meter.Clear()
	forecast := b.forecast()
	results := make([]*bench.Result, len(b.inputs)*len(b.codecs))
	var (
		lock  sync.Mutex
		all   sync.WaitGroup
		fault error
		slots = make(chan struct{}, max(1, b.jobs))
	)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case now := <-tick.C:
				lock.Lock()
				meter.Say(forecast.String(now))
				lock.Unlock()
			}
		}
	}()
	for i := range results {
		in, codec := b.inputs[i/len(b.codecs)], b.codecs[i%len(b.codecs)]
		size := b.sizes[i/len(b.codecs)]
		slots <- struct{}{}
		lock.Lock()
		broken := fault != nil
		lock.Unlock()
		if broken {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			lock.Lock()
			r := b.log.Done(codec, in, size, b.o)
			forecast.begin(i, time.Now())
			lock.Unlock()
			known := r != nil
			var err error
			if !known {
				r, err = bench.Measure(ctx, codec, in, b.o)
			}
			lock.Lock()
			defer lock.Unlock()
			if err == nil && !known {
				err = b.log.Add(r)
			}
			if err != nil && fault == nil {
				fault = err
			}
			results[i] = r
			forecast.end(i, time.Now(), !known)
			meter.Set(forecast.done)
		})
	}
	all.Wait()
	close(over)
	if ctx.Err() != nil {
		select {} // the signal ends the program
	}
	return results, fault
}

// drawable reports whether a name tells the format of a picture.
func drawable(name string) bool {
	suffix := filepath.Ext(name)
	return suffix == ".svg" || suffix == ".png"
}

// draw has a picture painted in the format that its name tells, and writes it.
func draw(name string, paint func(w io.Writer, format string) error) error {
	var picture bytes.Buffer
	if err := paint(&picture, filepath.Ext(name)[1:]); err != nil {
		return err
	}
	return os.WriteFile(name, picture.Bytes(), 0o666)
}

// compareLogs prints what changed between two logs and returns the exit code, which
// is 1 if anything got worse.
func compareLogs(u *ui, names []string) int {
	if len(names) != 2 {
		return u.usage(errors.New("compare needs the names of two logs"))
	}
	var logs [2]*bench.Log
	for i, name := range names {
		var err error
		if logs[i], err = bench.ReadLog(name); err != nil {
			return u.failed(name, err)
		}
	}
	changes, compared := bench.Changes(logs[0].Results, logs[1].Results)
	var out strings.Builder
	code := exitOK
	for _, c := range changes {
		verdict := "better"
		if c.Worse {
			verdict, code = "WORSE", exitError
		}
		fmt.Fprintf(&out, "%s\t%s on %s\t%s %+.1f %%: %s\n", verdict, c.Codec, printable(c.File), c.What, 100*c.Part, printable(c.Text))
	}
	fmt.Fprintf(&out, "%d results compared, %d changes\n", compared, len(changes))
	if !logs[0].Machine.Like(logs[1].Machine) {
		fmt.Fprintf(&out, "the machines differ: %s (%d cores), %s (%d cores): times say little\n",
			printable(logs[0].Machine.CPU), logs[0].Machine.Cores, printable(logs[1].Machine.CPU), logs[1].Machine.Cores)
	}
	return max(code, u.print(out.String()))
}
