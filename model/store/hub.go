package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// hubFolders returns the folder of the Hugging Face cache, by the variables that
// huggingface_hub reads.
func hubFolders() []string {
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"} {
		if root := os.Getenv(name); root != "" {
			return []string{root}
		}
	}
	if home := os.Getenv("HF_HOME"); home != "" {
		return []string{filepath.Join(home, "hub")}
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(cache) {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		cache = filepath.Join(home, ".cache")
	}
	return []string{filepath.Join(cache, "huggingface", "hub")}
}

var blobs = regexp.MustCompile(`^[0-9a-f]{64}$`)

// inHub returns the models of a Hugging Face cache, as its documentation ("Hub
// Local Cache") lays it out: models--ORG--REPO/snapshots/COMMIT/PATH are links to
// blobs that are named by their hash.
func inHub(root string) (all []Entry) {
	folders, _ := filepath.Glob(filepath.Join(literal(root), "models--*"))
	for _, folder := range folders {
		repository := strings.ReplaceAll(strings.TrimPrefix(filepath.Base(folder), "models--"), "--", "/")
		seen := map[string]bool{}
		for _, snapshot := range snapshots(folder) {
			_ = filepath.WalkDir(snapshot, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || !strings.HasSuffix(path, suffix) || later.MatchString(path) && !first.MatchString(path) {
					return nil // what cannot be read is as if it were not there
				}
				below, _ := filepath.Rel(snapshot, path)
				e := fromHub(path)
				e.Name = repository + "/" + filepath.ToSlash(filepath.Join(filepath.Dir(below), stem(below)))
				if key := e.Name + "\x00" + e.key(); !seen[key] {
					seen[key] = true
					all = append(all, e)
				}
				return nil
			})
		}
	}
	return all
}

// snapshots returns the folders of the repository's commits, that of main first.
func snapshots(folder string) []string {
	all, _ := filepath.Glob(filepath.Join(literal(folder), "snapshots", "*"))
	main, _ := os.ReadFile(filepath.Join(folder, "refs", "main"))
	slices.SortStableFunc(all, func(a, b string) int {
		isMain := func(path string) int {
			if filepath.Base(path) == strings.TrimSpace(string(main)) {
				return 0
			}
			return 1
		}
		return isMain(a) - isMain(b)
	})
	return all
}

// fromHub describes the model whose first or only part is at path.
func fromHub(path string) Entry {
	e := Entry{Place: HuggingFace}
	var names []string
	if names, e.Err = partNames(path); e.Err != nil {
		e.Parts = []Part{{Path: path}}
		return e
	}
	for _, name := range names {
		digest := ""
		if link, err := os.Readlink(name); err == nil && blobs.MatchString(filepath.Base(link)) {
			digest = filepath.Base(link)
		}
		e.add(name, digest)
	}
	return e
}

// key tells what the same model is in two commits.
func (e *Entry) key() string {
	var b strings.Builder
	for _, p := range e.Parts {
		if p.digest == "" {
			b.WriteString(p.Path)
		}
		b.WriteString(p.digest + "\x00")
	}
	return b.String()
}
