package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
)

// tiny is a model's file; half, two parts of one.
func tiny() []byte { return tinymodel.Bytes(tinymodel.Small()) }

func halves() (a, b []byte) {
	part := func(no uint32, name string) []byte {
		w := &tinymodel.Writer{}
		w.Uint32("split.no", no)
		w.Uint32("split.count", 2)
		w.Tensor(name, 0, 4, 0, []float32{1, 2, 3, 4})
		return w.Bytes()
	}
	return part(0, "a"), part(1, "b")
}

func TestAdd(t *testing.T) {
	home := isolate(t)
	source := filepath.Join(home, "some model.gguf")
	write(t, source, string(tiny()))
	var read int64
	e, err := Add(source, "", func(n int64) { read = n })
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(tiny())
	if e.Name != "some model" || e.Place != Own || read != int64(len(tiny())) {
		t.Errorf("%+v after %d bytes", e, read)
	}
	if hash, known := e.Hash(); !known || hash != want {
		t.Errorf("recorded hash %x, %v", hash, known)
	}
	record, err := os.ReadFile(filepath.Join(OwnFolder(), "some model.gguf.sha256"))
	if err != nil || string(record) != hex.EncodeToString(want[:])+"  some model.gguf\n" {
		t.Errorf("record %q, %v", record, err)
	}
	if m, err := Open("some model"); err != nil || m.Hash != want {
		t.Errorf("not found: %v", err)
	}
	if _, err := Add(source, "", nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("added twice: %v", err)
	}
	if _, err := Add(source, "twin", nil); err != nil {
		t.Error(err)
	}
	entries, _ := os.ReadDir(OwnFolder())
	if len(entries) != 4 {
		t.Errorf("in the folder: %v", entries)
	}
	if sum, compared, err := e.Verify(nil); err != nil || !compared || sum != want {
		t.Errorf("verify: %v, %v", compared, err)
	}
	if err := Remove(e); err != nil {
		t.Fatal(err)
	}
	if entries, _ = os.ReadDir(OwnFolder()); len(entries) != 2 {
		t.Errorf("left in the folder: %v", entries)
	}
	if _, err := os.Stat(source); err != nil {
		t.Error("the source is gone")
	}
}

func TestAddParts(t *testing.T) {
	home := isolate(t)
	a, b := halves()
	write(t, filepath.Join(home, "m-00001-of-00002.gguf"), string(a))
	second := filepath.Join(home, "m-00002-of-00002.gguf")
	if _, err := Add(filepath.Join(home, "m-00001-of-00002.gguf"), "", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without its second part: %v", err)
	}
	write(t, second, string(b))
	if _, err := Add(second, "", nil); err == nil {
		t.Error("added from the second part")
	}
	e, err := Add(filepath.Join(home, "m-00001-of-00002.gguf"), "other", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(append(bytes.Clone(a), b...))
	if sum, compared, err := e.Verify(nil); err != nil || !compared || sum != want || len(e.Parts) != 2 {
		t.Errorf("%x, %v, %v, %d parts", sum, compared, err, len(e.Parts))
	}
	// A single file of that name would share its record.
	single := filepath.Join(home, "other.gguf")
	write(t, single, string(tiny()))
	if _, err := Add(single, "", nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("added beside: %v", err)
	}
	if err := Remove(e); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(OwnFolder()); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
}

// What is not a good model, and names that could leave the folder.
func TestAddBad(t *testing.T) {
	home := isolate(t)
	good, cut, text := filepath.Join(home, "good.gguf"), filepath.Join(home, "cut.gguf"), filepath.Join(home, "text.gguf")
	write(t, good, string(tiny()))
	write(t, cut, string(tiny()[:len(tiny())-1000]))
	write(t, text, "text")
	if _, err := Add(cut, "", nil); !errors.Is(err, gguf.ErrFormat) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("truncated: %v", err)
	}
	if _, err := Add(text, "", nil); !errors.Is(err, gguf.ErrFormat) {
		t.Errorf("a text: %v", err)
	}
	for _, name := range []string{"../x", "a/b", `a\b`, ".", ".hidden", "-x", "a\nb", "x.gguf", "x-00002-of-00003", "c:x", strings.Repeat("x", 300)} {
		if _, err := Add(good, name, nil); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
	if all := List(); len(all) != 0 {
		t.Errorf("listed: %v", all)
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "")
	if _, err := Add(good, "", nil); err == nil {
		t.Error("added without a folder")
	}
}

func TestRemoveOthers(t *testing.T) {
	home := isolate(t)
	path := filepath.Join(home, "listed", "m.gguf")
	write(t, path, string(tiny()))
	t.Setenv("PITH_MODELS", filepath.Dir(path))
	for _, name := range []string{"m", path} {
		e, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := Remove(e); !errors.Is(err, ErrNotOwn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestVerifyDamaged(t *testing.T) {
	home := isolate(t)
	source := filepath.Join(home, "m.gguf")
	write(t, source, string(tiny()))
	e, err := Add(source, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	data := tiny()
	data[len(data)-1] ^= 1
	write(t, e.Path(), string(data))
	var damaged *DamagedError
	if _, compared, err := e.Verify(nil); !errors.As(err, &damaged) || !compared || damaged.Path != e.Path() {
		t.Errorf("own model: %v, %v", compared, err)
	}
	// It is not found by the hash it had, nor is what it has become mistaken for it.
	hash := sha256.Sum256(tiny())
	if _, err := Find(hash[:8], anySize); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("found: %v", err)
	}
	// In Ollama's store the name of a file is its hash.
	root := filepath.Join(home, "ollama")
	write(t, filepath.Join(root, "manifests", "h", "library", "m", "latest"), `{"layers": [`+layer("model", string(tiny()), len(data))+`]}`)
	blob := filepath.Join(root, "blobs", "sha256-"+digest(string(tiny())))
	write(t, blob, string(data))
	o, err := Lookup("m:latest")
	if err != nil {
		t.Fatal(err)
	}
	if _, compared, err := o.Verify(nil); !errors.As(err, &damaged) || !compared {
		t.Errorf("Ollama's: %v, %v", compared, err)
	}
	write(t, blob, string(tiny()))
	if sum, compared, err := o.Verify(nil); err != nil || !compared || sum != hash {
		t.Errorf("Ollama's, mended: %v, %v", compared, err)
	}
	// Nothing says what a file that was named should be.
	f, err := Lookup(source)
	if err != nil {
		t.Fatal(err)
	}
	if _, compared, err := f.Verify(nil); err != nil || compared {
		t.Errorf("a file: %v, %v", compared, err)
	}
}

// A hash is remembered until the file changes.
func TestRemember(t *testing.T) {
	home := isolate(t)
	path := filepath.Join(home, "m.gguf")
	write(t, path, "one")
	e := fromFile(path, File)
	if _, known := e.Hash(); known {
		t.Error("known before it was read")
	}
	if _, err := e.Sum(nil); err != nil {
		t.Fatal(err)
	}
	if hash, known := e.Hash(); !known || hash != sha256.Sum256([]byte("one")) {
		t.Errorf("not remembered: %v", known)
	}
	write(t, path, "two")
	if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if _, known := e.Hash(); known {
		t.Error("known after it changed")
	}
	// A record of rubbish is as none.
	write(t, memoryPath(), "rubbish")
	if _, known := e.Hash(); known {
		t.Error("known from rubbish")
	}
	if sum, err := e.Sum(nil); err != nil || sum != sha256.Sum256([]byte("two")) {
		t.Error(err)
	}
	if hash, known := e.Hash(); !known || hash != sha256.Sum256([]byte("two")) {
		t.Error("not remembered anew")
	}
}
