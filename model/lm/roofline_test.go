package lm

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pith-codec/pith/internal/hugepage"
	"github.com/pith-codec/pith/model/lm/kernel"
)

var roofline = flag.Bool("roofline", false, "measure the engine beside what the machine can do")

// cost is what a token takes of the machine.
type cost struct {
	products float64 // of int8
	bytes    float64 // read from memory
}

// cost returns that of a token where batches have rows of each of streams, at full
// windows: weights are read once a batch, keys and values once a stream.
func (m *Model) cost(window, streams, rows int) cost {
	c := m.config
	weights, cached := float64(m.Config().Bytes(m.Leaves())), float64(m.Config().StreamBytes(window, 0))
	// One product for a key, two for a value, since its weights have two bytes.
	attention := 3 * float64(window*c.Layers*c.Heads*m.headSize)
	return cost{weights + attention, weights/float64(streams*rows) + cached/float64(rows)}
}

// inParallel runs work on as many threads and returns the seconds that a round of it takes.
func inParallel(threads int, work func(thread int)) float64 {
	const least = 300 * time.Millisecond
	for n := 1; ; n *= 2 {
		start := time.Now()
		var all sync.WaitGroup
		for i := range threads {
			all.Go(func() {
				for range n {
					work(i)
				}
			})
		}
		all.Wait()
		if took := time.Since(start); took > least {
			return took.Seconds() / float64(n)
		}
	}
}

// measureProducts returns products of int8 a second, by weights that stay in the cache.
func measureProducts(k *kernel.Impl, threads int) float64 {
	const rows, cols, vectors = 256, 576, 48
	w, x := make([]*kernel.Matrix, threads), make([]*kernel.Vectors, threads)
	dst := make([][]float32, threads)
	for i := range threads {
		w[i], x[i], dst[i] = kernel.NewMatrix(rows, cols), kernel.NewVectors(vectors, cols), make([]float32, vectors*rows)
	}
	took := inParallel(threads, func(i int) {
		for first := 0; first < vectors; first += k.Tile {
			n := min(k.Tile, vectors-first)
			k.Mul(dst[i][first*rows:], rows, w[i], 0, rows/kernel.Lanes, x[i], first, n, nil)
		}
	})
	return rows * cols * vectors * float64(threads) / took
}

// measureMemory returns bytes read a second.
func measureMemory(k *kernel.Impl, threads int) float64 {
	const floats = 64 << 20              // far more than any cache
	data := hugepage.Of[float32](floats) // as weights, keys and values have it
	for i := range data {
		data[i] = 1
	}
	part := floats / threads / kernel.Lanes * kernel.Lanes
	took := inParallel(threads, func(i int) {
		for at := i * part; at < (i+1)*part; at += 1 << 16 {
			k.Max(data[at:min(at+1<<16, (i+1)*part)])
		}
	})
	return float64(4*part*threads) / took
}

// TestRoofline prints, for each set of kernels, what the machine can do and how much
// of it the engine gets: go test ./model/lm -run Roofline -v -roofline -timeout 20m
func TestRoofline(t *testing.T) {
	if !*roofline {
		t.Skip("skipped: it takes some minutes: -roofline")
	}
	m, threads := realModel(t), runtime.GOMAXPROCS(0)
	var table strings.Builder
	fmt.Fprintf(&table, "\n%d threads\n\n| kernels | products/s | memory/s | window | batch | tokens/s | bound | part of it |\n"+
		"| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |\n", threads)
	for _, k := range kernel.Available()[1:] {
		for _, shape := range []struct{ window, streams, rows int }{
			{1024, 1, 48}, {1024, 1, 1}, {1024, 8, 1}, // compressing, and restoring of few tokens
			{512, 32, 1}, {1024, 32, 1}, {2048, 16, 1}, {2048, 8, 1}, {8192, 4, 1}, // restoring at -5 to -9
		} {
			e, rows, out := fullBatch(m, k, threads, shape.window, shape.streams, shape.rows)
			n := float64(len(rows))
			var products, memory, speed float64
			for range 3 { // what else a machine does, and others on it, can only slow it
				products, memory = max(products, measureProducts(k, threads)), max(memory, measureMemory(k, threads))
				speed = max(speed, n/inParallel(1, func(int) { e.Run(rows, out, nil) }))
			}
			e.Close()
			c := m.cost(shape.window, shape.streams, shape.rows)
			bound := 1 / max(c.products/products, c.bytes/memory)
			by := "products"
			if c.bytes/memory > c.products/products {
				by = "memory"
			}
			fmt.Fprintf(&table, "| %s | %.0f·10⁹ | %.1f GB | %d | %d × %d | %.0f | %.0f (%s) | %.0f %% |\n",
				k.Name, products/1e9, memory/1e9, shape.window, shape.streams, shape.rows, speed, bound, by, 100*speed/bound)
		}
	}
	t.Log(table.String())
}

// fullBatch returns an engine and a batch of rows of each of streams, whose windows
// are full. Their memory has been written: what never was is one page of zeros, and
// would be read from the cache.
func fullBatch(m *Model, k *kernel.Impl, threads, window, streams, perStream int) (e *Engine, rows []Row, out []*Weights) {
	for range streams {
		s := m.NewStream(window, perStream)
		s.next = 2 * window
		for _, c := range s.caches {
			for i := range c.keys.Data {
				c.keys.Data[i], c.values[i] = byte(i*7), int8(i*11)
			}
			for i := range c.scales {
				c.keys.Scale[i], c.scales[i] = 1.0/1024, 1.0/1024
			}
		}
		for i := range perStream {
			rows, out = append(rows, Row{s, int32(100 + i)}), append(out, m.NewWeights())
		}
	}
	return NewEngine(m, k, threads, len(rows)), rows, out
}
