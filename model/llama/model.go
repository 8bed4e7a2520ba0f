//go:build llama

package llama

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	ollama "github.com/ollama/ollama/llama"

	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/token"
)

// Options says how a model is to be run.
type Options struct {
	// Workers is how many contexts there are at once, 1 to MaxWorkers for each
	// device; 0 is one a device.
	Workers int
	// Threads is how many of the processor each worker has; 0 is all cores shared
	// out among the workers.
	Threads int
	// GPULayers is how many layers lie on a GPU; below zero is all of them.
	GPULayers int
	// Devices are the names of those to use, such as CPU or CUDA0; nil is all GPUs
	// or, if there are none, the CPU.
	Devices []string
}

// MaxWorkers is the most workers of a device.
const MaxWorkers = 8

// Model is a model on one device or several, and the tokenizer of its vocabulary. It
// is safe for concurrent use.
type Model struct {
	o       Options
	devices []*loaded
	shape   shape
	tokens  tokens
	// turns is whether contexts run one after the other. llamafile's matrix products,
	// which the library may be built with for the processor, count what is done in one
	// place for all.
	turns bool
	// The bytes that a position of a stream takes in each device's cache.
	position int64

	lock sync.Mutex
	free *sync.Cond // a context was closed
	used int
}

// loaded is a model on a device.
type loaded struct {
	device device
	model  *ollama.Model
	used   int // contexts at hand
}

// tokens is a tokenizer: this package's, or package token's where it has the
// vocabulary, so that native files and those of this engine have the same tokens.
type tokens interface {
	Size() int
	BOS() int32
	Bytes(id int32) []byte
	Encode(dst []int32, text []byte) []int32
}

// Open loads the model in a GGUF file: path is that of its first or only part, parts
// hold what the file's parts do.
func Open(path string, o Options, parts ...[]byte) (*Model, error) {
	initialise()
	chosen, err := choose(devices(), o.Devices)
	if err != nil {
		return nil, err
	}
	if o.Workers == 0 {
		o.Workers = len(chosen)
	}
	if most := MaxWorkers * len(chosen); o.Workers < 1 || o.Workers > most {
		return nil, fmt.Errorf("%d workers: want 1 to %d", o.Workers, most)
	}
	if o.Threads <= 0 {
		o.Threads = max(1, runtime.GOMAXPROCS(0)/o.Workers)
	}
	if o.GPULayers < 0 {
		o.GPULayers = 1 << 16
	}
	m := &Model{o: o}
	m.free = sync.NewCond(&m.lock)
	for _, d := range chosen {
		l, err := load(path, d, o)
		if err != nil {
			m.Close()
			return nil, err
		}
		m.devices = append(m.devices, l)
	}
	p := pointer(m.devices[0].model)
	m.shape = shapeOf(p)
	m.position = m.shape.positionBytes(p)
	m.turns = chosen[0].kind != deviceGPU || o.GPULayers <= m.shape.layers
	m.turns = m.turns && slices.ContainsFunc(devices(), func(d device) bool {
		return d.kind == deviceCPU && slices.Contains(d.features, "LLAMAFILE")
	})
	if m.tokens, err = tokenizer(m.devices[0].model, parts); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// load loads a model on a device.
func load(path string, d device, o Options) (*loaded, error) {
	// llama.cpp prints that it cannot open a file.
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f.Close()
	lastError()
	params := ollama.ModelParams{UseMmap: true}
	if d.kind == deviceGPU {
		params.NumGpuLayers, params.MainGpu = o.GPULayers, d.gpu
		params.TensorSplit = make([]float32, d.gpu+1)
		params.TensorSplit[d.gpu] = 1
	}
	model, err := ollama.LoadModelFromFile(path, params)
	if err != nil {
		if said := lastError(); said != "" {
			err = errors.New(said)
		}
		return nil, fmt.Errorf("llama.cpp cannot load %s: %w", path, err)
	}
	l := &loaded{device: d, model: model}
	if err := unfit(pointer(model)); err != nil {
		ollama.FreeModel(model)
		return nil, fmt.Errorf("model %s: %w", path, err)
	}
	return l, nil
}

// tokenizer returns that of a model. What of it matters to a decoder, the bytes of each
// token, depends on the file alone.
func tokenizer(m *ollama.Model, parts [][]byte) (tokens, error) {
	if f, err := gguf.Parse(parts...); err == nil {
		if t, err := token.New(f); err == nil && t.Size() == m.NumVocab() {
			return t, nil
		}
	}
	return newPieces(m)
}

// Close frees the model. No context may be open.
func (m *Model) Close() {
	for _, l := range m.devices {
		ollama.FreeModel(l.model)
	}
	m.devices = nil
}

// Size returns the number of tokens.
func (m *Model) Size() int { return m.tokens.Size() }

// BOS returns the token that begins a sequence.
func (m *Model) BOS() int32 { return m.tokens.BOS() }

// Bytes returns the bytes of a token or escape, nil for special tokens.
func (m *Model) Bytes(id int32) []byte { return m.tokens.Bytes(id) }

// Encode appends the tokens of text to dst; a byte without a token becomes the
// escape Size() plus the byte.
func (m *Model) Encode(dst []int32, text []byte) []int32 { return m.tokens.Encode(dst, text) }

// Workers returns how many contexts there may be at once.
func (m *Model) Workers() int { return m.o.Workers }

// choose returns the devices with the names, or those that a run takes by itself.
func choose(all []device, names []string) (chosen []device, err error) {
	for _, name := range names {
		i := slices.IndexFunc(all, func(d device) bool { return strings.EqualFold(d.name, name) })
		if i < 0 {
			var has []string
			for _, d := range all {
				has = append(has, d.name)
			}
			return nil, fmt.Errorf("no device %s: there is %s", name, strings.Join(has, ", "))
		}
		chosen = append(chosen, all[i])
	}
	for _, kind := range []int{deviceGPU, deviceCPU} {
		for _, d := range all {
			if names == nil && d.kind == kind && (len(chosen) == 0 || chosen[0].alike(d)) {
				chosen = append(chosen, d)
			}
		}
	}
	for i, d := range chosen {
		if !chosen[0].alike(d) {
			return nil, fmt.Errorf("devices %s and %s differ: all workers must compute the same", chosen[0].name, d.name)
		}
		if slices.ContainsFunc(chosen[:i], func(e device) bool { return e.name == d.name }) {
			return nil, fmt.Errorf("device %s is there twice", d.name)
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("llama.cpp finds no device")
	}
	return chosen, nil
}

// alike reports whether two devices compute the same.
func (d device) alike(e device) bool {
	return d.kind == e.kind && d.description == e.description && slices.Equal(d.features, e.features)
}

// Fingerprint returns what results depend on besides the model and the rows of each
// batch: names and values of printable ASCII, as container.Fields has them, of any length.
func (m *Model) Fingerprint() string {
	d := m.devices[0].device
	fields := []string{"engine=llama.cpp", "library=ollama " + libraryVersion, "system=" + runtime.GOOS + "/" + runtime.GOARCH,
		"compiler=" + built(), "device=" + d.description, "features=" + strings.Join(d.features, ","),
		fmt.Sprintf("batch=%d", maxRows), "cache=f16"}
	if d.kind == deviceGPU {
		fields = append(fields, "layers="+strconv.Itoa(min(m.o.GPULayers, m.shape.layers+1)))
	}
	for i, f := range fields {
		fields[i] = strings.Map(plain, f)
	}
	return strings.Join(fields, ";")
}

// plain replaces what the value of a field may not hold.
func plain(r rune) rune {
	if r < ' ' || r > '~' || r == ';' {
		return '?'
	}
	return r
}

// libraryVersion is that of ollama/llama in go.mod.
const libraryVersion = "v0.11.4"

// built returns the compiler of the library and the flags that were set for it.
func built() string {
	text := compiler()
	info, ok := debug.ReadBuildInfo()
	for _, name := range []string{"CGO_CFLAGS", "CGO_CXXFLAGS"} {
		for i := 0; ok && i < len(info.Settings); i++ {
			if s := info.Settings[i]; s.Key == name && s.Value != "" && !strings.HasSuffix(text, s.Value) {
				text += " " + s.Value
			}
		}
	}
	return text
}

// positionBytes returns the bytes of keys and values that a position takes.
func (s shape) positionBytes(model unsafe.Pointer) int64 {
	size := s.width / max(s.heads, 1)
	arch := metadata(model, "general.architecture")
	for _, key := range []string{"key_length", "value_length"} {
		n, _ := strconv.Atoi(metadata(model, arch+".attention."+key))
		size = max(size, n)
	}
	const half = 2 // bytes of a float16
	return int64(s.layers) * int64(s.kvHeads) * int64(size) * 2 * half
}
