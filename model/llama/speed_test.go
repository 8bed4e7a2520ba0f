//go:build llama

package llama

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pith-codec/pith/model/builtin"
)

var speed = flag.Bool("speed", false, "measure llama.cpp on batches such as the native engine is measured on")

// TestSpeed prints tokens a second of llama.cpp alone, without what makes weights of
// logits, on the built-in model: make bench-engine-llama (the native engine: make bench-engine)
func TestSpeed(t *testing.T) {
	if !*speed {
		t.Skip("skipped: it takes some minutes: -speed")
	}
	const window = 1024
	m, err := Open("../builtin/weights/smollm2-135m-pith-00001-of-00003.gguf", Options{GPULayers: -1}, builtin.Parts()...)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	order := make([]int32, m.Size())
	for i := range order {
		order[i] = int32(i)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%s\n%d threads, windows half full and more\n\n| batch | tokens/s |\n| --- | ---: |\n", m.Fingerprint(), runtime.GOMAXPROCS(0))
	for _, shape := range []struct {
		streams, rows int
		logits        bool
	}{{1, 64, false}, {1, 64, true}, {1, 1, true}, {8, 1, true}, {32, 1, true}} {
		x, err := m.Context(order, shape.streams, window)
		if err != nil {
			t.Fatal(err)
		}
		c := x.(*context)
		feed := func(stream, rows int, logits bool) {
			for range rows {
				c.batch.Add(100+c.next[stream]%1000, nil, c.next[stream], logits, stream)
				c.next[stream]++
			}
		}
		decode := func() {
			if err := c.decode(); err != nil {
				t.Fatal(err)
			}
			c.batch.Clear()
		}
		for range window / 2 / maxRows {
			for s := range shape.streams {
				feed(s, maxRows, false)
				decode()
			}
		}
		count, start := 0, time.Now()
		for count == 0 || time.Since(start) < 3*time.Second && c.next[0]+shape.rows <= window {
			for s := range shape.streams {
				feed(s, shape.rows, shape.logits)
			}
			decode()
			count += shape.streams * shape.rows
		}
		name := fmt.Sprintf("%d × %d", shape.streams, shape.rows)
		if !shape.logits {
			name += ", without logits"
		}
		fmt.Fprintf(&table, "| %s | %.0f |\n", name, float64(count)/time.Since(start).Seconds())
		c.Close()
	}
	t.Log(table.String())
}
