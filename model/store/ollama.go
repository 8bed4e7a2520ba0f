package store

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ollamaFolders returns the folders of Ollama's store: the one of the environment,
// or the user's and that of the service.
func ollamaFolders() (all []string) {
	if root := os.Getenv("OLLAMA_MODELS"); root != "" {
		return []string{root}
	}
	if home, err := os.UserHomeDir(); err == nil {
		all = append(all, filepath.Join(home, ".ollama", "models"))
	}
	return append(all, filepath.FromSlash("/usr/share/ollama/.ollama/models"))
}

// manifest is what Ollama keeps of a model (package manifest of its repository).
type manifest struct {
	Layers []struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"`
		Size      int64  `json:"size"`
	} `json:"layers"`
}

const modelLayer = "application/vnd.ollama.image.model"

var digests = regexp.MustCompile(`^sha256[:-]([0-9a-f]{64})$`)

// inOllama returns the models of a store: manifests/HOST/NAMESPACE/MODEL/TAG name
// blobs/sha256-HEX.
func inOllama(root string) (all []Entry) {
	paths, _ := filepath.Glob(filepath.Join(literal(root), "manifests", "*", "*", "*", "*"))
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			continue // a folder, or what would have to be waited for
		}
		parts := strings.Split(filepath.ToSlash(path), "/")
		namespace, model, tag := parts[len(parts)-3], parts[len(parts)-2], parts[len(parts)-1]
		e := Entry{Name: model + ":" + tag, Place: Ollama}
		if namespace != "library" {
			e.Name = namespace + "/" + e.Name
		}
		e.readManifest(root, path)
		all = append(all, e)
	}
	return all
}

// readManifest finds the model's file.
func (e *Entry) readManifest(root, path string) {
	fail := func(format string, args ...any) {
		e.Err = fmt.Errorf("manifest %s: %w", path, fmt.Errorf(format, args...))
	}
	in, err := os.Open(path)
	if err != nil {
		e.Err = err
		return
	}
	defer in.Close()
	var m manifest
	if err := json.NewDecoder(io.LimitReader(in, 1<<20)).Decode(&m); err != nil {
		fail("%v", err) // not as if a model were cut off
		return
	}
	var claimed int64
	for _, l := range m.Layers {
		if l.MediaType != modelLayer {
			continue
		}
		digest := digests.FindStringSubmatch(l.Digest)
		switch {
		case digest == nil:
			fail("the name of a layer is %.80q", l.Digest)
			return
		case len(e.Parts) > 0:
			fail("it has several models")
			return
		}
		claimed = l.Size
		e.add(filepath.Join(root, "blobs", "sha256-"+digest[1]), digest[1])
	}
	switch {
	case len(e.Parts) == 0:
		fail("it has no GGUF file")
	case e.Err == nil && e.Size() != claimed:
		fail("its file has %d bytes, not %d: %w", e.Size(), claimed, io.ErrUnexpectedEOF)
	}
}
