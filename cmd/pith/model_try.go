package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/internal/progress"
	"github.com/pith-codec/pith/model/builtin"
	"github.com/pith-codec/pith/model/store"
)

// candidate is a model to try.
type candidate struct {
	*modelListing
	open func() (*codec.Model, error) // nil without a model
}

// trial is what came of one.
type trial struct {
	name   string
	coded  int
	took   time.Duration // of compressing, the model being there
	memory int64
}

// withoutModel is the level that is shown beside the models, which must beat it.
const withoutModel = 4

// try compresses a sample with each model that the native engine runs, or with
// those that are named.
func (m *models) try(words []string) int {
	if len(words) == 0 {
		return m.u.usage(errors.New("model try needs a file"))
	}
	threads, err := number(m.c, "threads", 0, 1024)
	if err != nil {
		return m.u.usage(err)
	}
	most, err := size(m.c, "sample")
	if err != nil {
		return m.u.usage(err)
	}
	if most == 0 {
		most = 16 << 10
	}
	sample, err := readSample(words[0], most)
	if err != nil {
		return m.u.failed(words[0], err)
	}
	all, code := m.candidates(words[1:])
	var meter *progress.Meter
	if !m.quiet {
		meter = progress.New(os.Stderr, "try", int64(len(sample)*(len(all)+1)))
	}
	defer func() { meter.Clear() }()
	var trials []trial
	for i, c := range append([]candidate{{&modelListing{Name: fmt.Sprintf("(pith -%d)", withoutModel)}, nil}}, all...) {
		t, err := c.try(sample, threads, func(n int64) { meter.Set(int64(i*len(sample)) + n) })
		if err != nil {
			code = max(code, m.u.failed(c.Name, err))
			continue
		}
		trials = append(trials, t)
	}
	slices.SortStableFunc(trials, func(a, b trial) int { return cmp.Compare(a.coded, b.coded) })
	w := tabwriter.NewWriter(&m.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "bpb\tKiB/s\tMiB\t  model")
	for _, t := range trials {
		memory := "-"
		if t.memory > 0 {
			memory = grouped((t.memory + 1<<20 - 1) >> 20)
		}
		fmt.Fprintf(w, "%s\t%.2f\t%s\t  %s\n", bitsPerByte(int64(t.coded), int64(len(sample))), float64(len(sample))/1024/t.took.Seconds(), memory, printable(t.name))
	}
	w.Flush()
	return code
}

// readSample reads the first bytes of a file, at most so many.
func readSample(name string, most int64) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		var err error
		if in, err = os.Open(name); err != nil {
			return nil, err
		}
		defer in.Close()
	}
	sample, err := io.ReadAll(io.LimitReader(in, most))
	if err == nil && len(sample) == 0 {
		err = hint("it is empty", "give a file like those you want to compress")
	}
	return sample, err
}

// candidates returns the models with the names, or all that can be tried, none of
// them twice, and the exit code for those that cannot be.
func (m *models) candidates(names []string) (all []candidate, code int) {
	add := func(l *modelListing, e *store.Entry) {
		c := candidate{modelListing: l, open: func() (*codec.Model, error) { return openModel(builtin.ID) }}
		if e != nil {
			c.open = func() (*codec.Model, error) {
				read, err := e.Read()
				if err != nil {
					return nil, err
				}
				return parseModel(read)
			}
		}
		all = append(all, c)
	}
	if len(names) > 0 {
		code = m.each(names, func(name string) error {
			if name == builtinName {
				add(builtinListing(), nil)
				return nil
			}
			e, err := lookup(name)
			if err != nil {
				return err
			}
			l := listEntry(e)
			if l.err == nil && l.Engine != nativeEngine {
				l.err = hint("the native engine cannot run it", l.NotNative)
			}
			if l.err == nil {
				add(l, e)
			}
			return l.err
		})
		return all, code
	}
	seen := map[string]bool{builtinSHA256: true}
	add(builtinListing(), nil)
	for _, e := range store.List() {
		if l := listEntry(&e); l.Engine == nativeEngine && !(l.SHA256 != "" && seen[l.SHA256]) {
			seen[l.SHA256] = true
			add(l, &e)
		}
	}
	return all, exitOK
}

// try compresses the sample with the model.
func (c candidate) try(sample []byte, threads int, done func(n int64)) (trial, error) {
	t := trial{name: c.Name, memory: c.Memory}
	o := codec.EncoderOptions{Level: withoutModel, Threads: threads, Progress: func(raw, _ int64) { done(raw) }}
	if c.open != nil {
		model, err := c.open()
		if err != nil {
			return t, err
		}
		o.Level, o.Model = codec.DefaultLevel, func() (*codec.Model, error) { return model, nil }
	}
	var out bytes.Buffer
	start := time.Now()
	e, err := codec.NewEncoder(&out, o)
	if err != nil {
		return t, err
	}
	defer e.Abort()
	if _, err := e.Write(sample); err != nil {
		return t, err
	}
	if err := e.Close(); err != nil {
		return t, err
	}
	t.coded, t.took = out.Len(), time.Since(start)
	return t, nil
}
