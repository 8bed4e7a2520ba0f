//go:build llama

package llama

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/ensemble"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/lm"
	"github.com/pith-codec/pith/model/lm/kernel"
)

// open writes a tiny model to a file and loads it.
func open(t *testing.T, c tinymodel.Config, o Options) *Model {
	t.Helper()
	data := tinymodel.Bytes(c)
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path, o, data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// bits returns what the tokens of one stream cost, run row by row.
func bits(t *testing.T, c codec.Context, v *ensemble.Vocabulary, bos int32, ids []int32) (sum float64) {
	t.Helper()
	w := lm.NewWeights(len(v.Order()))
	place := map[int32]int{}
	for leaf, id := range v.Order() {
		place[id] = leaf
	}
	last := bos
	for _, id := range ids {
		if err := c.Run([]codec.Row{{Stream: 0, Token: last}}, []*lm.Weights{w}); err != nil {
			t.Fatal(err)
		}
		leaf := place[id]
		sum -= math.Log2(float64(w.Sum(leaf, leaf+1)) / float64(w.Sum(0, len(v.Order()))))
		last = id
	}
	return sum
}

// What llama.cpp says of tokens is what the native engine says of them, but for the
// rounding of activations.
func TestLikeNative(t *testing.T) {
	config := tinymodel.Default()
	m := open(t, config, Options{Threads: 1})
	v := ensemble.NewVocabulary(m.Size(), m.Bytes)
	ids := m.Encode(nil, []byte(strings.Repeat("the quick brown fox jumps over a lazy dog, ", 3)))
	c, err := m.Context(v.Order(), 1, 128)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := bits(t, c, v, m.BOS(), ids)

	f, err := gguf.Parse(tinymodel.Bytes(config))
	if err != nil {
		t.Fatal(err)
	}
	native, err := lm.Load(f, v.Order())
	if err != nil {
		t.Fatal(err)
	}
	k, err := kernel.Default()
	if err != nil {
		t.Fatal(err)
	}
	engine := lm.NewEngine(native, k, 1, 1)
	defer engine.Close()
	want := bits(t, nativeContext{engine, native.NewStream(128, 1)}, v, m.BOS(), ids)
	t.Logf("%d tokens: llama.cpp %.1f bits, native %.1f", len(ids), got, want)
	t.Log(m.Fingerprint())
	if math.Abs(got-want) > want/20 {
		t.Errorf("llama.cpp needs %.1f bits, the native engine %.1f", got, want)
	}
}

type nativeContext struct {
	engine *lm.Engine
	stream *lm.Stream
}

func (n nativeContext) Run(rows []codec.Row, out []*lm.Weights) error {
	n.engine.Run([]lm.Row{{Stream: n.stream, Token: rows[0].Token}}, out, nil)
	return nil
}

func (n nativeContext) Close() {}

// The tokens of llama.cpp's tokenizer join to the text, whatever it is.
func TestPieces(t *testing.T) {
	m := open(t, tinymodel.Small(), Options{Threads: 1})
	p, err := newPieces(m.devices[0].model)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, text := range []string{"", " ", "  two", "\n", "plain text", "<|special3|> is text", "caf\xc3\xa9 \xc3", "\x00\x00", string(all),
		strings.Repeat("line\n", 10000), strings.Repeat("\xe2\x82\xac", 10000), "\xff\xfe end"} {
		ids := p.Encode(nil, []byte(text))
		var back []byte
		for _, id := range ids {
			if b := p.Bytes(id); b != nil {
				back = append(back, b...)
			} else {
				t.Fatalf("%.20q: special token %d", text, id)
			}
		}
		if string(back) != text {
			t.Errorf("%.20q comes back as %.20q", text, back)
		}
		if native := m.Encode(nil, []byte(text)); len(ids) > len(native)+1 && len(text) > 1000 {
			t.Errorf("%.20q has %d tokens, %d natively", text, len(ids), len(native))
		}
	}
	if id := p.Encode(nil, []byte("\xff")); len(id) != 1 || int(id[0]) != p.Size()+0xff {
		t.Errorf("FF is %v, want its escape", id)
	}
	for id := range tinymodel.Special {
		if p.Bytes(int32(id)) != nil {
			t.Errorf("special token %d stands for %q", id, p.Bytes(int32(id)))
		}
	}
	if p.BOS() != 0 {
		t.Errorf("BOS is %d", p.BOS())
	}
}

// A stream goes on past its window, and a context repeats what another has said.
func TestWindow(t *testing.T) {
	m := open(t, tinymodel.Small(), Options{Threads: 1})
	v := ensemble.NewVocabulary(m.Size(), m.Bytes)
	ids := m.Encode(nil, bytes.Repeat([]byte("some words and 123 more. "), 40))
	if len(ids) < 300 {
		t.Fatalf("only %d tokens", len(ids))
	}
	var sums []float64
	for range 2 {
		c, err := m.Context(v.Order(), 2, 128)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, bits(t, c, v, m.BOS(), ids))
		c.Close()
	}
	if sums[0] != sums[1] {
		t.Errorf("%g bits, then %g", sums[0], sums[1])
	}
}

func TestOpenFaults(t *testing.T) {
	folder := t.TempDir()
	whole := tinymodel.Bytes(tinymodel.Small())
	path := filepath.Join(folder, "cut.gguf")
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(folder, "good.gguf")
	if err := os.WriteFile(good, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		o    Options
		want string
	}{
		{filepath.Join(folder, "none.gguf"), Options{}, "no such file"},
		{path, Options{}, "cannot load"},
		{good, Options{Workers: MaxWorkers + 1}, "want 1 to 8"},
		{good, Options{Devices: []string{"abacus"}}, "no device abacus"},
		{good, Options{Devices: []string{"cpu", "CPU"}}, "twice"},
	} {
		m, err := Open(c.path, c.o, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, %+v: %v, want %q", c.path, c.o, err, c.want)
		}
		if err == nil {
			m.Close()
		}
	}
}

// A worker that has no room says what it needs, and leaves its place to another.
func TestMemory(t *testing.T) {
	m := open(t, tinymodel.Small(), Options{Threads: 1})
	v := ensemble.NewVocabulary(m.Size(), m.Bytes)
	d := &m.devices[0].device
	d.kind, d.free = deviceGPU, 1<<20
	for range 2 {
		if _, err := m.Context(v.Order(), 1, 128); err == nil || !strings.Contains(err.Error(), "1 MiB are free; use fewer --workers") {
			t.Errorf("a context in 1 MiB: %v", err)
		}
	}
	d.free = m.contextBytes(1, 128)
	c, err := m.Context(v.Order(), 1, 128)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if small, large := m.Memory(1, 128), m.Memory(4, 1024); small >= large || small < m.shape.bytes {
		t.Errorf("%d bytes for one stream, %d for four", small, large)
	}
}

func TestChoose(t *testing.T) {
	cpu := device{name: "CPU", description: "a"}
	one, two := device{name: "CUDA0", description: "g", kind: deviceGPU}, device{name: "CUDA1", description: "g", kind: deviceGPU, gpu: 1}
	odd := device{name: "CUDA2", description: "h", kind: deviceGPU, gpu: 2}
	for _, c := range []struct {
		all   []device
		names []string
		want  string
	}{
		{[]device{cpu}, nil, "CPU"},
		{[]device{cpu, one, two}, nil, "CUDA0 CUDA1"},
		{[]device{one, odd, two, cpu}, nil, "CUDA0 CUDA1"},
		{[]device{cpu, one, two}, []string{"cuda1", "cuda0"}, "CUDA1 CUDA0"},
		{[]device{cpu, one, two}, []string{"CPU"}, "CPU"},
		{[]device{cpu, one}, []string{"CPU", "CUDA0"}, ""},
		{[]device{one, odd}, []string{"CUDA0", "CUDA2"}, ""},
		{nil, nil, ""},
	} {
		chosen, err := choose(c.all, c.names)
		var got []string
		for _, d := range chosen {
			got = append(got, d.name)
		}
		if err != nil && c.want != "" || strings.Join(got, " ") != c.want {
			t.Errorf("%v of %v: %v, %v; want %s", c.names, c.all, got, err, c.want)
		}
	}
}
