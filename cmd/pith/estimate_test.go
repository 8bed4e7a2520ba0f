package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/pith-codec/pith/codec"
)

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Millisecond: "1 s", 2600 * time.Millisecond: "3 s", 99 * time.Second: "99 s",
		14*time.Minute + 20*time.Second: "14 min", 99 * time.Minute: "99 min", 150 * time.Minute: "3 h", 1000 * time.Hour: "1000 h",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestEstimated(t *testing.T) {
	for _, c := range []struct {
		level      int
		took, fast time.Duration
		checks     bool
		want       string
	}{
		{6, 14 * time.Minute, 3 * time.Second, false, "about 14 min at -6; -4 takes some 3 s"},
		{9, 2 * time.Hour, time.Minute, true, "about 2 h at -9, and no less to check it; -4 takes some 60 s"},
		{3, 70 * time.Second, 40 * time.Second, false, "about 70 s at -3"}, // hardly faster
		{1, 70 * time.Second, 0, false, "about 70 s at -1"},
	} {
		if got := estimated(c.level, c.took, c.fast, c.checks); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// The time is that of the whole file, whatever part of it was tried: within a
// factor of ten of what it takes, for machines are busy.
func TestPredict(t *testing.T) {
	data := bytes.Repeat([]byte("some words, and then more words. "), 10000)
	var s settings
	start := time.Now()
	var out bytes.Buffer
	e, err := codec.NewEncoder(&out, codec.EncoderOptions{Level: 3})
	if err != nil {
		t.Fatal(err)
	}
	e.Write(data)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	got := s.predict(bytes.NewReader(data), int64(len(data)), 3)
	if got < took/10 || got > took*10 {
		t.Errorf("predicted %v for what took %v", got, took)
	}
	if got := s.predict(bytes.NewReader(data), 60000, 3); got != 0 {
		t.Errorf("a short file was tried: %v", got)
	}
}
