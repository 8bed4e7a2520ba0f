package store

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pith-codec/pith/internal/atomicfile"
)

// Hashes of models are remembered in the user's folder for caches, for reading
// gigabytes takes long. A hash counts for as long as the files keep their sizes and
// times; nothing is decoded with a model on its word alone, for Find hashes what
// it has read. Whatever goes wrong here only costs time.

// memory is what is remembered of a model, by the path of its first part.
type memory struct {
	Stamp  string `json:"stamp"`
	SHA256 string `json:"sha256"`
}

func memoryPath() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "pith", "hashes.json")
}

func memories() map[string]memory {
	all := map[string]memory{}
	if data, err := os.ReadFile(memoryPath()); err == nil && json.Unmarshal(data, &all) != nil {
		return map[string]memory{}
	}
	return all
}

// stamp changes when a file of the model does. It is "" if that cannot be told.
func (e *Entry) stamp() string {
	var b strings.Builder
	for _, p := range e.Parts {
		info, err := os.Stat(p.Path)
		if err != nil {
			return ""
		}
		fmt.Fprintf(&b, "%d@%d ", info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}

// absolute returns the path that the model is remembered by.
func (e *Entry) absolute() string {
	path, err := filepath.Abs(e.Path())
	if err != nil {
		return ""
	}
	return path
}

// remembered returns the model's hash in hexadecimal, or "".
func remembered(e *Entry) string {
	m, ok := memories()[e.absolute()]
	if !ok || m.Stamp != e.stamp() {
		return ""
	}
	return m.SHA256
}

func remember(e *Entry, hash string) {
	path, stamp := memoryPath(), e.stamp()
	if path == "" || stamp == "" || remembered(e) == hash || strings.HasSuffix(e.Path(), partial) {
		return
	}
	all := memories()
	for old := range all {
		if _, err := os.Stat(old); err != nil {
			delete(all, old)
		}
	}
	all[e.absolute()] = memory{stamp, hash}
	data, err := json.MarshalIndent(all, "", "\t")
	if err != nil || os.MkdirAll(filepath.Dir(path), 0o777) != nil {
		return
	}
	_ = atomicfile.Write(path, append(data, '\n'), true)
}
