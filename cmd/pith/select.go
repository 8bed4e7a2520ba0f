package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pith-codec/pith/corpus/length"
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
		{"engine", 0, "NAME", "ngram (the default), deflate, zstd, cm or neural"},
		{"model", 'm', "NAME", "use this model for neural, as pith -m does"},
		{"prefilter", 0, "N", "score only the N·k documents that n-grams like best;\n0 is all; 10 is the default of neural"},
		{"metric", 0, "NAME", "contrast (the default), gain or zipfit"},
		{"bytes", 0, "SIZE", "choose at most SIZE of text"},
		{"min-score", 0, "X", "choose only what scores X or more"},
		{"exclude-target", 0, "", "leave out copies of the target's documents"},
		{"threads", 'T', "N", "use N threads; 0, the default, is one for each core"},
		{"quiet", 'q', "", "show no progress and no summary"},
	},
	run: runSelect,
}

// least is a score below all others.
const least = -1e300

// prefiltered is how many documents n-grams leave for the engine neural, as a multiple
// of those that are chosen, if nothing else is asked for.
const prefiltered = 10

// selection is a run of pith select.
type selection struct {
	split          pick.Split
	target, source string
	engine, metric string
	prefilter      int // documents that n-grams leave for each that is chosen; 0 is all
	threads        int
	quiet          bool
	chooser        pick.Chooser
}

func runSelect(u *ui, c *cli.Context, words []string) int {
	s := &selection{target: c.String("target"), source: c.String("source"), quiet: c.Bool("quiet")}
	if err := s.read(c, words); err != nil {
		return u.usage(err)
	}
	var engine length.Engine
	if s.engine != "ngram" {
		var err error
		if engine, err = newEngine(c, s.engine); s.engine == "neural" && err != nil {
			return u.failed("select", err)
		} else if err != nil {
			return u.usage(fmt.Errorf("engine %q: want ngram, %s", s.engine, strings.Join(length.Names(), ", ")))
		}
	}
	training, err := s.train(u, engine, c.Bool("exclude-target"))
	if err != nil {
		return u.failed(subject("select", err), err)
	}
	scorer, err := training.Scorer(s.metric)
	if err != nil {
		return u.usage(err)
	}
	correlation, err := s.choose(u, training, scorer)
	if err != nil {
		return u.failed(subject("select", err), err)
	}
	var out bytes.Buffer
	best := s.chooser.Best()
	for i, p := range best {
		line, err := p.JSON(i+1, s.split.As)
		if err != nil {
			return u.failed("select", err)
		}
		out.Write(append(line, '\n'))
	}
	x := &s.chooser
	s.say(u, fmt.Sprintf("%d of %d documents chosen; %d copies, %d of the target and %d empty ones left out", len(best), x.Seen, x.Copies, x.Excluded, x.Empty))
	if correlation > 0.5 || correlation < -0.5 {
		s.say(u, fmt.Sprintf("the score follows the length of documents (rank correlation %+.2f): cut them alike, as with --as chunk:2K", correlation))
	}
	return u.print(out.String())
}

// say tells something that --quiet leaves out.
func (s *selection) say(u *ui, line string) {
	if !s.quiet {
		u.say("pith: " + line)
	}
}

// train reads the target, and the source as its background.
func (s *selection) train(u *ui, engine length.Engine, exclude bool) (*pick.Training, error) {
	var target [][]byte
	s.chooser.Exclude = map[[32]byte]bool{}
	err := s.split.Each(s.target, func(d pick.Unit) error {
		target = append(target, bytes.Clone(d.Text))
		if exclude {
			s.chooser.Exclude[pick.Sum(d.Text)] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(target) == 0 {
		return nil, hint(s.target+" has no documents", "name a file or folder that has some")
	}
	if len(target) < 5 {
		s.say(u, fmt.Sprintf("the target has %d documents: fewer than five say little", len(target)))
	}
	if engine != nil && s.metric != "zipfit" && engine.Unread(slices.Concat(target...)) > 0 {
		what := s.engine + " reads only the last of it"
		if s.engine == "neural" {
			what = "the mixer reads all of it, the language model pieces from everywhere"
		}
		s.say(u, "the target is longer than the window: "+what)
	}
	training := pick.Train(engine, target)
	return training, s.batches(func(all []pick.Unit) { training.Background(all, s.threads) })
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
	s.chooser.Most, s.chooser.Least = int(count), least
	if c.IsSet("min-score") {
		if s.chooser.Least, err = strconv.ParseFloat(c.String("min-score"), 64); err != nil {
			return fmt.Errorf("min-score %q: want a number", c.String("min-score"))
		}
	}
	if s.chooser.Bytes, err = size64(c, "bytes"); err != nil {
		return err
	}
	if s.threads, err = number(c, "threads", 0, 1024); err != nil {
		return err
	}
	if s.threads == 0 {
		s.threads = runtime.GOMAXPROCS(0)
	}
	if s.engine == "neural" && s.chooser.Most > 0 {
		s.prefilter = prefiltered
	}
	if c.IsSet("prefilter") {
		if s.prefilter, err = number(c, "prefilter", 0, 1<<20); err != nil {
			return err
		}
	}
	switch {
	case len(words) > 0:
		return fmt.Errorf("%q is no option: name it with --target or --source", words[0])
	case s.target == "" || s.source == "":
		return errors.New("select needs --target and --source")
	case s.chooser.Most == 0 && s.chooser.Bytes == 0 && !c.IsSet("min-score"):
		return errors.New("select needs -k, the number of documents to choose, --bytes or --min-score")
	case s.prefilter > 0 && s.chooser.Most == 0:
		return errors.New("--prefilter goes with -k")
	case c.IsSet("prefilter") && s.engine == "ngram":
		return errors.New("--prefilter goes with an --engine other than ngram")
	case c.IsSet("model") && s.engine != "neural":
		return errors.New("--model goes with --engine neural")
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
func (s *selection) choose(u *ui, training *pick.Training, scorer pick.Scorer) (correlation float64, err error) {
	if s.prefilter == 0 {
		scores, lengths, err := s.pass(scorer, s.chooser.Add)
		if s.engine == "ngram" {
			s.doubt(u, training, scores)
		}
		return follows(scores, lengths), err
	}
	first := &pick.Prefilter{Cheap: pick.Chooser{Most: s.prefilter * s.chooser.Most, Least: least, Exclude: s.chooser.Exclude}}
	cheap, _, err := s.pass(training.Ngrams(), first.Add)
	if err != nil {
		return 0, err
	}
	s.doubt(u, training, cheap)
	kept := first.Units()
	scores := s.score(scorer, kept)
	for i, d := range kept {
		s.chooser.Add(d, scores[i])
	}
	x, y := &s.chooser, &first.Cheap
	x.Seen, x.Copies, x.Excluded, x.Empty = y.Seen, y.Copies, y.Excluded, y.Empty
	if left, all := first.Left(); all > 0 {
		recall := first.Recall(x, s.score(scorer, left), all)
		s.say(u, fmt.Sprintf("n-grams left %d documents to %s: by %d others, its choice is complete to %.0f %%", len(kept), s.engine, len(left), 100*recall))
	}
	return follows(scores, sizes(kept)), nil
}

// follows returns the rank correlation of scores with lengths, 0 where there are too
// few to tell.
func follows(scores, lengths []float64) float64 {
	if len(scores) < 20 {
		return 0
	}
	return pick.RankCorrelation(scores, lengths)
}

// score scores documents that are in memory, which may take long.
func (s *selection) score(scorer pick.Scorer, all []pick.Unit) []float64 {
	var meter *progress.Meter
	if !s.quiet {
		meter = progress.New(os.Stderr, "select", int64(len(all)))
	}
	defer meter.Clear()
	var out []float64
	for part := range slices.Chunk(all, 4*s.threads) {
		out = append(out, pick.ScoreAll(scorer, part, s.threads)...)
		meter.Set(int64(len(out)))
	}
	return out
}

func sizes(all []pick.Unit) (n []float64) {
	for _, d := range all {
		n = append(n, float64(len(d.Text)))
	}
	return n
}

// Documents are scored side by side in batches of so many, or of so many bytes.
const (
	batch      = 256
	batchBytes = 4 << 20
)

// doubt warns of a target that n-grams do not tell from the source.
func (s *selection) doubt(u *ui, training *pick.Training, scores []float64) {
	if own := training.Own(scores); own < 0.75 {
		s.say(u, fmt.Sprintf("the target is little like itself: its documents are told from the source's in %.0f %% of pairs, 50 being chance", 100*own))
	}
}

// pass scores the documents of the source and shows them to keep, in their order. It
// returns the first scores, and the lengths of their documents.
func (s *selection) pass(scorer pick.Scorer, keep func(d pick.Unit, score float64)) (scores, lengths []float64, err error) {
	err = s.batches(func(all []pick.Unit) {
		out := pick.ScoreAll(scorer, all, s.threads)
		for i, d := range all {
			keep(d, out[i])
			if len(scores) < 10000 {
				scores, lengths = append(scores, out[i]), append(lengths, float64(len(d.Text)))
			}
		}
	})
	return scores, lengths, err
}

// batches calls visit for the documents of the source, in batches. It shows how far it
// is where it knows.
func (s *selection) batches(visit func(all []pick.Unit)) error {
	var meter *progress.Meter
	if info, bad := os.Stat(s.source); bad == nil && info.Mode().IsRegular() && !s.quiet {
		meter = progress.New(os.Stderr, "select", info.Size())
	}
	defer meter.Clear()
	var waiting []pick.Unit
	size := 0
	flush := func() {
		visit(waiting)
		if last := len(waiting) - 1; last >= 0 {
			meter.Set(waiting[last].Offset + int64(len(waiting[last].Raw)))
		}
		waiting, size = waiting[:0], 0
	}
	err := s.split.Each(s.source, func(d pick.Unit) error {
		d.Raw = bytes.Clone(d.Raw)
		if s.split.As != "jsonl" { // whose text is its own already
			d.Text = d.Raw
		}
		waiting = append(waiting, d)
		if size += len(d.Raw); len(waiting) == batch || size >= batchBytes {
			flush()
		}
		return nil
	})
	flush()
	return err
}
