// Package store finds the language models that a machine has: GGUF files (as
// llama.cpp defines them), in one part or in several named NAME-00001-of-00003.gguf
// and so on. It looks into the folders of PITH_MODELS, pith's own folder, the
// cache of Hugging Face's libraries and Ollama's store, and changes nothing but
// its own. A model's hash is the SHA-256 of its parts, one behind the other.
package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Place is a kind of folder that models are found in.
type Place string

// The places, in the order in which they are searched.
const (
	File        Place = "file" // named by its path
	Listed      Place = "PITH_MODELS"
	Own         Place = "pith"
	HuggingFace Place = "Hugging Face"
	Ollama      Place = "Ollama"
)

// Entry is a model that was found, but not read.
type Entry struct {
	Name  string // what Lookup finds it by
	Place Place
	Parts []Part
	Err   error // why it cannot be used, if its place shows that
	// recorded is its hash in hexadecimal, as pith wrote it down, or "".
	recorded string
}

// Part is a file that holds a model or a part of it.
type Part struct {
	Path string
	Size int64 // in bytes
	// digest is its hash in hexadecimal, where its place is ordered by it, or "".
	digest string
}

// Size returns the bytes of all parts.
func (e *Entry) Size() (n int64) {
	for _, p := range e.Parts {
		n += p.Size
	}
	return n
}

// Path returns the path of the first part.
func (e *Entry) Path() string {
	if len(e.Parts) == 0 {
		return ""
	}
	return e.Parts[0].Path
}

// List returns all models in all places, those that cannot be used too.
func List() (all []Entry) {
	for _, folder := range listed() {
		all = append(all, inFolder(folder, Listed)...)
	}
	if own := OwnFolder(); own != "" {
		all = append(all, inOwn(own)...)
	}
	for _, folder := range hubFolders() {
		all = append(all, inHub(folder)...)
	}
	for _, folder := range ollamaFolders() {
		all = append(all, inOllama(folder)...)
	}
	return all
}

// Lookup returns the model that is called name: the path of a file, or what List
// calls it, with or without the suffix .gguf; of several the first that can be used.
// The error wraps fs.ErrNotExist if
// there is none.
func Lookup(name string) (*Entry, error) {
	if strings.ContainsRune(name, filepath.Separator) || strings.HasSuffix(name, suffix) {
		if info, err := os.Stat(name); err == nil && !info.IsDir() {
			e := fromFile(name, File)
			return &e, e.Err
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	var broken *Entry
	all := List()
	for i := range all {
		switch e := &all[i]; {
		case !e.called(name):
		case e.Err == nil:
			return e, nil
		case broken == nil:
			broken = e
		}
	}
	if broken != nil {
		return broken, broken.Err
	}
	return nil, fmt.Errorf("%w: there is no model %s", fs.ErrNotExist, name)
}

// LookupOwn returns the model in pith's own folder that is called name, though it
// cannot be used. The error wraps fs.ErrNotExist if there is none.
func LookupOwn(name string) (*Entry, error) {
	if own := OwnFolder(); own != "" {
		all := inOwn(own)
		for i := range all {
			if all[i].called(name) {
				return &all[i], nil
			}
		}
	}
	return nil, fmt.Errorf("%w: there is no model %s in pith's own folder", fs.ErrNotExist, name)
}

// called reports whether name means the entry.
func (e *Entry) called(name string) bool {
	if name == "" {
		return false
	}
	aliases := []string{e.Name, e.Name + suffix}
	if len(e.Parts) > 0 {
		base := filepath.Base(e.Path())
		aliases = append(aliases, base, strings.TrimSuffix(base, suffix))
	}
	return slices.Contains(aliases, name) || e.Place == Ollama && name+":latest" == e.Name
}

// Model is a model that was read.
type Model struct {
	Path  string // of the first part
	Parts [][]byte
	Hash  [sha256.Size]byte
}

// Size returns the bytes of all parts.
func (m *Model) Size() (n int64) {
	for _, p := range m.Parts {
		n += int64(len(p))
	}
	return n
}

// Open reads the model that Lookup returns for name.
func Open(name string) (*Model, error) {
	e, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	return e.Read()
}

// Read reads the model.
func (e *Entry) Read() (*Model, error) {
	m, h := &Model{Path: e.Path()}, sha256.New()
	for _, p := range e.Parts {
		data, err := os.ReadFile(p.Path)
		if err != nil {
			return nil, err
		}
		h.Write(data)
		m.Parts = append(m.Parts, data)
	}
	h.Sum(m.Hash[:0])
	return m, nil
}

// Find reads the model whose hash begins with prefix and whose size in bytes is
// possible. The error is fs.ErrNotExist if there is none. What cannot be read is
// passed over. Where its place does not tell a model's hash, the whole of it is
// read for that once.
func Find(prefix []byte, possible func(size int64) bool) (*Model, error) {
	var unknown []*Entry
	read := func(e *Entry) *Model {
		if m, err := e.Read(); err == nil && strings.HasPrefix(string(m.Hash[:]), string(prefix)) {
			return m
		}
		return nil
	}
	all := List()
	for i := range all {
		e := &all[i]
		if e.Err != nil || !possible(e.Size()) {
			continue
		}
		hash, known := e.Hash()
		if !known {
			unknown = append(unknown, e)
		} else if strings.HasPrefix(string(hash[:]), string(prefix)) {
			if m := read(e); m != nil {
				return m, nil
			}
		}
	}
	for _, e := range unknown {
		hash, err := e.Sum(nil)
		if err == nil && strings.HasPrefix(string(hash[:]), string(prefix)) {
			if m := read(e); m != nil {
				return m, nil
			}
		}
	}
	return nil, fs.ErrNotExist
}
