package main

import (
	"testing"
	"time"

	"github.com/pith-codec/pith/corpus/bench"
)

// Two files, a quick codec and a slow one: what each took for a byte foretells the rest.
func TestForecast(t *testing.T) {
	b := &benchmark{codecs: []bench.Codec{{Name: "quick"}, {Name: "slow"}}, inputs: []bench.Input{{Name: "a"}, {Name: "b"}}, sizes: []int64{10*startBytes - startBytes, 30*startBytes - startBytes}}
	f := b.forecast()
	start := time.Unix(0, 0)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	f.begin(0, at(0))
	f.end(0, at(1), true)
	f.begin(1, at(1))
	if left, ok := f.left(at(2)); ok {
		t.Errorf("%v left, and nothing is known of slow", left)
	}
	if got := f.String(at(2)); got != "slow on a" {
		t.Error(got)
	}
	f.end(1, at(101), true)
	// b has three times the bytes: 3 s and 300 s.
	if left, ok := f.left(at(101)); !ok || left != 303*time.Second {
		t.Errorf("%v left, %v", left, ok)
	}
	f.begin(2, at(101))
	if got := f.String(at(102)); got != "5m2s left, quick on b" {
		t.Error(got)
	}
	if left, _ := f.left(at(120)); left != 300*time.Second {
		t.Errorf("%v left while quick takes longer than foreseen", left)
	}
	f.end(2, at(120), false) // known from a log: it says nothing of speed
	f.begin(3, at(120))
	f.end(3, at(420), true)
	if left, ok := f.left(at(420)); !ok || left != 0 || f.done != 4 {
		t.Errorf("%v left, %v, %d done", left, ok, f.done)
	}
	b.jobs = 2
	g := b.forecast()
	g.begin(0, at(0))
	g.begin(1, at(0))
	g.end(0, at(10), true)
	g.end(1, at(10), true)
	if left, _ := g.left(at(10)); left != 30*time.Second { // 30 s each, two at a time
		t.Errorf("%v left", left)
	}
}
