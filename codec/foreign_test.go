package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/lm"
	"github.com/pith-codec/pith/model/lm/kernel"
)

// guest is a Backend that is the native engine behind a mask.
type guest struct {
	Tokens
	m           *Model
	workers     int
	fingerprint string
	opened      func(n int) (wrong bool, err error) // asked of the n-th context, from 0

	lock            sync.Mutex
	count, at, most int // contexts opened so far, open now, open at once at most
}

const guestPrint = "engine=guest;device=one"

func newGuest(t testing.TB, workers int) *guest {
	t.Helper()
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	return &guest{Tokens: m.tokens, m: m, workers: workers, fingerprint: guestPrint,
		opened: func(int) (bool, error) { return false, nil }}
}

func (g *guest) Fingerprint() string              { return g.fingerprint }
func (g *guest) Workers() int                     { return g.workers }
func (g *guest) Memory(streams, window int) int64 { return 1 << 20 }

func (g *guest) Context(order []int32, streams, window int) (Context, error) {
	g.lock.Lock()
	n := g.count
	g.count++
	g.at++
	g.most = max(g.most, g.at)
	g.lock.Unlock()
	wrong, err := g.opened(n)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(order, g.m.vocabulary.Order()) {
		return nil, errors.New("another order of leaves")
	}
	k, err := kernel.Default()
	if err != nil {
		return nil, err
	}
	c := &guestContext{g: g, wrong: wrong, native: native{engine: lm.NewEngine(g.m.lm, k, 1, maxBatch)}}
	for range streams {
		c.states = append(c.states, g.m.lm.NewStream(window, prefill))
	}
	return c, nil
}

type guestContext struct {
	native
	g     *guest
	wrong bool // it says something else from its third call on
	calls int
}

func (c *guestContext) Run(rows []Row, out []*lm.Weights) error {
	c.calls++
	if c.wrong && c.calls > 2 {
		rows = slices.Clone(rows)
		rows[0].Token = c.g.BOS() + 20
	}
	return c.native.Run(rows, out)
}

func (c *guestContext) Close() {
	c.engine.Close()
	c.g.lock.Lock()
	defer c.g.lock.Unlock()
	c.g.at--
}

// abroad compresses content with a Backend.
func abroad(g *guest, content []byte) ([]byte, error) {
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncoderOptions{Threads: 1, Foreign: true, Model: func() (*Model, error) { return ForeignModel(tinyID, g), nil }})
	if err != nil {
		return nil, err
	}
	e.level = short
	if _, err := e.Write(content); err != nil {
		return nil, err
	}
	err = e.Close()
	return out.Bytes(), err
}

// home restores it.
func home(g *guest, file []byte, force bool) ([]byte, error) {
	o := DecoderOptions{Threads: 1, Model: tinyOnly, Force: force}
	if g != nil {
		o.Foreign = func(id container.ModelID) (*Model, error) { return ForeignModel(id, g), nil }
	}
	d := NewDecoder(bytes.NewReader(file), o)
	defer d.Close()
	return io.ReadAll(d)
}

func types(t *testing.T, file []byte) (s string) {
	t.Helper()
	for _, b := range blocks(t, file) {
		s += b.Type.String()[:1]
	}
	return s
}

func TestForeignRoundTrip(t *testing.T) {
	for name, content := range inputs() {
		g := newGuest(t, 3)
		file, err := abroad(g, content)
		if err != nil {
			t.Fatal(name, err)
		}
		back, err := home(g, file, false)
		if err != nil || !bytes.Equal(back, content) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(back), len(content), err)
		}
		if g.at != 0 {
			t.Errorf("%s: %d contexts were left open", name, g.at)
		}
	}
}

// The bytes depend neither on the number of workers nor on which of them is slow.
func TestWorkers(t *testing.T) {
	content := append(noise(6000, 9), prose(19000)...)
	var first []byte
	for _, workers := range []int{1, 2, 4} {
		g := newGuest(t, workers)
		g.opened = func(n int) (bool, error) {
			time.Sleep(time.Duration(n*7%5) * 3 * time.Millisecond)
			return false, nil
		}
		file, err := abroad(g, content)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = file
		}
		if !bytes.Equal(file, first) {
			t.Errorf("%d workers make another file", workers)
		}
		if n := strings.Count(types(t, file), "n"); n < 3 {
			t.Errorf("%d workers: only %d neural blocks", workers, n)
		}
		if g.most > workers || workers > 1 && g.most == 1 {
			t.Errorf("%d workers had %d contexts at once", workers, g.most)
		}
		g.most = 0
		back, err := home(g, file, false)
		if err != nil || !bytes.Equal(back, content) {
			t.Errorf("%d workers: %v", workers, err)
		}
		if g.most > workers || workers > 1 && g.most == 1 {
			t.Errorf("%d workers had %d contexts at once, decoding", workers, g.most)
		}
	}
}

// The first block that is decoded has the second beside it, though only its engine tells how
// many there may be.
func TestWorkersFromTheBeginning(t *testing.T) {
	g := newGuest(t, 2)
	content := prose(9000)
	file, err := abroad(g, content)
	if err != nil || types(t, file) != "nn" {
		t.Fatalf("blocks %q, %v", types(t, file), err)
	}
	g.most, g.count = 0, 0
	second := make(chan struct{})
	g.opened = func(n int) (bool, error) {
		if n == 1 {
			close(second)
		}
		select {
		case <-second:
		case <-time.After(10 * time.Second):
			t.Error("no second context while the first is open")
		}
		return false, nil
	}
	if back, err := home(g, file, false); err != nil || !bytes.Equal(back, content) || g.most != 2 {
		t.Errorf("%d bytes, %d contexts at once, %v", len(back), g.most, err)
	}
}

// With the same engine, what is made in lockstep has the blocks that the native way
// makes: only the header differs.
func TestForeignIsNative(t *testing.T) {
	content := prose(5000)
	file, err := abroad(newGuest(t, 1), content)
	if err != nil {
		t.Fatal(err)
	}
	own, theirs := blocks(t, compress(t, content, short, 1)), blocks(t, file)
	if len(own) != 1 || len(theirs) != 1 || theirs[0].Type != container.Neural || own[0].Size != theirs[0].Size {
		t.Fatalf("blocks %v and %v", own, theirs)
	}
	n := int(own[0].Size) - 20
	if native := compress(t, content, short, 1); !bytes.Equal(native[len(native)-n:], file[len(file)-n:]) {
		t.Error("the payloads differ")
	}
}

func TestForeignRefused(t *testing.T) {
	content := prose(12000)
	g := newGuest(t, 2)
	file, err := abroad(g, content)
	if err != nil {
		t.Fatal(err)
	}
	var foreign *ForeignError
	if _, err := home(nil, file, true); !errors.As(err, &foreign) || foreign.Have != "" || foreign.Need != guestPrint {
		t.Errorf("without an engine: %v", err)
	}
	for have, want := range map[string]string{
		"engine=guest;device=two":        `: device is "one", here "two"`,
		"engine=guest":                   `: device is "one", here ""`,
		"engine=guest;device=one;a=b":    `: a is not stated, here "b"`,
		"engine=other;device=one;cache=": `: engine is "guest", here "other", cache is not stated, here ""`,
	} {
		other := newGuest(t, 2)
		other.fingerprint = have
		if back, err := home(other, file, false); !errors.As(err, &foreign) || !strings.HasSuffix(err.Error(), want) || len(back) > 0 {
			t.Errorf("%s: %d bytes, %v", have, len(back), err)
		}
		if other.count > 0 {
			t.Errorf("%s: it was tried", have)
		}
		// Forced, the hash decides: this engine does compute the same.
		if back, err := home(other, file, true); err != nil || !bytes.Equal(back, content) {
			t.Errorf("%s, forced: %v", have, err)
		}
	}
	// And one that computes otherwise does not get through.
	other := newGuest(t, 2)
	other.fingerprint = "engine=guest;device=two"
	other.opened = func(int) (bool, error) { return true, nil }
	var diverged *DivergedError
	if back, err := home(other, file, true); !errors.As(err, &diverged) || len(back) > 0 {
		t.Errorf("forced, with wrong results: %d bytes, %v", len(back), err)
	}
}

// A block that does not come back is coded without the engine, and is then restored
// without it.
func TestForeignFallsBack(t *testing.T) {
	content := prose(14000) // three blocks of two contexts each
	for _, c := range []struct {
		wrong []int // contexts
		want  string
	}{{nil, "nnn"}, {[]int{1}, "mnn"}, {[]int{3}, "nmn"}, {[]int{0, 4}, "mnm"}, {[]int{1, 3, 5}, "mmm"}} {
		g := newGuest(t, 1)
		g.opened = func(n int) (bool, error) { return slices.Contains(c.wrong, n), nil }
		file, err := abroad(g, content)
		if err != nil {
			t.Fatal(err)
		}
		if got := types(t, file); got != c.want {
			t.Errorf("wrong contexts %v: blocks %s, want %s", c.wrong, got, c.want)
		}
		if back, err := home(newGuest(t, 1), file, false); err != nil || !bytes.Equal(back, content) {
			t.Errorf("wrong contexts %v: %v", c.wrong, err)
		}
	}
}

// A tokenizer that loses something costs nothing but the language model.
func TestForeignTokensLost(t *testing.T) {
	g := newGuest(t, 1)
	g.Tokens = forgets{g.Tokens}
	content := prose(4000)
	file, err := abroad(g, content)
	if err != nil || types(t, file) != "m" {
		t.Fatalf("blocks %s, %v", types(t, file), err)
	}
	if back, err := home(nil, file, false); err != nil || !bytes.Equal(back, content) {
		t.Error(err)
	}
}

type forgets struct{ Tokens }

func (f forgets) Encode(dst []int32, text []byte) []int32 {
	return f.Tokens.Encode(dst, bytes.ReplaceAll(text, []byte("fox"), nil))
}

// An error of the engine ends the work, and comes after the blocks before it.
func TestForeignFails(t *testing.T) {
	content := prose(17000)
	fault := errors.New("out of memory")
	g := newGuest(t, 3)
	g.opened = func(n int) (bool, error) {
		if n >= 4 {
			return false, fault
		}
		return false, nil
	}
	if _, err := abroad(g, content); !errors.Is(err, fault) {
		t.Errorf("compressing: %v", err)
	}
	file, err := abroad(newGuest(t, 3), content)
	if err != nil {
		t.Fatal(err)
	}
	g = newGuest(t, 1)
	g.opened = func(n int) (bool, error) {
		if n == 2 {
			return false, fault
		}
		return false, nil
	}
	if back, err := home(g, file, false); !errors.Is(err, fault) || len(back) != 2*short.block {
		t.Errorf("restoring: %d bytes, %v", len(back), err)
	}
}

func TestForeignLimits(t *testing.T) {
	d, err := NewDictionary([]byte("some words"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewEncoder(io.Discard, EncoderOptions{Foreign: true, Dictionary: d}); err == nil {
		t.Error("a dictionary was allowed")
	}
	write := func(h container.Header, streams int) []byte {
		var file bytes.Buffer
		h.Model, h.Foreign = tinyID, guestPrint
		w := container.NewWriter(&file, h)
		content := prose(5000)
		err := w.WriteBlock(&container.Block{Type: container.Neural, Length: len(content), Hash: container.Hash(content),
			Tokens: 2000, Streams: streams, Window: 256, Payload: []byte("payload")})
		if err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return file.Bytes()
	}
	for name, c := range map[string]struct {
		file []byte
		want any
	}{
		"numerics":   {write(container.Header{Numerics: Numerics + 1}, 1), new(*NumericsError)},
		"dictionary": {write(container.Header{Numerics: Numerics, Primed: true}, 1), new(*container.UnsupportedError)},
		"streams":    {write(container.Header{Numerics: Numerics}, 2*MaxForeignStreams), new(*container.UnsupportedError)},
		"payload":    {write(container.Header{Numerics: Numerics}, 1), new(*DivergedError)},
	} {
		if _, err := home(newGuest(t, 1), c.file, false); !errors.As(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, fmt.Sprintf("%T", c.want)[2:])
		}
	}
}

// An engine that has more to say of itself than a header has room for is told from one that
// differs where the room ends.
func TestForeignLongFingerprint(t *testing.T) {
	g := newGuest(t, 1)
	g.fingerprint = "engine=guest;compiler=gcc -O3 -march=native;features=" + strings.Repeat("AVX512_VNNI,", 22) + ";batch=64;cache=f16"
	content := prose(200)
	file, err := abroad(g, content)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(types(t, file), "n") {
		t.Fatal("no block is neural")
	}
	if back, err := home(g, file, false); err != nil || !bytes.Equal(back, content) {
		t.Errorf("%d bytes of %d, %v", len(back), len(content), err)
	}
	for was, change := range map[string]string{"cache=f16": "cache=f32", ",;": ",X;"} {
		other := newGuest(t, 1)
		other.fingerprint = strings.Replace(g.fingerprint, was, change, 1)
		var foreign *ForeignError
		if back, err := home(other, file, false); !errors.As(err, &foreign) || len(back) > 0 {
			t.Errorf("%s: %d bytes, %v", change, len(back), err)
		}
	}
}
