package main

import (
	"fmt"
	"time"
)

// forecast tells how long the rest of a benchmark takes, from what each codec took
// for a byte until now.
type forecast struct {
	codecs, files []string
	sizes         []int64 // of the files
	jobs          int     // results at a time
	done          int64   // results
	ended         []bool  // by number of the result: those of a file lie together
	began         map[int]time.Time
	spent         []float64 // seconds by codec
	bytes         []int64
	latest        int // the result that was begun last
}

// Bytes that starting programs costs the time of.
const startBytes = 4096

func (b *benchmark) forecast() *forecast {
	f := &forecast{sizes: b.sizes, jobs: max(1, b.jobs), ended: make([]bool, len(b.inputs)*len(b.codecs)), began: map[int]time.Time{},
		spent: make([]float64, len(b.codecs)), bytes: make([]int64, len(b.codecs))}
	for _, c := range b.codecs {
		f.codecs = append(f.codecs, c.Name)
	}
	for _, in := range b.inputs {
		f.files = append(f.files, in.Name)
	}
	return f
}

func (f *forecast) begin(i int, now time.Time) { f.began[i], f.latest = now, i }

// end takes in that result i is there. What it took counts if it was measured now.
func (f *forecast) end(i int, now time.Time, measured bool) {
	codec := i % len(f.codecs)
	if measured {
		f.spent[codec] += now.Sub(f.began[i]).Seconds()
		f.bytes[codec] += f.sizes[i/len(f.codecs)] + startBytes
	}
	delete(f.began, i)
	f.ended[i] = true
	f.done++
}

// left returns the time that is left, and false as long as a codec that is wanted has
// measured nothing.
func (f *forecast) left(now time.Time) (time.Duration, bool) {
	var seconds float64
	for i, ended := range f.ended {
		codec := i % len(f.codecs)
		if ended {
			continue
		}
		if f.bytes[codec] == 0 {
			return 0, false
		}
		all := f.spent[codec] / float64(f.bytes[codec]) * float64(f.sizes[i/len(f.codecs)]+startBytes)
		if began, running := f.began[i]; running {
			all = max(0, all-now.Sub(began).Seconds())
		}
		seconds += all
	}
	return time.Duration(seconds / float64(f.jobs) * float64(time.Second)), true
}

// String says what is measured and how long the rest takes.
func (f *forecast) String(now time.Time) string {
	text := fmt.Sprintf("%s on %s", f.codecs[f.latest%len(f.codecs)], f.files[f.latest/len(f.codecs)])
	if left, ok := f.left(now); ok {
		text = fmt.Sprintf("%v left, %s", left.Round(time.Second), text)
	}
	return text
}
