package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pith-codec/pith/model/gguf"
)

// host serves files, and what a request asked for is kept.
type host struct {
	*httptest.Server
	mu    sync.Mutex // of what follows
	files map[string][]byte
	tags  map[string]string // ETags, by default those of the content, or "none"
	cut   map[string]int    // after so many bytes of its first answer a file breaks off
	asked []string          // method, path, range
	serve func(w http.ResponseWriter, r *http.Request) bool
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{files: map[string][]byte{}, tags: map[string]string{}, cut: map[string]int{}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Range")))
		serve, data, tag, cut := h.serve, h.files[r.URL.Path], h.tags[r.URL.Path], h.cut[r.URL.Path]
		if r.Method == http.MethodGet {
			delete(h.cut, r.URL.Path)
		}
		h.mu.Unlock()
		switch {
		case serve != nil && serve(w, r):
			return
		case data == nil:
			http.NotFound(w, r)
			return
		case tag == "":
			tag = `"` + digest(string(data)) + `"`
		case tag == "none":
			tag = ""
		}
		if tag != "" {
			w.Header().Set("ETag", tag)
		}
		if cut > 0 && r.Method == http.MethodGet {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			_, _ = w.Write(data[:cut])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(h.Close)
	return h
}

// set changes what is served.
func (h *host) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// gets returns the requests that were no questions, and forgets all.
func (h *host) gets() (list []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.asked {
		if rest, get := strings.CutPrefix(a, "GET "); get {
			list = append(list, rest)
		}
	}
	h.asked = nil
	return list
}

// hurry makes failures short.
func hurry(t *testing.T) {
	a, b, c := silence, tries, pause
	t.Cleanup(func() { silence, tries, pause = a, b, c })
	silence, tries, pause = 200*time.Millisecond, 2, time.Millisecond
}

func pull(d Download) (*Entry, bool, error) {
	d.Insecure = true
	return Pull(context.Background(), d)
}

// inOwnFolder returns the names of the files in pith's own folder.
func inOwnFolder() string {
	entries, _ := os.ReadDir(OwnFolder())
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestPull(t *testing.T) {
	isolate(t)
	hurry(t)
	h := newHost(t)
	h.files["/m.gguf"] = tiny()
	var told int64
	e, compared, err := pull(Download{URL: h.URL + "/m.gguf", Progress: func(_ string, done, size int64) {
		if told = done; size != int64(len(tiny())) {
			t.Errorf("of %d bytes", size)
		}
	}})
	if err != nil || compared || e.Name != "m" || told != int64(len(tiny())) {
		t.Fatalf("%v, %v, %v after %d bytes", e, compared, err, told)
	}
	if data, err := os.ReadFile(e.Path()); err != nil || !bytes.Equal(data, tiny()) {
		t.Errorf("other bytes: %v", err)
	}
	if got := inOwnFolder(); got != "m.gguf m.gguf.sha256" {
		t.Errorf("in the folder: %s", got)
	}
	if len(memories()) != 0 {
		t.Error("the hash of a file that is no more is remembered")
	}
	if _, compared, err := e.Verify(nil); err != nil || !compared {
		t.Error("no hash is recorded")
	}
	if _, _, err := pull(Download{URL: h.URL + "/m.gguf"}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got twice: %v", err)
	}
	if _, compared, err := pull(Download{URL: h.URL + "/m.gguf", Name: "other", SHA256: strings.ToUpper(digest(string(tiny())))}); err != nil || !compared {
		t.Errorf("with its hash: %v, %v", compared, err)
	}
}

// A connection that breaks off is gone on with, in the same run and in the next.
func TestPullResume(t *testing.T) {
	isolate(t)
	hurry(t)
	h := newHost(t)
	h.files["/m.gguf"] = tiny()
	h.cut["/m.gguf"] = 10000
	if _, _, err := pull(Download{URL: h.URL + "/m.gguf"}); err != nil {
		t.Fatal(err)
	}
	if got := h.gets(); len(got) != 2 || got[0] != "/m.gguf" || got[1] != "/m.gguf bytes=10000-" {
		t.Errorf("asked for %q", got)
	}
	// The first run is stopped.
	h.set(func() { h.cut["/m.gguf"] = 20000 })
	ctx, stop := context.WithCancel(context.Background())
	d := Download{URL: h.URL + "/m.gguf", Name: "again", Insecure: true, Progress: func(_ string, done, _ int64) {
		if done >= 20000 {
			stop()
		}
	}}
	if _, _, err := Pull(ctx, d); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := Lookup("again"); !errors.Is(err, ErrPartial) || !strings.Contains(err.Error(), h.URL) {
		t.Errorf("a part is there: %v", err)
	}
	h.gets()
	if _, _, err := pull(Download{URL: h.URL + "/m.gguf", Name: "again"}); err != nil {
		t.Fatal(err)
	}
	if got := h.gets(); len(got) != 1 || got[0] != "/m.gguf bytes=20000-" {
		t.Errorf("asked for %q", got)
	}
	m, err := Open("again")
	if err != nil || !bytes.Equal(m.Parts[0], tiny()) {
		t.Errorf("other bytes: %v", err)
	}
}

// What is kept of a file is used only if the server still has that file.
func TestPullChanged(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string // ETags
		kept          []byte
		want          string // range of the last request
	}{
		"same":           {`"a"`, `"a"`, tiny()[:500], "bytes=500-"},
		"another":        {`"a"`, `"b"`, []byte("old content"), "bytes=11-"}, // the server answers with all
		"weak":           {`W/"a"`, `W/"a"`, []byte("old content"), ""},
		"none":           {"none", "none", []byte("old content"), ""},
		"too much":       {`"a"`, `"a"`, bytes.Repeat([]byte("x"), len(tiny())+1), ""},
		"another before": {`"a"`, `"a"`, []byte("old content"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			hurry(t)
			h := newHost(t)
			h.files["/m.gguf"], h.tags["/m.gguf"] = tiny(), c.before
			h.cut["/m.gguf"] = 500
			tries = 0
			if _, _, err := pull(Download{URL: h.URL + "/m.gguf"}); err == nil {
				t.Fatal("nothing broke off")
			}
			tries = 2
			path := filepath.Join(OwnFolder(), "m.gguf.part")
			if _, err := os.Stat(path); err != nil {
				t.Fatal(err)
			}
			write(t, path, string(c.kept))
			h.set(func() {
				h.files["/n/m.gguf"], h.tags["/n/m.gguf"] = tiny(), c.before
				h.tags["/m.gguf"] = c.after
			})
			h.gets()
			address := h.URL + "/m.gguf"
			if name == "another before" {
				address = h.URL + "/n/m.gguf"
			}
			e, _, err := pull(Download{URL: address})
			if err != nil {
				t.Fatal(err)
			}
			if data, err := os.ReadFile(e.Path()); err != nil || !bytes.Equal(data, tiny()) {
				t.Errorf("other bytes: %v", err)
			}
			asked := h.gets()
			_, span, _ := strings.Cut(asked[len(asked)-1], " ")
			if span != c.want {
				t.Errorf("asked for %q", asked)
			}
		})
	}
}

// Servers that fail, say no, send rubbish or something else.
func TestPullFails(t *testing.T) {
	isolate(t)
	hurry(t)
	h := newHost(t)
	h.files["/m.gguf"] = tiny()
	h.files["/page.gguf"] = []byte("<html>please log in</html>, and more of that so that it is long enough")
	h.files["/cut.gguf"] = tiny()[:len(tiny())-1]
	status := func(code int) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
	}
	for name, c := range map[string]struct {
		d     Download
		serve func(w http.ResponseWriter, r *http.Request) bool
		want  string
	}{
		"missing":     {Download{URL: h.URL + "/none.gguf"}, nil, "no such file (404)"},
		"forbidden":   {Download{URL: h.URL + "/m.gguf"}, status(401), "does not allow it (401)"},
		"busy":        {Download{URL: h.URL + "/m.gguf"}, status(503), "503"},
		"teapot":      {Download{URL: h.URL + "/m.gguf"}, status(418), "418"},
		"a page":      {Download{URL: h.URL + "/page.gguf"}, nil, "does not begin with GGUF"},
		"cut":         {Download{URL: h.URL + "/cut.gguf"}, nil, "ends after the file"},
		"other hash":  {Download{URL: h.URL + "/m.gguf", SHA256: digest("other")}, nil, digest("other")},
		"second part": {Download{URL: h.URL + "/m-00002-of-00002.gguf"}, nil, "name the first"},
		"no name":     {Download{URL: h.URL + "/blob"}, nil, "does not end with the name"},
		"bad name":    {Download{URL: h.URL + "/m.gguf", Name: "../m"}, nil, "cannot be a model's name"},
		"ftp":         {Download{URL: "ftp://host/m.gguf"}, nil, "no address of the web"},
		"no host":     {Download{URL: "http://127.0.0.1:1/m.gguf"}, nil, "refused"},
		"loop": {Download{URL: h.URL + "/m.gguf"}, func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return true
		}, "redirected too often"},
		"silent": {Download{URL: h.URL + "/m.gguf"}, func(w http.ResponseWriter, r *http.Request) bool {
			<-r.Context().Done()
			return true
		}, "the server is silent"},
	} {
		h.set(func() { h.serve = c.serve })
		if _, _, err := pull(c.d); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		for _, e := range List() {
			if !errors.Is(e.Err, ErrPartial) {
				t.Errorf("%s: %s is there", name, e.Name)
			}
			if err := Remove(&e); err != nil {
				t.Error(err)
			}
		}
		if got := inOwnFolder(); got != "" {
			t.Errorf("%s: in the folder: %s", name, got)
		}
	}
	if _, _, err := Pull(context.Background(), Download{URL: h.URL + "/m.gguf"}); err == nil || !strings.Contains(err.Error(), "not safe") {
		t.Errorf("over http: %v", err)
	}
}

// A server that is busy for a moment.
func TestPullRetries(t *testing.T) {
	isolate(t)
	hurry(t)
	h := newHost(t)
	h.files["/m.gguf"] = tiny()
	failures := 2
	h.serve = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			return false
		}
		failures--
		if failures > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return failures > 0
	}
	if _, _, err := pull(Download{URL: h.URL + "/m.gguf"}); err != nil {
		t.Error(err)
	}
}

// A hub redirects to another host, tells the hash before that, and gets the token
// for itself.
func TestPullFromHub(t *testing.T) {
	isolate(t)
	hurry(t)
	content := newHost(t)
	content.files["/blob"] = tiny()
	content.serve = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token went to another host")
		}
		return false
	}
	hub := newHost(t)
	tag := digest(string(tiny()))
	hub.serve = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/org/some model/resolve/main/sub/m.gguf" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("asked for %s with %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		w.Header().Set("X-Linked-Etag", `"`+tag+`"`)
		http.Redirect(w, r, strings.Replace(content.URL, "127.0.0.1", "localhost", 1)+"/blob", http.StatusFound)
		return true
	}
	t.Setenv("HF_ENDPOINT", hub.URL+"/")
	address, err := HubURL("org/some model/sub/m")
	if err != nil {
		t.Fatal(err)
	}
	e, compared, err := pull(Download{URL: address, Token: "secret"})
	if err != nil || !compared || e.Name != "m" {
		t.Fatalf("%v, %v, %v", e, compared, err)
	}
	tag = digest("something else")
	var damaged *DamagedError
	if _, _, err := pull(Download{URL: address, Name: "n", Token: "secret"}); !errors.As(err, &damaged) || damaged.Want != tag {
		t.Errorf("another hash: %v", err)
	}
	for _, name := range []string{"m", "org/m", "/a/b", "a//b"} {
		if u, err := HubURL(name); err == nil {
			t.Errorf("%s is %s", name, u)
		}
	}
	t.Setenv("HF_ENDPOINT", "")
	if _, err := HubURL("a/b/c"); err == nil {
		t.Error("there is a hub without an address")
	}
}

func TestPullParts(t *testing.T) {
	isolate(t)
	hurry(t)
	a, b := halves()
	h := newHost(t)
	h.files["/m-00001-of-00002.gguf"] = a
	first := h.URL + "/m-00001-of-00002.gguf"
	if _, _, err := pull(Download{URL: first}); err == nil {
		t.Fatal("one of two parts is enough")
	}
	h.set(func() { h.files["/m-00002-of-00002.gguf"] = b })
	h.gets()
	e, compared, err := pull(Download{URL: first, SHA256: digest(string(a) + string(b))})
	if err != nil || !compared || len(e.Parts) != 2 {
		t.Fatalf("%v, %v, %v", e, compared, err)
	}
	if got := h.gets(); len(got) != 1 || got[0] != "/m-00002-of-00002.gguf" {
		t.Errorf("asked for %q, and had the first", got)
	}
	if got := inOwnFolder(); got != "m-00001-of-00002.gguf m-00002-of-00002.gguf m.gguf.sha256" {
		t.Errorf("in the folder: %s", got)
	}
}

// Two processes would mix their bytes.
func TestPullTwice(t *testing.T) {
	isolate(t)
	hurry(t)
	h := newHost(t)
	h.files["/m.gguf"] = tiny()
	if err := os.MkdirAll(OwnFolder(), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(OwnFolder(), "m.gguf.part"))
	if err != nil {
		t.Fatal(err)
	}
	if err := lock(f); err != nil {
		t.Fatal(err)
	}
	again, err := os.Open(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if lock(again) == nil {
		t.Skip("skipped: no locks here")
	}
	if _, _, err := pull(Download{URL: h.URL + "/m.gguf"}); err == nil || errors.Is(err, gguf.ErrFormat) || !strings.Contains(err.Error(), "another process") {
		t.Error(err)
	}
	f.Close()
	if _, _, err := pull(Download{URL: h.URL + "/m.gguf"}); err != nil {
		t.Error(err)
	}
}
