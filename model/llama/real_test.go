//go:build llama

package llama

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/builtin"
)

// text returns some English of the project's own.
func text(t *testing.T, size int) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "SPEED.md"))
	if err != nil {
		t.Fatal(err)
	}
	return data[:size]
}

// roundTrip compresses content with a model, restores it, and returns the size of its
// one block, which must be neural.
func roundTrip(t *testing.T, content []byte, foreign bool, open func() (*codec.Model, error)) int64 {
	t.Helper()
	var out bytes.Buffer
	e, err := codec.NewEncoder(&out, codec.EncoderOptions{Threads: 1, Foreign: foreign, Model: open})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	members, err := container.List(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || len(members) != 1 || len(members[0].Blocks) != 1 || members[0].Blocks[0].Type != container.Neural {
		t.Fatalf("members %v, %v; want one neural block", members, err)
	}
	model := func(container.ModelID) (*codec.Model, error) { return open() }
	o := codec.DecoderOptions{Threads: 1, Model: model}
	if foreign {
		o = codec.DecoderOptions{Threads: 1, Foreign: model}
	}
	d := codec.NewDecoder(&out, o)
	defer d.Close()
	back, err := io.ReadAll(d)
	if err != nil || !bytes.Equal(back, content) {
		t.Fatalf("%d bytes restored of %d: %v", len(back), len(content), err)
	}
	return members[0].Blocks[0].Size
}

// With the built-in model, llama.cpp makes of a text what the native engine makes of it:
// they differ in the rounding of activations.
func TestBuiltIn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	folder := t.TempDir()
	var first string
	for i, part := range builtin.Parts() {
		path := filepath.Join(folder, fmt.Sprintf("builtin-%05d-of-%05d.gguf", i+1, len(builtin.Parts())))
		if i == 0 {
			first = path
		}
		if err := os.WriteFile(path, part, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Open(first, Options{Threads: 1}, builtin.Parts()...)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	content := text(t, 1500)
	theirs := roundTrip(t, content, true, func() (*codec.Model, error) { return codec.ForeignModel(builtin.ID, m), nil })
	own := roundTrip(t, content, false, func() (*codec.Model, error) { return builtin.Open(builtin.ID) })
	t.Logf("llama.cpp %d bytes, native %d", theirs, own)
	if d := theirs - own; d*50 > own || -d*50 > own {
		t.Errorf("llama.cpp makes %d bytes, the native engine %d: more than 2 %% apart", theirs, own)
	}
}

// A model of another architecture and vocabulary. It is taken from the path in
// PITH_GEMMA, or scripts/gemma.sh fetches it once.
func TestGemma(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute, and fetches 240 MB")
	}
	path := os.Getenv("PITH_GEMMA")
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Skipf("no place for the model: %v", err)
		}
		path = filepath.Join(cache, "pith-test", "gemma-3-270m-q4_k_m.gguf")
		if out, err := exec.Command("bash", filepath.Join("..", "..", "scripts", "gemma.sh"), path).CombinedOutput(); err != nil {
			t.Skipf("no Gemma: %v: %s", err, out)
		}
	}
	m, err := Open(path, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, ok := m.tokens.(*pieces); !ok {
		t.Errorf("the tokenizer is %T, want that of llama.cpp", m.tokens)
	}
	// Tokens of bytes, of several spaces, of HTML, and of other scripts.
	odd := []byte("a\x00\x01\xff\t\n\n\n  b <table>\r\n   \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 <bos><unused7>")
	ids := m.Encode(nil, odd)
	var back []byte
	for _, id := range ids {
		back = append(back, m.Bytes(id)...)
	}
	if !bytes.Equal(back, odd) || len(ids) >= len(odd) {
		t.Errorf("%q became %d tokens and %q", odd, len(ids), back)
	}
	content := append(text(t, 700), odd...)
	id := container.ModelID{External: true, Hash: [8]byte{1}, Size: 1}
	size := roundTrip(t, content, true, func() (*codec.Model, error) { return codec.ForeignModel(id, m), nil })
	t.Logf("%d bytes became %d", len(content), size)
	if size > int64(len(content))/2 {
		t.Errorf("%d bytes became %d: the model helps little", len(content), size)
	}
}
