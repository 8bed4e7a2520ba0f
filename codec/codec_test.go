package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/internal/tinymodel"
)

var tinyID = container.ModelID{Number: 77}

var tiny = sync.OnceValues(func() (*Model, error) { return OpenModel(tinyID, tinymodel.Bytes(tinymodel.Small())) })

func tinyOnly(id container.ModelID) (*Model, error) {
	if id != tinyID {
		return nil, errors.New("only the tiny model is here")
	}
	return tiny()
}

// short is a level that makes several streams and a moving window of little
// text. The tiny model predicts badly, so it has to be preferred.
var short = level{window: 128, stream: 100, streams: 8, block: 5000, prefer: true}

func compress(t testing.TB, content []byte, l level, threads int) []byte {
	t.Helper()
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncoderOptions{Threads: threads, Model: tiny})
	if err != nil {
		t.Fatal(err)
	}
	e.level = l
	if n, err := e.Write(content); err != nil || n != len(content) {
		t.Fatal(n, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func restore(in io.Reader, threads int) ([]byte, error) {
	d := NewDecoder(in, DecoderOptions{Threads: threads, Model: tinyOnly})
	defer d.Close()
	return io.ReadAll(d)
}

func noise(n int, seed uint64) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*6364136223846793005 + 1442695040888963407
		b[i] = byte(seed >> 56)
	}
	return b
}

// prose is text that neither the tiny model nor the mixer makes much of at
// first.
func prose(n int) []byte {
	words := strings.Fields("the quick brown fox jumps over a lazy dog while seven wizards box and judge my vow")
	var b strings.Builder
	for i, seed := 0, uint64(1); b.Len() < n; i++ {
		seed = seed*6364136223846793005 + 1442695040888963407
		b.WriteString(words[seed>>40%uint64(len(words))])
		b.WriteByte(" \n"[b2i(seed>>60 == 0)])
	}
	return []byte(b.String()[:n])
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func inputs() map[string][]byte {
	crlf := bytes.ReplaceAll(prose(3000), []byte("\n"), []byte("\r\n"))
	mixed := append(bytes.Clone(crlf), "lone\nends\n\r\n\r\r\n\n"...)
	return map[string][]byte{
		"empty": nil, "one byte": []byte("x"), "zero": {0}, "two": []byte("ab"), "line end": []byte("\r\n"),
		"noise": noise(4000, 3), "zeros": make([]byte, 20000), "prose": prose(4000),
		"block - 1": prose(4999), "block": prose(5000), "block + 1": prose(5001), "blocks": prose(23456),
		"crlf": crlf, "mixed line ends": mixed, "CRs": bytes.Repeat([]byte("\r"), 300),
		"special":   []byte(strings.Repeat("<|special0|><|endoftext|> and then some text ", 20)),
		"controls":  bytes.Repeat([]byte("text with \x04 and \x06 that have no token, and \xff\xfe \xc0 too. "), 30),
		"all bytes": noise(70000, 9), "text last": append(noise(10000, 6), prose(900)...), "mixed": append(append(prose(5000), noise(5000, 4)...), prose(3000)...),
	}
}

func TestRoundTrip(t *testing.T) {
	kinds := map[container.Type]int{}
	for name, content := range inputs() {
		for _, l := range []level{short, levels[1]} {
			file := compress(t, content, l, 2)
			got, err := restore(bytes.NewReader(file), 2)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: %d bytes restored of %d, %v", name, len(got), len(content), err)
			}
			if n := len(content); len(file) > n+64+24*(n/l.block) {
				t.Errorf("%s: %d bytes became %d", name, n, len(file))
			}
			for r := container.NewReader(bytes.NewReader(file)); ; {
				b, err := r.Next()
				if err != nil {
					break
				}
				kinds[b.Type]++
			}
		}
	}
	for _, kind := range []container.Type{container.Stored, container.Mixing, container.Neural} {
		if kinds[kind] == 0 {
			t.Errorf("no block of type %d was made: %v", kind, kinds)
		}
	}
}

// Any bytes at all go through the neural coder, with any number of streams.
func TestNeuralAnyBytes(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	n, err := newNeural(m, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	var all []byte
	for b := range 256 {
		all = append(all, byte(b), byte(b))
	}
	for name, text := range map[string][]byte{
		"all bytes": all, "noise": noise(3000, 1), "escapes": bytes.Repeat([]byte{0xFF, 4, 0xC0}, 99),
		"escape first": append([]byte{6}, prose(50)...), "escape last": append(prose(50), 6), "one": {'e'}, "one escape": {0xF5},
		"invalid UTF-8": []byte("caf\xc3 \xe2\x82 ok \xed\xa0\x80 end"), "special": []byte("<|special0|><|im_start|>"),
	} {
		tokens := m.tokens.Encode(nil, text)
		for streams := 1; streams <= min(16, len(tokens)); streams *= 2 {
			s := shape{streams, 128}
			payload, err := n.encode(unprimed, tokens, unprimed.repeated(tokens, s), len(text), s, func(int) {})
			if err != nil {
				t.Error(err)
			}
			got, err := n.decode(payload, len(tokens), len(text), len(text), s, func(int) {})
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s, %d streams: %q, %v", name, streams, got, err)
			}
		}
	}
}

// The file depends on nothing but the input and the level.
func TestOneFile(t *testing.T) {
	content := inputs()["blocks"]
	want := compress(t, content, short, 1)
	for _, threads := range []int{2, 3, 8} {
		if got := compress(t, content, short, threads); !bytes.Equal(got, want) {
			t.Errorf("%d threads make another file", threads)
		}
		if got, err := restore(bytes.NewReader(want), threads); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d threads restore something else: %v", threads, err)
		}
	}
	old := runtime.GOMAXPROCS(1)
	if got := compress(t, content, short, 2); !bytes.Equal(got, want) {
		t.Error("another file with GOMAXPROCS=1")
	}
	runtime.GOMAXPROCS(old)
	for name, in := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(bytes.NewReader(content)), "halves": iotest.HalfReader(bytes.NewReader(content)),
		"with EOF": iotest.DataErrReader(bytes.NewReader(content)),
	} {
		var out bytes.Buffer
		e, _ := NewEncoder(&out, EncoderOptions{Model: tiny})
		e.level = short
		if _, err := io.Copy(e, in); err != nil || e.Close() != nil || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s: another file (%v)", name, err)
		}
	}
	if err := iotest.TestReader(NewDecoder(bytes.NewReader(want), DecoderOptions{Model: tinyOnly}), content); err != nil {
		t.Error(err)
	}
}

func TestKernelsMakeOneFile(t *testing.T) {
	content := inputs()["mixed"]
	t.Setenv("PITH_KERNELS", "generic")
	want := compress(t, content, short, 2)
	tried := 0
	for _, name := range []string{"avx2", "avxvnni", "avx512vnni", "neon", "neondot", "neoni8mm", "amx"} {
		t.Setenv("PITH_KERNELS", name)
		m, _ := tiny()
		n, err := newNeural(m, 1, nil)
		if err != nil {
			continue
		}
		n.close()
		tried++
		if got := compress(t, content, short, 2); !bytes.Equal(got, want) {
			t.Errorf("%s kernels make another file", name)
		}
		if got, err := restore(bytes.NewReader(want), 2); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s kernels restore something else: %v", name, err)
		}
	}
	t.Logf("%d sets of kernels beside the generic", tried)
	t.Setenv("PITH_KERNELS", "none-such")
	if _, err := restore(bytes.NewReader(want), 2); err == nil {
		t.Error("kernels that do not exist were accepted")
	}
}

// samples returns a small file of each block type, and one of several.
func samples(t testing.TB) map[string][]byte {
	files := map[string][]byte{
		"stored":  compress(t, noise(40, 5), short, 1),
		"mixing":  compress(t, bytes.Repeat([]byte("ab\x00\x01"), 100), short, 1),
		"neural":  compress(t, prose(300), short, 1),
		"lines":   compress(t, bytes.ReplaceAll(prose(400), []byte(" "), []byte("\r\n")), short, 1),
		"several": compress(t, append(noise(70, 1), prose(200)...), level{window: 128, stream: 50, streams: 4, block: 70, prefer: true}, 1),
	}
	for name, want := range map[string]container.Type{"stored": container.Stored, "mixing": container.Mixing, "neural": container.Neural, "lines": container.Neural} {
		b, err := container.NewReader(bytes.NewReader(files[name])).Next()
		if err != nil || b.Type != want || b.Transformed != (name == "lines") {
			t.Fatalf("%s is of type %d (%v)", name, b.Type, err)
		}
	}
	return files
}

func corrupt(err error) bool {
	var c *container.CorruptError
	return errors.As(err, &c) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, container.ErrFormat)
}

func TestEveryBitFlip(t *testing.T) {
	for name, file := range samples(t) {
		for i := range 8 * len(file) {
			damaged := bytes.Clone(file)
			damaged[i/8] ^= 1 << (i % 8)
			if got, err := restore(bytes.NewReader(damaged), 1); !corrupt(err) {
				t.Errorf("%s: bit %d flipped: %d bytes, %v", name, i, len(got), err)
			}
		}
		for n := range file {
			if got, err := restore(bytes.NewReader(file[:n]), 1); !corrupt(err) {
				t.Errorf("%s: cut to %d bytes: %d bytes, %v", name, n, len(got), err)
			}
		}
	}
}

// A file that names a model which is not at hand, other numerics, or the right
// model with other weights, is told apart from damage, and nothing of the block
// comes out.
func TestCannotDecodeHere(t *testing.T) {
	file := samples(t)["neural"]
	read := func(file []byte, o DecoderOptions) error {
		d := NewDecoder(bytes.NewReader(file), o)
		got, err := io.ReadAll(d)
		if len(got) > 0 {
			t.Errorf("%d bytes came out before %v", len(got), err)
		}
		return err
	}
	var model *ModelError
	if err := read(file, DecoderOptions{}); !errors.As(err, &model) || model.Need != tinyID {
		t.Errorf("without models: %v", err)
	}
	gone := errors.New("gone")
	err := read(file, DecoderOptions{Model: func(container.ModelID) (*Model, error) { return nil, gone }})
	if !errors.As(err, &model) || !errors.Is(err, gone) {
		t.Errorf("with a model that does not open: %v", err)
	}
	other := tinymodel.Small()
	other.Seed++
	changed, err := OpenModel(tinyID, tinymodel.Bytes(other))
	if err != nil {
		t.Fatal(err)
	}
	var diverged *DivergedError
	if err := read(file, DecoderOptions{Model: func(container.ModelID) (*Model, error) { return changed, nil }}); !errors.As(err, &diverged) {
		t.Errorf("with other weights: %v", err)
	}
	r := container.NewReader(bytes.NewReader(file))
	b, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	h := r.Header()
	h.Numerics++
	var rewritten bytes.Buffer
	w := container.NewWriter(&rewritten, h)
	if err := errors.Join(w.WriteBlock(b), w.Close()); err != nil {
		t.Fatal(err)
	}
	var numerics *NumericsError
	if err := read(rewritten.Bytes(), DecoderOptions{Model: tinyOnly}); !errors.As(err, &numerics) || numerics.Need != h.Numerics {
		t.Errorf("with other numerics: %v", err)
	}
}

// A few bytes cannot ask for any amount of memory.
func TestMemoryLimit(t *testing.T) {
	content := make([]byte, 1<<20)
	b := &container.Block{Type: container.Neural, Length: len(content), Tokens: len(content), Streams: 1 << 15, Window: 1 << 15,
		Payload: []byte("x"), Hash: container.Hash(content)}
	var out bytes.Buffer
	w := container.NewWriter(&out, container.Header{Model: tinyID, Numerics: Numerics})
	if err := errors.Join(w.WriteBlock(b), w.Close()); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := restore(bytes.NewReader(out.Bytes()), 1)
	runtime.ReadMemStats(&after)
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Need <= limit.Limit {
		t.Errorf("32,768 streams of 32,768 tokens: %v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
		t.Errorf("%d bytes were allocated all the same", n)
	}
	d := NewDecoder(bytes.NewReader(samples(t)["neural"]), DecoderOptions{Model: tinyOnly, Memory: 1 << 20})
	if _, err := io.ReadAll(d); !errors.As(err, &limit) {
		t.Errorf("with a limit of 1 MiB: %v", err)
	}
}

// Every change of a payload whose check was made good again is found out.
func TestRepairedChecks(t *testing.T) {
	for name, file := range samples(t) {
		r := container.NewReader(bytes.NewReader(file))
		b, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if b.Type == container.Stored {
			continue
		}
		for i := range len(b.Payload) {
			c := *b
			c.Payload = bytes.Clone(b.Payload)
			c.Payload[i] ^= 0x10
			var out bytes.Buffer
			w := container.NewWriter(&out, r.Header())
			if err := errors.Join(w.WriteBlock(&c), w.Close()); err != nil {
				t.Fatal(err)
			}
			got, err := restore(bytes.NewReader(out.Bytes()), 1)
			if err == nil || len(got) > 0 {
				t.Errorf("%s: payload byte %d changed: %d bytes, %v", name, i, len(got), err)
			}
		}
	}
}

func TestOptions(t *testing.T) {
	for _, l := range []int{-1, 10} {
		if _, err := NewEncoder(io.Discard, EncoderOptions{Level: l}); err == nil {
			t.Errorf("level %d was accepted", l)
		}
	}
	e, _ := NewEncoder(io.Discard, EncoderOptions{})
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if _, err := e.Write([]byte("x")); err == nil {
		t.Error("written after Close")
	}
	broken := errors.New("no model")
	e, _ = NewEncoder(io.Discard, EncoderOptions{Model: func() (*Model, error) { return nil, broken }})
	e.Write(prose(500))
	if err := e.Close(); !errors.Is(err, broken) {
		t.Errorf("a model that does not open: %v", err)
	}
}

func TestProgress(t *testing.T) {
	content := prose(20000)
	var last int64
	watch := func(raw, coded int64) {
		if raw < last || coded < 0 {
			t.Errorf("progress went from %d to %d", last, raw)
		}
		last = raw
	}
	var out bytes.Buffer
	e, _ := NewEncoder(&out, EncoderOptions{Model: tiny, Progress: watch})
	e.level = short
	e.Write(content)
	e.Close()
	if last != int64(len(content)) {
		t.Errorf("compressing ended at %d", last)
	}
	last = 0
	d := NewDecoder(&out, DecoderOptions{Model: tinyOnly, Progress: watch})
	if _, err := io.ReadAll(d); err != nil || last != int64(len(content)) {
		t.Errorf("restoring ended at %d, %v", last, err)
	}
}

// The memory a file states must suffice for decoding it; the levels' shapes
// must be ones the format and the engine have.
func TestLevels(t *testing.T) {
	for n := MinLevel; n <= MaxLevel; n++ {
		l := levels[n]
		if l.block > container.MaxContent || l.block == 0 {
			t.Errorf("level %d: blocks of %d", n, l.block)
		}
		if l.window == 0 {
			continue
		}
		for _, tokens := range []int{1, 2, l.stream - 1, l.stream, 3 * l.stream, container.MaxNeural} {
			s := l.shape(tokens)
			b := container.Block{Type: container.Neural, Length: max(tokens, 2), Tokens: tokens, Streams: s.streams, Window: s.window}
			if err := container.NewWriter(io.Discard, container.Header{}).WriteBlock(&b); err != nil || s.supported(false) != nil {
				t.Errorf("level %d: %d tokens in shape %v: %v", n, tokens, s, err)
			}
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, content := range inputs() {
		f.Add(content[:min(len(content), 200)])
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		l := level{window: 128, stream: 20, streams: 4, block: 300, prefer: true}
		got, err := restore(bytes.NewReader(compress(t, content, l, 1)), 1)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%q came back as %q, %v", content, got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, file := range samples(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		hostile(t, file)
	})
}

// BenchmarkReal measures the default model on 128 KiB of text at the default
// level.
func BenchmarkReal(b *testing.B) {
	m := realModel(b)
	text := shareddata.Read(b, "corpora/canterbury/lcet10.txt")[:1<<17]
	tokens := m.tokens.Encode(nil, text)
	n, err := newNeural(m, runtime.GOMAXPROCS(0), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer n.close()
	for _, streams := range []int{1, 8, 32} {
		s := shape{streams, levels[DefaultLevel].window}
		var payload []byte
		b.Run(fmt.Sprintf("encode/streams=%d", streams), func(b *testing.B) {
			for b.Loop() {
				payload, _ = n.encode(unprimed, tokens, unprimed.repeated(tokens, s), len(text), s, func(int) {})
			}
			b.ReportMetric(float64(len(tokens)*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
		if streams == 1 {
			continue // minutes
		}
		b.Run(fmt.Sprintf("decode/streams=%d", streams), func(b *testing.B) {
			for b.Loop() {
				if _, err := n.decode(payload, len(tokens), len(text), len(text), s, func(int) {}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(tokens)*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// An encoder that is given up writes no end, takes nothing more, and leaves no
// threads behind.
func TestAbort(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncoderOptions{Level: 6, Threads: 4, Model: func() (*Model, error) { return m, nil }})
	if err != nil {
		t.Fatal(err)
	}
	e.level.block, e.level.prefer = 1000, true
	if _, err := e.Write(prose(2500)); err != nil {
		t.Fatal(err)
	}
	if e.neural == nil || runtime.NumGoroutine() <= before {
		t.Fatal("no threads were at work")
	}
	written := out.Len()
	e.Abort()
	e.Abort()
	if _, err := e.Write([]byte("more")); err == nil {
		t.Error("takes more")
	}
	if err := e.Close(); err == nil {
		t.Error("can be closed")
	}
	if out.Len() != written {
		t.Errorf("wrote %d bytes more", out.Len()-written)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	if _, err := io.ReadAll(NewDecoder(&out, DecoderOptions{Model: func(container.ModelID) (*Model, error) { return m, nil }})); err == nil {
		t.Error("what was written is complete")
	}
}
