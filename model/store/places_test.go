package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func digest(data string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(data))) }

// link makes a link, or skips the test where there are none.
func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.FromSlash(to), path); err != nil {
		t.Skipf("skipped: no symbolic links here: %v", err)
	}
}

// byName returns the entries of List, which must have different names.
func byName(t *testing.T) map[string]Entry {
	t.Helper()
	all := map[string]Entry{}
	for _, e := range List() {
		if _, twice := all[e.Name]; twice {
			t.Errorf("%s is listed twice", e.Name)
		}
		all[e.Name] = e
	}
	return all
}

func layer(kind, data string, size int) string {
	return fmt.Sprintf(`{"mediaType": "application/vnd.ollama.image.%s", "digest": "sha256:%s", "size": %d}`, kind, digest(data), size)
}

func TestOllama(t *testing.T) {
	root := filepath.Join(isolate(t), "ollama")
	manifest := func(path string, layers ...string) {
		write(t, filepath.Join(root, "manifests", path), `{"schemaVersion": 2, "layers": [`+strings.Join(layers, ", ")+`]}`)
	}
	blob := func(data, content string) { write(t, filepath.Join(root, "blobs", "sha256-"+digest(data)), content) }
	manifest("host/library/good/latest", layer("license", "free", 4), layer("model", "good model", 10))
	manifest("host/someone/good/q4", layer("model", "another", 7))
	manifest("host/library/gone/latest", layer("model", "gone", 4))
	manifest("host/library/short/latest", layer("model", "short", 5))
	manifest("host/library/none/latest", layer("license", "free", 4))
	manifest("host/library/two/latest", layer("model", "good model", 10), layer("model", "another", 7))
	manifest("host/library/out/latest", `{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../secret", "size": 1}`)
	write(t, filepath.Join(root, "manifests", "host", "library", "rubbish", "latest"), "{")
	blob("good model", "good model")
	blob("another", "another")
	blob("short", "sho")
	all := byName(t)
	for name, want := range map[string]string{
		"good:latest": "", "someone/good:q4": "", "gone:latest": "no such file", "short:latest": "3 bytes, not 5",
		"none:latest": "no GGUF", "two:latest": "several", "out:latest": "secret", "rubbish:latest": "EOF",
	} {
		e, ok := all[name]
		switch {
		case !ok || e.Place != Ollama:
			t.Errorf("%s is not listed", name)
		case want == "" && e.Err != nil || want != "" && (e.Err == nil || !strings.Contains(e.Err.Error(), want)):
			t.Errorf("%s: %v, want %q", name, e.Err, want)
		}
	}
	if len(all) != 8 {
		t.Errorf("%d models", len(all))
	}
	if e := all["short:latest"]; !errors.Is(e.Err, io.ErrUnexpectedEOF) {
		t.Errorf("a truncated file: %v", e.Err)
	}
	for _, name := range []string{"good", "good:latest", "sha256-" + digest("good model")} {
		m, err := Open(name)
		if err != nil || m.Hash != sha256.Sum256([]byte("good model")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The name of a file tells the hash: nothing is remembered, hence nothing was read for it.
	hash := sha256.Sum256([]byte("another"))
	if m, err := Find(hash[:8], anySize); err != nil || m.Hash != hash || len(memories()) != 0 {
		t.Errorf("not found by hash: %v, %v", err, memories())
	}
}

func TestHub(t *testing.T) {
	root := filepath.Join(isolate(t), "hub")
	repository := filepath.Join(root, "models--org--some-model")
	blob := func(data, content string) { write(t, filepath.Join(repository, "blobs", digest(data)), content) }
	at := func(commit, path, data string) {
		up := strings.Repeat("../", 2+strings.Count(path, "/"))
		link(t, up+"blobs/"+digest(data), filepath.Join(repository, "snapshots", commit, path))
	}
	write(t, filepath.Join(repository, "refs", "main"), "bbb\n")
	for _, commit := range []string{"aaa", "bbb"} {
		at(commit, "q8.gguf", "same in both")
		at(commit, "README.md", "text")
		at(commit, "sub/f16.gguf", "in a folder")
	}
	at("aaa", "q4.gguf", "old")
	at("bbb", "q4.gguf", "new")
	at("bbb", "broken.gguf", "no such blob")
	at("bbb", "cut-00001-of-00002.gguf", "first, ")
	at("bbb", "cut-00002-of-00002.gguf", "second")
	write(t, filepath.Join(repository, "snapshots", "bbb", "file.gguf"), "no link")
	for _, data := range []string{"same in both", "text", "in a folder", "old", "new", "first, ", "second"} {
		blob(data, data)
	}
	write(t, filepath.Join(root, "datasets--org--data", "snapshots", "ccc", "x.gguf"), "not a model's")
	var names []string
	for _, e := range List() {
		names = append(names, strings.TrimPrefix(e.Name, "org/some-model/"))
		if broken := e.Name == "org/some-model/broken"; broken != (e.Err != nil) || broken && (!strings.Contains(e.Err.Error(), "broken link") || !errors.Is(e.Err, fs.ErrNotExist)) {
			t.Errorf("%s: %v", e.Name, e.Err)
		}
	}
	if got := strings.Join(names, " "); got != "broken cut file q4 q8 sub/f16 q4" {
		t.Errorf("listed: %s", got)
	}
	for name, want := range map[string]string{"org/some-model/q4": "new", "org/some-model/cut": "first, second", "q8.gguf": "same in both", "org/some-model/sub/f16.gguf": "in a folder"} {
		m, err := Open(name)
		if err != nil || m.Hash != sha256.Sum256([]byte(want)) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if found, err := Find(m.Hash[:8], anySize); err != nil || found.Hash != m.Hash {
			t.Errorf("%s is not found by its hash: %v", name, err)
		}
	}
	if _, err := Open("org/some-model/broken"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// The variables of huggingface_hub, in their order.
func TestHubFolders(t *testing.T) {
	home := isolate(t)
	for _, c := range []struct{ name, value, want string }{
		{"HF_HUB_CACHE", "", filepath.Join(home, "cache", "huggingface", "hub")},
		{"XDG_CACHE_HOME", "", filepath.Join(home, ".cache", "huggingface", "hub")},
		{"HF_HOME", filepath.Join(home, "x"), filepath.Join(home, "x", "hub")},
		{"HUGGINGFACE_HUB_CACHE", filepath.Join(home, "y"), filepath.Join(home, "y")},
		{"HF_HUB_CACHE", filepath.Join(home, "z"), filepath.Join(home, "z")},
	} {
		t.Setenv(c.name, c.value)
		if got := hubFolders(); len(got) != 1 || got[0] != c.want {
			t.Errorf("with %s=%s: %q, want %s", c.name, c.value, got, c.want)
		}
	}
}
