package codec

import (
	"flag"
	"testing"

	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/model/lm"
	"github.com/pith-codec/pith/model/lm/kernel"
)

var speculate = flag.Bool("speculate", false, "measure what proposing tokens would gain in decoding")

// proposals returns, for the tokens before at, up to most tokens that followed the
// last place where the latest order tokens stood; last maps their hash to it.
func proposals(tokens []int32, at, order, most int, last map[[4]int32]int) []int32 {
	from, ok := last[key(tokens, at, order)]
	if at < order || !ok {
		return nil
	}
	return tokens[from:min(from+most, at)]
}

func key(tokens []int32, at, order int) (k [4]int32) {
	if at >= order {
		copy(k[:], tokens[at-order:at])
	}
	return k
}

// TestSpeculation prints how many batches decoding a text in one stream would take if
// the match history proposed tokens that one batch verifies, what such batches cost
// beside single tokens, and so the gain: go test ./codec -run Speculation -v -speculate
func TestSpeculation(t *testing.T) {
	if !*speculate {
		t.Skip("skipped: it measures, for minutes: -speculate")
	}
	m := realModel(t)
	k, err := kernel.Default()
	if err != nil {
		t.Fatal(err)
	}
	costs := map[int]float64{}
	for _, rows := range []int{1, 2, 3, 5, 9} {
		costs[rows] = batchTime(m.lm, k, rows)
	}
	for _, name := range []string{"canterbury/alice29.txt", "canterbury/fields.c", "canterbury/lcet10.txt", "misc/urls.10K"} {
		text := shareddata.Read(t, "corpora/"+name)
		tokens := m.tokens.Encode(nil, text[:min(len(text), 1<<18)])
		for order := 2; order <= 4; order++ {
			for _, most := range []int{1, 2, 4, 8} {
				last := map[[4]int32]int{}
				time, batches, proposed, right := 0.0, 0, 0, 0
				for at := 0; at < len(tokens); {
					p := proposals(tokens, at, order, most, last)
					hits := 0
					for hits < len(p) && at+hits < len(tokens) && p[hits] == tokens[at+hits] {
						hits++
					}
					if len(p) == 0 {
						time += costs[1]
					} else {
						time += costs[most+1]
					}
					batches, proposed, right = batches+1, proposed+len(p), right+hits
					for range hits + 1 {
						if at >= order && at < len(tokens) {
							last[key(tokens, at, order)] = at
						}
						at++
					}
				}
				t.Logf("%s, order %d, up to %d: %d tokens in %d batches, %.1f %% of proposals right, gain %.2f",
					name, order, most, len(tokens), batches, 100*float64(right)/float64(max(proposed, 1)), float64(len(tokens))*costs[1]/time)
			}
		}
	}
}

// batchTime returns the seconds that a batch of rows of one stream takes at a window
// of 8,192 that is half full.
func batchTime(m *lm.Model, k *kernel.Impl, rows int) float64 {
	e := lm.NewEngine(m, k, 2, prefill)
	defer e.Close()
	s := m.NewStream(8192, prefill)
	feed := func(n int) {
		batch, out := make([]lm.Row, n), make([]*lm.Weights, n)
		for i := range batch {
			batch[i], out[i] = lm.Row{Stream: s, Token: int32(100 + i)}, m.NewWeights()
		}
		e.Run(batch, out, nil)
	}
	for range 4096 / prefill {
		feed(prefill)
	}
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			feed(rows)
		}
	})
	return float64(result.NsPerOp()) / 1e9
}
