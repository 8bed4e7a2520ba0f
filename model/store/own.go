package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/pith-codec/pith/internal/atomicfile"
)

// ErrNotOwn says that a model lies where pith only reads.
var ErrNotOwn = errors.New("not in pith's own folder")

var errNoFolder = errors.New("there is no folder for data: neither XDG_DATA_HOME nor a home folder is set")

// recordSuffix ends the name of the file that holds a model's hash, in the form
// of sha256sum: for NAME.gguf, which may be in parts, NAME.gguf.sha256.
const recordSuffix = ".sha256"

func recordPath(path string) string {
	return filepath.Join(filepath.Dir(path), stem(path)+suffix+recordSuffix)
}

// readRecord returns the recorded hash of the model at path, or "".
func readRecord(path string) string {
	in, err := os.Open(recordPath(path))
	if err != nil {
		return ""
	}
	defer in.Close()
	text := make([]byte, 64)
	if _, err := io.ReadFull(in, text); err != nil || !blobs.MatchString(string(text)) {
		return ""
	}
	return string(text)
}

func writeRecord(path, hash string) error {
	return atomicfile.Write(recordPath(path), fmt.Appendf(nil, "%s  %s%s\n", hash, stem(path), suffix), true)
}

// inOwn returns the models of pith's own folder, and what has been got of some.
func inOwn(folder string) []Entry { return append(inFolder(folder, Own), partials(folder)...) }

// CheckName refuses what is no good name for a model in pith's own folder.
func CheckName(name string) error {
	bad := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(`/\:*?"<>|`, r) }
	if name == "" || len(name) > 200 || name[0] == '.' || name[0] == '-' || strings.ContainsFunc(name, bad) || strings.HasSuffix(name, suffix) || later.MatchString(name+suffix) {
		return fmt.Errorf("%.200q cannot be a model's name", name)
	}
	return nil
}

// Add copies the model at path, with all its parts, to pith's own folder under
// name, or its file's name if that is "", and records its hash. It tells done,
// unless that is nil, how many bytes it has read. The error wraps fs.ErrExist if
// there is a model with that name, gguf.ErrFormat if the file is not good.
func Add(path, name string, done func(n int64)) (*Entry, error) {
	if later.MatchString(path) && !first.MatchString(path) {
		return nil, fmt.Errorf("%s is a part of a model: name the first", path)
	}
	source := fromFile(path, File)
	if _, err := source.Head(); err != nil {
		return nil, err
	}
	if name == "" {
		name = source.Name
	}
	targets, err := targetsFor(name, len(source.Parts))
	if err != nil {
		return nil, err
	}
	var files []*atomicfile.File
	defer func() {
		for _, f := range files {
			f.Discard()
		}
	}()
	whole, n := sha256.New(), int64(0)
	for i, p := range source.Parts {
		out, err := atomicfile.Create(targets[i], false)
		if err != nil {
			return nil, err
		}
		files = append(files, out)
		if err := copyPart(io.MultiWriter(out, &counter{done: done, n: &n}, whole), p); err != nil {
			return nil, err
		}
	}
	return publish(targets, files, hex.EncodeToString(whole.Sum(nil)))
}

// targetsFor returns the paths of the parts of a new model in pith's own folder,
// which it makes. The error wraps fs.ErrExist if there is one with that name.
func targetsFor(name string, parts int) ([]string, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	folder := OwnFolder()
	if folder == "" {
		return nil, errNoFolder
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	for _, e := range inFolder(folder, Own) {
		if e.Name == name {
			return nil, &fs.PathError{Op: "create", Path: e.Path(), Err: fs.ErrExist}
		}
	}
	path := filepath.Join(folder, name+suffix)
	if parts == 1 {
		return []string{path}, nil
	}
	return partNames(filepath.Join(folder, fmt.Sprintf("%s-00001-of-%05d%s", name, parts, suffix)))
}

func copyPart(out io.Writer, p Part) error {
	in, err := os.Open(p.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	n, err := io.Copy(out, in)
	if err == nil && n != p.Size {
		err = fmt.Errorf("%s changed while it was read", p.Path)
	}
	return err
}

// publish gives the files of a model their names. The first part comes last, for
// it is what makes a model.
func publish(targets []string, files []*atomicfile.File, hash string) (_ *Entry, err error) {
	var published []string
	defer func() {
		if err != nil {
			for _, path := range published {
				_ = os.Remove(path)
			}
		}
	}()
	if err := writeRecord(targets[0], hash); err != nil {
		return nil, err
	}
	published = append(published, recordPath(targets[0]))
	folder, err := os.Stat(filepath.Dir(targets[0])) // not a file: they get the mode of new ones
	if err != nil {
		return nil, err
	}
	for i := len(files) - 1; i >= 0; i-- {
		if err := files[i].Commit(folder); err != nil {
			return nil, err
		}
		published = append(published, targets[i])
	}
	e := fromFile(targets[0], Own)
	return &e, e.Err
}

// Remove removes a model from pith's own folder. The error wraps ErrNotOwn if it
// is not there.
func Remove(e *Entry) error {
	if e.Place != Own || filepath.Dir(e.Path()) != OwnFolder() {
		return fmt.Errorf("%s: %w", e.Path(), ErrNotOwn)
	}
	for _, p := range e.Parts { // the first part, which makes a model, goes first
		if err := os.Remove(p.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if strings.HasSuffix(p.Path, partial) {
			if err := removePartial(p.Path); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(recordPath(e.Path())); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
