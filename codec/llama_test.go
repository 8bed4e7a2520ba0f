//go:build llama

package codec_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/llama"
	"github.com/pith-codec/pith/model/lm"
)

var tinyID = container.ModelID{Number: 77}

// open writes a tiny model to a file and has llama.cpp load it.
func open(t *testing.T, o llama.Options) *llama.Model {
	t.Helper()
	data := tinymodel.Bytes(tinymodel.Small())
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	m, err := llama.Open(path, o, data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func compress(t *testing.T, b codec.Backend, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	e, err := codec.NewEncoder(&out, codec.EncoderOptions{Threads: 1, Foreign: true,
		Model: func() (*codec.Model, error) { return codec.ForeignModel(tinyID, b), nil }})
	if err != nil {
		t.Fatal(err)
	}
	e.PreferShort()
	if _, err := e.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func restore(b codec.Backend, file []byte, force bool) ([]byte, error) {
	d := codec.NewDecoder(bytes.NewReader(file), codec.DecoderOptions{Threads: 1, Force: force,
		Foreign: func(id container.ModelID) (*codec.Model, error) { return codec.ForeignModel(id, b), nil }})
	defer d.Close()
	return io.ReadAll(d)
}

// neural returns the number of neural blocks of a file.
func neural(t *testing.T, file []byte) (n int) {
	t.Helper()
	members, err := container.List(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range members[0].Blocks {
		if b.Type == container.Neural {
			n++
		}
	}
	return n
}

// The bytes depend neither on workers nor on threads, and come back with any number
// of them.
func TestLlamaWorkers(t *testing.T) {
	content := append(codec.Prose(12000), "caf\xc3\xa9 \x04 \xff end"...)
	var first []byte
	for _, o := range []llama.Options{{Workers: 1, Threads: 1}, {Workers: 2, Threads: 1}, {Workers: 4, Threads: 1}} {
		m := open(t, o)
		file := compress(t, m, content)
		if first == nil {
			first = file
			if n := neural(t, file); n != 3 {
				t.Fatalf("%d neural blocks, want 3", n)
			}
		}
		if !bytes.Equal(file, first) {
			t.Errorf("%+v makes another file", o)
		}
		if back, err := restore(m, first, false); err != nil || !bytes.Equal(back, content) {
			t.Errorf("%+v: %d bytes, %v", o, len(back), err)
		}
	}
}

// masked is llama.cpp with another fingerprint, or wrong in some of its contexts.
type masked struct {
	*llama.Model
	fingerprint string
	wrong       func(n int) bool // asked of the n-th context, from 0
	count       int
}

func (m *masked) Fingerprint() string { return m.fingerprint }

func (m *masked) Context(order []int32, streams, window int) (codec.Context, error) {
	c, err := m.Model.Context(order, streams, window)
	if err == nil && m.wrong != nil && m.wrong(m.count) {
		c = &liar{Context: c}
	}
	m.count++
	return c, err
}

// liar is wrong once, far into a block.
type liar struct {
	codec.Context
	calls int
}

func (l *liar) Run(rows []codec.Row, out []*lm.Weights) error {
	if l.calls++; l.calls == 100 {
		rows[0].Token ^= 1
	}
	return l.Context.Run(rows, out)
}

func TestLlamaFingerprint(t *testing.T) {
	m := open(t, llama.Options{Threads: 1})
	content := codec.Prose(3000)
	file := compress(t, m, content)
	other := &masked{Model: m, fingerprint: "engine=llama.cpp;device=abacus"}
	var foreign *codec.ForeignError
	if back, err := restore(other, file, false); !errors.As(err, &foreign) || foreign.Need != container.Fit(m.Fingerprint()) || len(back) > 0 || other.count > 0 {
		t.Errorf("%d bytes, %v", len(back), err)
	}
	if back, err := restore(other, file, true); err != nil || !bytes.Equal(back, content) {
		t.Errorf("forced: %v", err)
	}
	other.wrong = func(int) bool { return true }
	var diverged *codec.DivergedError
	if back, err := restore(other, file, true); !errors.As(err, &diverged) || len(back) > 0 {
		t.Errorf("forced, with wrong results: %d bytes, %v", len(back), err)
	}
}

// A block that llama.cpp does not restore is coded without it.
func TestLlamaFallsBack(t *testing.T) {
	m := open(t, llama.Options{Threads: 1})
	content := codec.Prose(9000)
	b := &masked{Model: m, fingerprint: m.Fingerprint(), wrong: func(n int) bool { return n == 1 }}
	file := compress(t, b, content)
	if n := neural(t, file); n != 1 {
		t.Errorf("%d neural blocks of two, of which one is not restored", n)
	}
	if back, err := restore(m, file, false); err != nil || !bytes.Equal(back, content) {
		t.Error(err)
	}
}

// What the native engine computes is the same before and after llama.cpp has run, on the
// thread that called it and on others.
func TestLlamaHarmsNothing(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	codec.CheckGolden(t)
	m := open(t, llama.Options{Threads: 1, Workers: 2})
	compress(t, m, codec.Prose(9000))
	codec.CheckGolden(t)
	var wait sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			runtime.LockOSThread() // and end it with the goroutine
			codec.CheckGolden(t)
		}()
	}
	wait.Wait()
}
