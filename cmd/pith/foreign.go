package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/atomicfile"
	"github.com/pith-codec/pith/model/builtin"
	"github.com/pith-codec/pith/model/store"
)

// The names of engines behind --backend.
const (
	nativeBackend = "native"
	llamaBackend  = "llama"
)

// llamaOptions are how llama.cpp is to run.
type llamaOptions struct {
	workers, threads, gpuLayers int // 0, 0 and −1 leave it to the engine
	devices                     []string
}

// errNoLlama is what a program without llama.cpp says.
var errNoLlama = errors.New("this pith was built without the llama backend: build with -tags llama")

// foreign returns whether files are compressed with llama.cpp.
func (s *settings) foreign() bool { return s.backend == llamaBackend }

// guest returns the model that a file names, run by llama.cpp and opened once for all
// files.
func (s *settings) guest(id container.ModelID) (*codec.Model, error) {
	if s.invited != nil && s.invited.ID() == id {
		return s.invited, nil
	}
	found, err := s.file(id)
	if err != nil {
		return nil, err
	}
	return s.invite(id, found)
}

// ownGuest returns the model to compress with by llama.cpp.
func (s *settings) ownGuest() (*codec.Model, error) {
	if s.modelName == "" || s.modelName == builtinName {
		return s.guest(builtin.ID)
	}
	if s.invited != nil {
		return s.invited, nil
	}
	found, err := named(s.modelName)
	if err != nil {
		return nil, err
	}
	return s.invite(identity(found), found)
}

func (s *settings) invite(id container.ModelID, found *store.Model) (m *codec.Model, err error) {
	b, err := openLlama(found.Path, found.Parts, s.llama)
	if err != nil {
		return nil, err
	}
	s.invited = codec.ForeignModel(id, b)
	return s.invited, nil
}

// file returns the file of the model with an id.
func (s *settings) file(id container.ModelID) (*store.Model, error) {
	if !id.External {
		if id != builtin.ID {
			return nil, fmt.Errorf("this program has only the model %v", builtin.ID)
		}
		return unpacked()
	}
	if isBuiltIn(id) {
		return unpacked()
	}
	other := ""
	if s.modelName != "" && s.modelName != builtinName {
		m, err := named(s.modelName)
		if err != nil || identity(m) == id {
			return m, err
		}
		other = fmt.Sprintf("%s is %v: ", s.modelName, identity(m))
	}
	return findModel(id, other)
}

// named returns the model that -m names.
func named(name string) (*store.Model, error) {
	m, err := store.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noModel(name)
	}
	return m, err
}

// unpacked returns the built-in model as files in the user's cache, written there once:
// llama.cpp reads no memory.
func unpacked() (*store.Model, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, hint("the built-in model has no place to be unpacked", "set XDG_CACHE_HOME")
	}
	parts := builtinParts()
	m := &store.Model{Parts: parts}
	folder := filepath.Join(cache, "pith")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	for i, part := range parts {
		path := filepath.Join(folder, fmt.Sprintf("builtin-%05d-of-%05d.gguf", i+1, len(parts)))
		if i == 0 {
			m.Path = path
		}
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, part) {
			continue
		}
		if err := atomicfile.Write(path, part, true); err != nil {
			return nil, err
		}
	}
	return m, nil
}
