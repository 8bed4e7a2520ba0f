package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const suffix = ".gguf"

// Folders returns the folders for models that are the user's to fill: those that
// PITH_MODELS lists, then pith's own.
func Folders() []string {
	all := listed()
	if own := OwnFolder(); own != "" {
		all = append(all, own)
	}
	return all
}

// listed returns the folders that PITH_MODELS lists.
func listed() (all []string) {
	for _, f := range filepath.SplitList(os.Getenv("PITH_MODELS")) {
		if f != "" {
			all = append(all, f)
		}
	}
	return all
}

// OwnFolder returns the only folder that Add, Remove and Pull change: that for the
// user's data (XDG Base Directory Specification). It is "" if there is none.
func OwnFolder() string {
	data := os.Getenv("XDG_DATA_HOME")
	if home, err := os.UserHomeDir(); !filepath.IsAbs(data) && err == nil {
		data = filepath.Join(home, ".local", "share")
	}
	if !filepath.IsAbs(data) {
		return ""
	}
	return filepath.Join(data, "pith", "models")
}

var (
	// first matches what the name of the first part of several ends with.
	first = regexp.MustCompile(`-00001-of-(\d{5})\.gguf$`)
	// later matches what the name of any part of several ends with.
	later = regexp.MustCompile(`-\d{5}-of-\d{5}\.gguf$`)
)

// maxParts bounds the parts of a model. Those of 100 billion values are fewer.
const maxParts = 1000

// partNames returns the paths of all parts of a model from that of the first or
// only one.
func partNames(path string) ([]string, error) {
	found := first.FindStringSubmatch(path)
	if found == nil {
		return []string{path}, nil
	}
	n, _ := strconv.Atoi(found[1])
	if n == 0 || n > maxParts {
		return nil, fmt.Errorf("%s: a model of %d parts: want 1 to %d", path, n, maxParts)
	}
	names := make([]string, n)
	for i := range names {
		names[i] = first.ReplaceAllString(path, fmt.Sprintf("-%05d-of-%05d.gguf", i+1, n))
	}
	return names, nil
}

// stem returns a file's name without its suffix and its number as a part.
func stem(path string) string {
	return strings.TrimSuffix(first.ReplaceAllString(filepath.Base(path), suffix), suffix)
}

// inFolder returns the models of a folder, but not of those in it.
func inFolder(folder string, place Place) (all []Entry) {
	paths, _ := filepath.Glob(filepath.Join(literal(folder), "*"+suffix))
	for _, path := range paths {
		if !later.MatchString(path) || first.MatchString(path) {
			all = append(all, fromFile(path, place))
		}
	}
	return all
}

// literal returns a pattern that matches nothing but a path.
func literal(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// fromFile describes the model whose first or only part is at path.
func fromFile(path string, place Place) Entry {
	e := Entry{Name: stem(path), Place: place, recorded: readRecord(path)}
	var names []string
	if names, e.Err = partNames(path); e.Err != nil {
		e.Parts = []Part{{Path: path}}
		return e
	}
	for _, name := range names {
		e.add(name, "")
	}
	return e
}

// add adds a part, or says why it cannot be used.
func (e *Entry) add(path, digest string) {
	p := Part{Path: path, digest: digest}
	info, err := os.Stat(path)
	switch link, linkErr := os.Readlink(path); {
	case err == nil && info.Mode().IsRegular():
		p.Size = info.Size()
	case err == nil:
		err = fmt.Errorf("%s: not a regular file", path)
	case linkErr == nil:
		err = fmt.Errorf("%s: broken link to %s: %w", path, link, fs.ErrNotExist)
	default:
		err = fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	if e.Err == nil {
		e.Err = err
	}
	e.Parts = append(e.Parts, p)
}
