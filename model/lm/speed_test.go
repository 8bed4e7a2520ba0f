package lm

import (
	"fmt"
	"testing"

	"github.com/pith-codec/pith/model/lm/kernel"
)

// BenchmarkEngine measures the default model: one stream fed 48 tokens at a
// time, as in encoding, and streams fed one each, as in decoding.
func BenchmarkEngine(b *testing.B) {
	m := realModel(b)
	k, err := kernel.Default()
	if err != nil {
		b.Fatal(err)
	}
	for _, threads := range []int{1, 2} {
		for _, batch := range []struct{ streams, rows int }{{1, 48}, {1, 96}, {1, 1}, {32, 1}} {
			b.Run(fmt.Sprintf("threads=%d/streams=%d/rows=%d", threads, batch.streams, batch.rows), func(b *testing.B) {
				e, rows, out := fullBatch(m, k, threads, 1024, batch.streams, batch.rows)
				defer e.Close()
				for b.Loop() {
					e.Run(rows, out, nil)
				}
				b.ReportMetric(float64(len(rows)*b.N)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
	}
}
