package lm

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/lm/kernel"
)

func tinyModel(t testing.TB, c tinymodel.Config) *Model {
	t.Helper()
	f, err := gguf.Parse(tinymodel.Bytes(c))
	if err != nil {
		t.Fatal(err)
	}
	embedding, err := f.Tensor("token_embd.weight")
	if err != nil {
		t.Fatal(err)
	}
	var order []int32
	for id := int32(tinymodel.Special); id < int32(embedding.Dims[1]); id++ {
		order = append(order, id)
	}
	m, err := Load(f, order)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sequence returns tokens that look at random.
func sequence(m *Model, n int, seed uint64) []int32 {
	list := make([]int32, n)
	for i := range list {
		seed = seed*6364136223846793005 + 1442695040888963407
		list[i] = int32(seed >> 33 % uint64(m.config.Vocab))
	}
	return list
}

// run feeds tokens in batches of the given sizes, the last one repeated, and
// returns the weights after each.
func run(m *Model, k *kernel.Impl, threads, window int, tokens []int32, sizes ...int) (all [][]uint32) {
	batch := slices.Max(sizes)
	e, s := NewEngine(m, k, threads, batch), m.NewStream(window, batch)
	defer e.Close()
	out := make([]*Weights, batch)
	for i := range out {
		out[i] = m.NewWeights()
	}
	for i := 0; len(tokens) > 0; i++ {
		n := min(sizes[min(i, len(sizes)-1)], len(tokens))
		var rows []Row
		for _, id := range tokens[:n] {
			rows = append(rows, Row{s, id})
		}
		e.Run(rows, out, nil)
		for _, w := range out[:n] {
			all = append(all, slices.Clone(w.f[:m.leaves]))
		}
		tokens = tokens[n:]
	}
	return all
}

func same(t *testing.T, what string, got, want [][]uint32) {
	t.Helper()
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("%s: weights differ after token %d", what, i)
			return
		}
	}
}

// One result for every batch size, number of threads and set of kernels, with
// the window moving.
func TestOneResult(t *testing.T) {
	batches := [][]int{{1}, {2}, {3}, {7}, {31}, {32}, {33}, {48}, {5, 1, 48, 2}, {150}}
	if testing.Short() {
		batches = [][]int{{7}, {5, 1, 48, 2}} // the race detector takes long over the others
	}
	for name, c := range map[string]tinymodel.Config{"tied": tinymodel.Default(), "small": tinymodel.Small()} {
		m := tinyModel(t, c)
		const window = 40
		tokens := sequence(m, 150, 5)
		want := run(m, kernel.Available()[0], 1, window, tokens, 1)
		for _, k := range kernel.Available() {
			for _, sizes := range batches {
				for _, threads := range []int{1, 2, 3} {
					what := fmt.Sprintf("%s, %s, batches of %v, %d threads", name, k.Name, sizes, threads)
					same(t, what, run(m, k, threads, window, tokens, sizes...), want)
				}
			}
		}
	}
}

// Streams in one batch do not disturb each other, and a stream that was reset
// is like a new one.
func TestStreamsAreIndependent(t *testing.T) {
	m := tinyModel(t, tinymodel.Small())
	k, err := kernel.Default()
	if err != nil {
		t.Fatal(err)
	}
	const n, streams, window = 60, 5, 24
	e := NewEngine(m, k, 2, streams)
	defer e.Close()
	out, states := make([]*Weights, streams), make([]*Stream, streams)
	for i := range streams {
		out[i], states[i] = m.NewWeights(), m.NewStream(window, 1)
	}
	for round := range 2 {
		var want [streams][][]uint32
		for i := range streams {
			want[i] = run(m, k, 1, window, sequence(m, n, uint64(10*round+i)), 16)
			states[i].Reset()
		}
		for at := range n {
			var rows []Row
			for i := range streams {
				rows = append(rows, Row{states[i], sequence(m, n, uint64(10*round+i))[at]})
			}
			e.Run(rows, out, nil)
			for i := range streams {
				if !slices.Equal(out[i].f[:m.leaves], want[i][at]) {
					t.Fatalf("round %d: stream %d differs at token %d", round, i, at)
				}
			}
		}
	}
}

// While the window does not move, its size does not matter; when it moves, the
// sinks stay in sight and other tokens leave it.
func TestWindow(t *testing.T) {
	m := tinyModel(t, tinymodel.Small())
	k := kernel.Available()[0]
	tokens := sequence(m, 60, 3)
	wide := run(m, k, 1, 100, tokens, 8)
	narrow := run(m, k, 1, 20, tokens, 8)
	same(t, "first 20 tokens", narrow[:20], wide[:20])
	if slices.Equal(narrow[59], wide[59]) {
		t.Error("a window of 20 gives what one of 100 does after 60 tokens")
	}
	changed := slices.Clone(tokens)
	changed[2]++
	if slices.Equal(run(m, k, 1, 20, changed, 8)[59], narrow[59]) {
		t.Error("a sink has no effect")
	}
	// With two layers, what is seen reaches back twice the window.
	changed = slices.Clone(tokens)
	changed[10]++
	if !slices.Equal(run(m, k, 1, 20, changed, 8)[59], narrow[59]) {
		t.Error("a token far outside the window has an effect")
	}
}

// The predictions of the tiny model must be of every kind, or tests with it
// show little.
func TestTinyModelSpread(t *testing.T) {
	m := tinyModel(t, tinymodel.Default())
	least, most := math.Inf(1), 0.0
	for _, f := range run(m, kernel.Available()[len(kernel.Available())-1], 2, 200, sequence(m, 400, 9), 40) {
		sum, entropy := 0.0, 0.0
		for _, x := range f {
			sum += float64(x)
		}
		for _, x := range f {
			p := float64(x) / sum
			entropy -= p * math.Log2(p)
		}
		least, most = min(least, entropy), max(most, entropy)
	}
	t.Logf("entropies from %.4f to %.2f bits", least, most)
	if least > 0.02 || most < 13.5 {
		t.Errorf("entropies from %.4f to %.2f bits, want 0.02 to 13.5 at least", least, most)
	}
}

func TestWeightsSum(t *testing.T) {
	m := tinyModel(t, tinymodel.Small())
	e, s, w := NewEngine(m, kernel.Available()[0], 1, 1), m.NewStream(64, 1), m.NewWeights()
	defer e.Close()
	e.Run([]Row{{s, 0}}, []*Weights{w}, nil)
	for lo := range m.leaves + 1 {
		sum := uint64(0)
		for hi := lo; hi <= m.leaves; hi++ {
			if got := w.Sum(lo, hi); got != sum {
				t.Fatalf("sum of %d…%d is %d, want %d", lo, hi, got, sum)
			}
			if hi < m.leaves {
				sum += uint64(w.f[hi])
			}
		}
	}
}

func TestCloseEndsWorkers(t *testing.T) {
	m := tinyModel(t, tinymodel.Small())
	before := runtime.NumGoroutine()
	for range 20 {
		NewEngine(m, kernel.Available()[0], 4, 1).Close()
	}
	// A goroutine that has called its last function may still be counted.
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// Angles come from an integer phase: a position 2^40 turns away is as exact as
// the first.
func TestAngles(t *testing.T) {
	checkAngles(t, nil)
	checkAngles(t, []float64{1, 1.5, 4, 32})
}

func checkAngles(t *testing.T, factors []float64) {
	r := newRope(10000, 8, 64, factors)
	c, s := make([]float32, 64), make([]float32, 64)
	for _, p := range []uint64{0, 1, 2, 1000, 8191} {
		r.angles(p, c, s)
		for i := range 4 {
			angle := float64(p) * math.Pow(10000, -float64(2*i)/8)
			if factors != nil {
				angle /= factors[i]
			}
			if d := math.Abs(float64(c[2*i]) - math.Cos(angle)); d > 1e-7 {
				t.Errorf("cos of pair %d at %d is off by %g", i, p, d)
			}
			if d := math.Abs(float64(s[2*i+1]) - math.Sin(angle)); d > 1e-7 || s[2*i] != -s[2*i+1] {
				t.Errorf("sin of pair %d at %d is off by %g", i, p, d)
			}
		}
		for i := 8; i < 64; i++ {
			if c[i] != 1 || s[i] != 0 {
				t.Fatalf("value %d, which is not rotated, turns", i)
			}
		}
	}
}
