package bench

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Manifest lists the files of a corpus.
type Manifest struct {
	Name  string
	Files []Entry
}

// Entry is a file of a corpus.
type Entry struct {
	Name    string
	Size    int64
	SHA256  string // in hex
	Licence string
	Source  string
}

//go:embed corpora/*.tsv
var builtin embed.FS

// Builtin returns the manifest of a corpus that is known by name.
func Builtin(name string) (*Manifest, bool) {
	text, err := builtin.ReadFile("corpora/" + name + ".tsv")
	if err != nil {
		return nil, false
	}
	m, err := ParseManifest(name, string(text))
	if err != nil {
		panic("bench: internal error: " + err.Error())
	}
	return m, true
}

// BuiltinNames lists the corpora that are known.
func BuiltinNames() (names []string) {
	_ = fs.WalkDir(builtin, "corpora", func(path string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			names = append(names, strings.TrimSuffix(filepath.Base(path), ".tsv"))
		}
		return nil
	})
	return names
}

var hexSum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ParseManifest reads lines of name, size, SHA-256, licence and source with tabs
// between them; empty ones, and those that begin with #, are left out.
func ParseManifest(name, text string) (*Manifest, error) {
	m := &Manifest{Name: name}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		bad := func(what string) error { return fmt.Errorf("manifest %s, line %d: %s", name, i+1, what) }
		if len(f) != 5 {
			return nil, bad("want name, size, SHA-256, licence and source, with tabs between them")
		}
		size, err := strconv.ParseInt(f[1], 10, 64)
		switch {
		case err != nil || size < 0:
			return nil, bad("the size is no number of bytes")
		case !hexSum.MatchString(f[2]):
			return nil, bad("the SHA-256 is not 64 hexadecimal digits")
		case !filepath.IsLocal(filepath.FromSlash(f[0])):
			return nil, bad("the name leads out of the folder")
		case slices.ContainsFunc(m.Files, func(e Entry) bool { return e.Name == f[0] }):
			return nil, bad("the name was there before")
		}
		m.Files = append(m.Files, Entry{f[0], size, f[2], f[3], f[4]})
	}
	if len(m.Files) == 0 {
		return nil, fmt.Errorf("manifest %s lists no file", name)
	}
	return m, nil
}

// Inputs returns the inputs that a manifest lists, in a folder.
func (m *Manifest) Inputs(folder string) (all []Input, err error) {
	for _, e := range m.Files {
		path := filepath.Join(folder, filepath.FromSlash(e.Name))
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if info.Size() != e.Size {
			return nil, fmt.Errorf("%s has %d bytes, the one that the manifest %s names has %d", path, info.Size(), m.Name, e.Size)
		}
		all = append(all, Input{Name: e.Name, Path: path, Want: e.SHA256})
	}
	return all, nil
}

// Inputs returns what an argument stands for: a file, the files in a folder and
// below, a manifest (a file that ends with .tsv), or a known corpus as NAME=FOLDER;
// each of these with :SIZE behind it for the first bytes of each file. ParseSize
// reads the size.
func Inputs(argument string, parseSize func(string) (int64, error)) ([]Input, error) {
	all, err := whole(argument)
	path, size, prefixed := cutLast(argument, ":")
	if !errors.Is(err, fs.ErrNotExist) || !prefixed {
		return all, err
	}
	most, bad := parseSize(size)
	if bad != nil || most == 0 {
		return nil, err
	}
	if all, err = whole(path); err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Name, all[i].Most = all[i].Name+":"+size, most
	}
	return all, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// whole is Inputs without a size.
func whole(argument string) (all []Input, err error) {
	info, err := os.Stat(argument)
	if name, folder, ok := strings.Cut(argument, "="); ok && err != nil {
		if m, ok := Builtin(name); ok {
			return m.Inputs(folder)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir() && strings.HasSuffix(argument, ".tsv"):
		text, err := os.ReadFile(argument)
		if err != nil {
			return nil, err
		}
		m, err := ParseManifest(argument, string(text))
		if err != nil {
			return nil, err
		}
		return m.Inputs(filepath.Dir(argument))
	case !info.IsDir():
		return []Input{{Name: filepath.Base(argument), Path: argument}}, nil
	}
	err = filepath.WalkDir(argument, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			name, _ := filepath.Rel(argument, path)
			all = append(all, Input{Name: filepath.ToSlash(name), Path: path})
		}
		return err
	})
	return all, err
}
