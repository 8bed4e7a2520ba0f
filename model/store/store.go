// Package store finds the language models that a machine has: GGUF files (as
// llama.cpp defines them), in one part or in several named NAME-00001-of-00003.gguf
// and so on.
package store

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Model is a model that was read.
type Model struct {
	Path  string // of the first part
	Parts [][]byte
	Hash  [sha256.Size]byte // of the parts, one behind the other
}

// Size returns the bytes of all parts.
func (m *Model) Size() (n int64) {
	for _, p := range m.Parts {
		n += int64(len(p))
	}
	return n
}

const suffix = ".gguf"

// Folders returns the folders where models are looked for: those that PITH_MODELS
// lists, then the user's own for data (XDG Base Directory Specification).
func Folders() (all []string) {
	for _, f := range filepath.SplitList(os.Getenv("PITH_MODELS")) {
		if f != "" {
			all = append(all, f)
		}
	}
	data := os.Getenv("XDG_DATA_HOME")
	if home, err := os.UserHomeDir(); !filepath.IsAbs(data) && err == nil {
		data = filepath.Join(home, ".local", "share")
	}
	if filepath.IsAbs(data) {
		all = append(all, filepath.Join(data, "pith", "models"))
	}
	return all
}

// Open reads the model that is called name: the path of a file, or the name of
// one in a folder, with or without its suffix. The error wraps fs.ErrNotExist if
// there is none.
func Open(name string) (*Model, error) {
	if strings.ContainsRune(name, filepath.Separator) || strings.HasSuffix(name, suffix) {
		if m, err := read(name); err == nil || !os.IsNotExist(err) {
			return m, err
		}
	}
	if !strings.ContainsRune(name, filepath.Separator) {
		for _, path := range files() {
			base := filepath.Base(path)
			if base == name || strings.TrimSuffix(base, suffix) == name || strings.TrimSuffix(first.ReplaceAllString(base, suffix), suffix) == name {
				return read(path)
			}
		}
	}
	return nil, fmt.Errorf("%w: there is no model %s", fs.ErrNotExist, name)
}

// Find reads the model whose hash begins with prefix. The error is fs.ErrNotExist
// if there is none. What cannot be read is passed over.
func Find(prefix []byte) (*Model, error) {
	for _, path := range files() {
		if m, err := read(path); err == nil && strings.HasPrefix(string(m.Hash[:]), string(prefix)) {
			return m, nil
		}
	}
	return nil, fs.ErrNotExist
}

// first matches what the name of the first part of several ends with.
var first = regexp.MustCompile(`-00001-of-(\d{5})\.gguf$`)

// files returns the first or only parts of all models in the folders.
func files() (all []string) {
	for _, folder := range Folders() {
		paths, _ := filepath.Glob(filepath.Join(literal(folder), "*"+suffix))
		for _, path := range paths {
			if !later.MatchString(path) || first.MatchString(path) {
				all = append(all, path)
			}
		}
	}
	return all
}

// later matches what the name of any part of several ends with.
var later = regexp.MustCompile(`-\d{5}-of-\d{5}\.gguf$`)

// literal returns a pattern that matches nothing but a path.
func literal(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// read reads a model from its first or only part.
func read(path string) (*Model, error) {
	m, h := &Model{Path: path}, sha256.New()
	n := 1
	if found := first.FindStringSubmatch(path); found != nil {
		n, _ = strconv.Atoi(found[1])
	}
	for i := range n {
		part := first.ReplaceAllString(path, fmt.Sprintf("-%05d-of-%05d.gguf", i+1, n))
		data, err := os.ReadFile(part)
		if err != nil {
			return nil, err
		}
		h.Write(data)
		m.Parts = append(m.Parts, data)
	}
	h.Sum(m.Hash[:0])
	return m, nil
}
