package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/store"
)

// Engines that run models.
const (
	nativeEngine = "native"
	llamaEngine  = "llama"
)

// modelListing is what is known of a model; it is what --json prints, one object a
// line.
type modelListing struct {
	Name         string   `json:"name"`
	Place        string   `json:"place"`
	Paths        []string `json:"paths,omitempty"`
	Bytes        int64    `json:"bytes"`
	SHA256       string   `json:"sha256,omitempty"` // if it is known
	Error        string   `json:"error,omitempty"`
	Title        string   `json:"title,omitempty"`
	Architecture string   `json:"architecture,omitempty"`
	Parameters   uint64   `json:"parameters,omitempty"`
	Quantisation string   `json:"quantisation,omitempty"`
	Licence      string   `json:"licence,omitempty"`
	Layers       uint64   `json:"layers,omitempty"`
	Width        uint64   `json:"width,omitempty"`
	Context      uint64   `json:"context,omitempty"` // positions it was trained for
	Tokenizer    string   `json:"tokenizer,omitempty"`
	Engine       string   `json:"engine,omitempty"`
	NotNative    string   `json:"not_native,omitempty"`   // why not
	Memory       int64    `json:"memory_bytes,omitempty"` // to restore a file of the default level, by the native engine

	err error
}

// describe fills in what a file's head says.
func (l *modelListing) describe(f *gguf.File) {
	text := func(key string) string {
		s, _ := f.String(key)
		return s
	}
	l.Title, l.Architecture = text("general.name"), text("general.architecture")
	number := func(key string) uint64 {
		n, _ := f.Uint(l.Architecture + "." + key)
		return n
	}
	l.Parameters, l.Quantisation = f.Values(), f.Quantisation()
	l.Licence = orElse(text("general.license"), text("general.license.name"))
	l.Layers, l.Width, l.Context = number("block_count"), number("embedding_length"), number("context_length")
	l.Tokenizer = strings.TrimSuffix(text("tokenizer.ggml.model")+" "+text("tokenizer.ggml.pre"), " ")
	memory, err := codec.CheckModel(f)
	if err != nil {
		l.Engine, l.NotNative = llamaEngine, err.Error()
		return
	}
	l.Engine, l.Memory = nativeEngine, memory+l.Bytes
}

func (l *modelListing) failed(err error) {
	l.err, l.Error = err, explain(err)
}

func builtinListing() *modelListing {
	l := &modelListing{Name: builtinName, Place: "built in", SHA256: builtinSHA256, Bytes: builtinSize()}
	f, err := gguf.Parse(builtinParts()...)
	if err != nil {
		l.failed(err)
		return l
	}
	l.describe(f)
	return l
}

func listEntry(e *store.Entry) *modelListing {
	l := &modelListing{Name: e.Name, Place: string(e.Place), Bytes: e.Size()}
	for _, p := range e.Parts {
		l.Paths = append(l.Paths, p.Path)
	}
	if hash, known := e.Hash(); known {
		l.SHA256 = hex.EncodeToString(hash[:])
	}
	f, err := e.Head()
	if err != nil {
		l.failed(err)
		return l
	}
	l.describe(f)
	return l
}

// list prints a line for each model. What is broken is told, and no failure: it may
// be another program's.
func (m *models) list(words []string) int {
	if len(words) > 0 {
		return m.u.usage(fmt.Errorf("model list takes no name: to see more of %q, use model info", words[0]))
	}
	all := []*modelListing{builtinListing()}
	for _, e := range store.List() {
		all = append(all, listEntry(&e))
	}
	for _, l := range all {
		if l.err != nil {
			m.u.failed(l.Name, l.err)
		}
	}
	if m.c.Bool("json") {
		m.writeJSON(all)
		return exitOK
	}
	t := tabwriter.NewWriter(&m.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "name\thash\tparameters\ttype\tMiB\tengine\tplace")
	for _, l := range all {
		engine := orElse(l.Engine, "broken")
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(l.Name), orElse(l.short(), "-"), orElse(amount(l.Parameters), "-"),
			orElse(printable(l.Quantisation), "-"), grouped((l.Bytes+1<<19)>>20), engine, l.Place)
	}
	t.Flush()
	return exitOK
}

// short returns as much of the hash as files name a model by.
func (l *modelListing) short() string { return l.SHA256[:min(len(l.SHA256), 16)] }

// amount writes a number of parameters as models are called by.
func amount(n uint64) string {
	switch {
	case n == 0:
		return ""
	case n < 1e6:
		return fmt.Sprintf("%.1fK", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1fM", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1fB", float64(n)/1e9)
}

func (m *models) writeJSON(all []*modelListing) {
	e := json.NewEncoder(&m.out)
	e.SetEscapeHTML(false)
	for _, l := range all {
		_ = e.Encode(l) // nothing in it can fail
	}
}

// info prints all that is known of models.
func (m *models) info(names []string) int {
	var all []*modelListing
	code := m.each(names, func(name string) error {
		l, err := m.listing(name)
		if err == nil {
			all = append(all, l)
		}
		return err
	})
	if m.c.Bool("json") {
		m.writeJSON(all)
		return code
	}
	for _, l := range all {
		l.write(&m.out)
	}
	return code
}

// listing returns what is known of a model, with its hash.
func (m *models) listing(name string) (*modelListing, error) {
	if name == builtinName {
		l := builtinListing()
		return l, l.err
	}
	e, err := lookup(name)
	if err != nil {
		return nil, err
	}
	l := listEntry(e)
	if l.err == nil && l.SHA256 == "" {
		meter, done := m.meter(name, e.Size())
		defer meter.Clear()
		sum, err := e.Sum(done)
		if err != nil {
			return nil, err
		}
		l.SHA256 = hex.EncodeToString(sum[:])
	}
	return l, l.err
}

func (l *modelListing) write(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(what, value string) {
		if value != "" {
			fmt.Fprintf(t, "  %s\t%s\n", what, printable(value))
		}
	}
	count := func(n uint64) string {
		if n == 0 {
			return ""
		}
		return grouped(int64(n))
	}
	fmt.Fprintf(w, "%s: %s bytes, %s\n", printable(l.Name), grouped(l.Bytes), l.Place)
	line("title", l.Title)
	line("architecture", l.Architecture)
	line("parameters", count(l.Parameters))
	quantisation := l.Quantisation
	if l.Parameters > 0 {
		quantisation += fmt.Sprintf(", %.2f bits a parameter in all", 8*float64(l.Bytes)/float64(l.Parameters))
	}
	line("quantisation", quantisation)
	line("layers", count(l.Layers))
	line("width", count(l.Width))
	line("context", count(l.Context))
	line("tokenizer", l.Tokenizer)
	line("licence", orElse(l.Licence, "not told"))
	line("sha256", l.SHA256)
	if l.NotNative == "" {
		line("engine", l.Engine)
		line("memory", fmt.Sprintf("up to %s MiB to restore a file of the default level", grouped((l.Memory+1<<20-1)>>20)))
	} else {
		line("engine", fmt.Sprintf("%s (not native: %s)", l.Engine, l.NotNative))
	}
	for _, path := range l.Paths {
		line("file", path)
	}
	t.Flush()
}
