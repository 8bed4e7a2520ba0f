package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/builtin"
	"github.com/pith-codec/pith/model/store"
)

// openModel opens the model that files name if it is built in, and builtinParts has
// its file, whose hash is builtinSHA256; tests replace them.
var (
	openModel     = builtin.Open
	builtinParts  = builtin.Parts
	builtinSHA256 = builtin.SHA256
)

// builtinName is what the built-in model is called in lists and behind -m.
const builtinName = "builtin"

// model returns the model that a file names, opened once for all files: the
// built-in one, that of -m, or one of the folders for models.
func (s *settings) model(id container.ModelID) (m *codec.Model, err error) {
	switch {
	case s.opened != nil && s.opened.ID() == id:
		return s.opened, nil
	case !id.External:
		m, err = openModel(id)
	default:
		m, err = s.stored(id)
	}
	if err == nil {
		s.opened = m
	}
	return m, err
}

// own returns the model to compress with.
func (s *settings) own() (*codec.Model, error) {
	if s.modelName == "" || s.modelName == builtinName {
		return s.model(builtin.ID)
	}
	if s.chosen == nil {
		found, err := store.Open(s.modelName)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, noModel(s.modelName)
		} else if err != nil {
			return nil, err
		}
		if s.chosen, err = parseModel(found); err != nil {
			return nil, err
		}
	}
	return s.chosen, nil
}

// stored finds a model by its hash.
func (s *settings) stored(id container.ModelID) (*codec.Model, error) {
	other := ""
	if s.modelName != "" {
		m, err := s.own()
		if err != nil || m.ID() == id {
			return m, err
		}
		other = fmt.Sprintf("%s is %v: ", s.modelName, m.ID())
	}
	if isBuiltIn(id) { // it was named as a file
		return codec.OpenModel(id, builtinParts()...)
	}
	found, err := findModel(id, other)
	if err != nil {
		return nil, err
	}
	return parseModel(found)
}

// builtinSize returns the bytes of the built-in model's file.
func builtinSize() int64 { return (&store.Model{Parts: builtinParts()}).Size() }

// isBuiltIn reports whether id names the file of the built-in model.
func isBuiltIn(id container.ModelID) bool {
	return id.Size == container.MemoryFor(builtinSize()) && strings.HasPrefix(builtinSHA256, hex.EncodeToString(id.Hash[:]))
}

// findModel finds the file of a model by its hash. Other is what is said first if there
// is none.
func findModel(id container.ModelID, other string) (*store.Model, error) {
	found, err := store.Find(id.Hash[:], func(size int64) bool { return container.MemoryFor(size) == id.Size })
	if err != nil {
		return nil, hint(other+"none that is here has this hash", "give its GGUF file with -m, or put it in "+folders())
	}
	return found, nil
}

func noModel(name string) error {
	return hint("no model "+name, "give the path of a GGUF file, or put one in "+folders()+", or see pith model list")
}

// identity returns what files name a model by.
func identity(m *store.Model) container.ModelID {
	id := container.ModelID{External: true, Size: container.MemoryFor(m.Size())}
	copy(id.Hash[:], m.Hash[:])
	return id
}

func parseModel(m *store.Model) (*codec.Model, error) {
	opened, err := codec.OpenModel(identity(m), m.Parts...)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.Path, err)
	}
	return opened, nil
}

// folders names the places for models.
func folders() string {
	all := store.Folders()
	if len(all) == 0 {
		return "a folder that PITH_MODELS names"
	}
	return strings.Join(all, " or ")
}
