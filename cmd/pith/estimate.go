package main

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/pith-codec/pith/codec"
)

// longJob is how long a job must take for a word before it; tests shorten it.
var longJob = time.Minute

// attention is how many times longer a byte takes where the window of the
// language model is full, as in most of a long text, than at its start.
var attention = [codec.MaxLevel + 1]float64{5: 1.1, 6: 1.25, 7: 1.5, 8: 1.5, 9: 3}

// faster returns a level that takes a fraction of the time of another, or 0.
func faster(level int) int {
	switch {
	case level > 4:
		return 4
	case level > 1:
		return 1
	}
	return 0
}

// estimate says on a terminal how long compressing a file will take, if it is
// more than a minute, and how long a faster level would.
func (s *settings) estimate(name string, in *os.File, info fs.FileInfo) {
	if s.quiet || s.foreign() || !info.Mode().IsRegular() || !term.IsTerminal(int(os.Stderr.Fd())) {
		return
	}
	level := s.level
	if level == 0 {
		level = codec.DefaultLevel
	}
	size := info.Size()
	took := s.predict(in, size, level)
	if took < longJob || took == 0 {
		return
	}
	text := estimated(level, took, s.predict(in, size, faster(level)), s.remove || s.verifies)
	(&ui{out: os.Stderr}).say("pith: " + display(name) + ": " + text)
}

// predict returns how long compressing a file of size bytes will take, or 0 if
// that is not worth finding out: it compresses a small part of it, from the
// middle.
func (s *settings) predict(in io.ReaderAt, size int64, level int) time.Duration {
	part, most := size/64, int64(64<<10)
	switch {
	case attention[level] > 0:
		most = 4 << 10
	case level == 1:
		most = 1 << 20 // anything less takes no time
	}
	if part = min(part, most); part < 1<<10 {
		return 0
	}
	sample := make([]byte, part)
	if _, err := in.ReadAt(sample, size/2); err != nil {
		return 0
	}
	neural := false
	var opening time.Duration
	e, err := codec.NewEncoder(io.Discard, codec.EncoderOptions{Level: level, Threads: s.threads,
		Model: func() (*codec.Model, error) {
			start := time.Now()
			defer func() { neural, opening = true, time.Since(start) }()
			return s.own()
		}})
	if err != nil {
		return 0
	}
	start := time.Now()
	_, err = e.Write(sample)
	if closed := e.Close(); err != nil || closed != nil {
		return 0 // the compressing itself will tell
	}
	took := float64(time.Since(start)-opening) * float64(size) / float64(part)
	if neural {
		took *= attention[level]
	}
	return time.Duration(min(took, math.MaxInt64/2))
}

// estimated is what estimate says.
func estimated(level int, took, fast time.Duration, checks bool) string {
	text := fmt.Sprintf("about %s at -%d", roughly(took), level)
	if checks {
		text += ", and no less to check it"
	}
	if fast > 0 && fast < took/2 {
		text += fmt.Sprintf("; -%d takes some %s", faster(level), roughly(fast))
	}
	return text
}

// roughly writes a time with no more digits than a guess deserves.
func roughly(d time.Duration) string {
	switch {
	case d < 100*time.Second:
		return fmt.Sprintf("%d s", max(1, int(math.Round(d.Seconds()))))
	case d < 100*time.Minute:
		return fmt.Sprintf("%d min", int(math.Round(d.Minutes())))
	}
	return fmt.Sprintf("%d h", int(math.Round(d.Hours())))
}
