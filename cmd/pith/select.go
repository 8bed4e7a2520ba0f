package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pith-codec/pith/corpus/pick"
	"github.com/pith-codec/pith/internal/progress"
)

var selectTool = tool{
	name:      "select",
	arguments: "-k N --target PATH --source PATH",
	about:     "Choose the documents of a source that are most like a target, best first.",
	notes: `Documents are files, lines, records of JSON (--field names what is scored) or
chunks. The score is contrast: how much better a document is predicted by the
target than by the source at large; gain and zipfit are there to compare with.
Records come out as they are, with _rank, _score and _bytes behind their last
field.
`,
	options: table{
		{"count", 'k', "N", "choose at most N documents"},
		{"target", 0, "PATH", "a file or folder of documents to be like"},
		{"source", 0, "PATH", "a file or folder to choose from; it is read twice"},
		{"as", 0, "KIND", "file (the default), line, jsonl or chunk:SIZE"},
		{"field", 0, "NAME", "score this field of a record (text); a.b is inside a"},
		{"engine", 0, "NAME", "ngram (the default), deflate, zstd or cm"},
		{"metric", 0, "NAME", "contrast (the default), gain or zipfit"},
		{"bytes", 0, "SIZE", "choose at most SIZE of text"},
		{"min-score", 0, "X", "choose only what scores X or more"},
		{"exclude-target", 0, "", "leave out copies of the target's documents"},
		{"threads", 'T', "N", "use N threads; 0, the default, is one for each core"},
		{"quiet", 'q', "", "show no progress and no summary"},
	},
	run: runSelect,
}

// batch is how many documents are scored side by side.
const batch = 256

// selection is a run of pith select.
type selection struct {
	split          pick.Split
	target, source string
	engine, metric string
	bytes          int64
	threads        int
	quiet          bool
	chooser        pick.Chooser
}

func runSelect(u *ui, c *cli.Context, words []string) int {
	s := &selection{target: c.String("target"), source: c.String("source"), quiet: c.Bool("quiet")}
	if err := s.read(c, words); err != nil {
		return u.usage(err)
	}
	var target [][]byte
	s.chooser.Exclude = map[[32]byte]bool{}
	err := s.split.Each(s.target, func(d pick.Unit) error {
		target = append(target, bytes.Clone(d.Text))
		if c.Bool("exclude-target") {
			s.chooser.Exclude[pick.Sum(d.Text)] = true
		}
		return nil
	})
	if err == nil && len(target) == 0 {
		err = hint(s.target+" has no documents", "name a file or folder that has some")
	}
	if err != nil {
		return u.failed(subject("select", err), err)
	}
	if len(target) < 5 && !s.quiet {
		u.say(fmt.Sprintf("pith: the target has %d documents: fewer than five say little", len(target)))
	}
	training := pick.Train(s.engine, target)
	err = s.split.Each(s.source, func(d pick.Unit) error {
		if training.Background(d.Text); training.Full() {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return u.failed(subject("select", err), err)
	}
	scorer, err := training.Scorer(s.metric, s.engine)
	if err != nil {
		return u.usage(err)
	}
	correlation, err := s.choose(scorer)
	if err != nil {
		return u.failed(subject("select", err), err)
	}
	var out bytes.Buffer
	best := s.chooser.Best(s.bytes)
	for i, p := range best {
		line, err := p.JSON(i+1, s.split.As)
		if err != nil {
			return u.failed("select", err)
		}
		out.Write(append(line, '\n'))
	}
	if !s.quiet {
		x := &s.chooser
		u.say(fmt.Sprintf("pith: %d of %d documents chosen; %d copies, %d of the target and %d empty ones left out", len(best), x.Seen, x.Copies, x.Excluded, x.Empty))
		if correlation > 0.5 || correlation < -0.5 {
			u.say(fmt.Sprintf("pith: the score follows the length of documents (rank correlation %+.2f): cut them alike, as with --as chunk:2K", correlation))
		}
	}
	return u.print(out.String())
}

// read takes the options in.
func (s *selection) read(c *cli.Context, words []string) (err error) {
	s.engine, s.metric = orElse(c.String("engine"), "ngram"), orElse(c.String("metric"), "contrast")
	kind, size, _ := strings.Cut(orElse(c.String("as"), "file"), ":")
	s.split = pick.Split{As: kind, Field: orElse(c.String("field"), "text")}
	count, err := size64(c, "count")
	if err != nil {
		return err
	}
	s.chooser.Most, s.chooser.Least = int(count), -1e300
	if c.IsSet("min-score") {
		if s.chooser.Least, err = strconv.ParseFloat(c.String("min-score"), 64); err != nil {
			return fmt.Errorf("min-score %q: want a number", c.String("min-score"))
		}
	}
	if s.bytes, err = size64(c, "bytes"); err != nil {
		return err
	}
	if s.threads, err = number(c, "threads", 0, 1024); err != nil {
		return err
	}
	if s.threads == 0 {
		s.threads = runtime.GOMAXPROCS(0)
	}
	switch {
	case len(words) > 0:
		return fmt.Errorf("%q is no option: name it with --target or --source", words[0])
	case s.target == "" || s.source == "":
		return errors.New("select needs --target and --source")
	case s.chooser.Most == 0:
		return errors.New("select needs -k, the number of documents to choose")
	case kind != "file" && kind != "line" && kind != "jsonl" && kind != "chunk":
		return fmt.Errorf("documents as %q: want file, line, jsonl or chunk:SIZE", kind)
	case kind != "jsonl" && c.IsSet("field"):
		return errors.New("--field goes with --as jsonl")
	}
	if kind == "chunk" {
		n, err := parseSize(size)
		if err != nil || n < 1 || n > 64<<20 {
			return fmt.Errorf("chunk %q: want a size of at most 64M, such as chunk:2K", size)
		}
		s.split.Chunk = int(n)
	}
	return nil
}

// size64 returns the value of a flag as a number of bytes or things, 0 if it was not
// given.
func size64(c *cli.Context, name string) (int64, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	n, err := parseSize(c.String(name))
	if err == nil && (n < 1 || n > 1<<40) {
		err = errors.New("want 1 or more")
	}
	if err != nil {
		return 0, fmt.Errorf("--%s: %w", name, err)
	}
	return n, nil
}

// choose scores the source and keeps the best. It returns the rank correlation of the
// scores of the first documents with their lengths.
func (s *selection) choose(scorer pick.Scorer) (correlation float64, err error) {
	var meter *progress.Meter
	if info, bad := os.Stat(s.source); bad == nil && info.Mode().IsRegular() && !s.quiet {
		meter = progress.New(os.Stderr, "select", info.Size())
	}
	defer meter.Clear()
	var waiting []pick.Unit
	var scores, lengths []float64
	flush := func() {
		out := pick.ScoreAll(scorer, waiting, s.threads)
		for i, d := range waiting {
			s.chooser.Add(d, out[i])
			if len(scores) < 10000 {
				scores, lengths = append(scores, out[i]), append(lengths, float64(len(d.Text)))
			}
			meter.Set(d.Offset + int64(len(d.Raw)))
		}
		waiting = waiting[:0]
	}
	err = s.split.Each(s.source, func(d pick.Unit) error {
		d.Raw = bytes.Clone(d.Raw)
		if s.split.As != "jsonl" { // whose text is its own already
			d.Text = d.Raw
		}
		if waiting = append(waiting, d); len(waiting) == batch {
			flush()
		}
		return nil
	})
	flush()
	return pick.RankCorrelation(scores, lengths), err
}
