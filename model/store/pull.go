package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pith-codec/pith/internal/atomicfile"
)

// Download is a model to get.
type Download struct {
	URL      string // of the file, or of the first part
	Name     string // in pith's own folder; "" is what the address ends with
	SHA256   string // what the hash of the whole must be, in hexadecimal, or ""
	Token    string // sent to the host of URL only, or ""
	Insecure bool   // http will do
	// Progress is told, unless it is nil, how many of a file's bytes are there;
	// size is negative if it is not known.
	Progress func(file string, done, size int64)
}

// HubURL returns the address of ORG/REPO/PATH on the hub that HF_ENDPOINT names.
func HubURL(name string) (string, error) {
	parts := strings.SplitN(name, "/", 3)
	if len(parts) < 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return "", fmt.Errorf("%q is neither an address nor ORG/REPO/FILE", name)
	}
	endpoint := strings.TrimRight(os.Getenv("HF_ENDPOINT"), "/")
	if endpoint == "" {
		return "", errors.New("HF_ENDPOINT does not name a hub")
	}
	file := parts[2]
	if !strings.HasSuffix(file, suffix) {
		file += suffix
	}
	return endpoint + "/" + url.PathEscape(parts[0]) + "/" + url.PathEscape(parts[1]) + "/resolve/main/" + (&url.URL{Path: file}).EscapedPath(), nil
}

// Pull gets a model into pith's own folder. What a run that was stopped left there
// is used, if the server still has the same. The model gets its name when it is
// complete, its hash is what SHA256 and the server say, if they do, and its head is
// good; compared tells whether one of them did. The error is a *DamagedError or
// wraps gguf.ErrFormat if it is not, fs.ErrExist if there is a model of that name.
func Pull(ctx context.Context, d Download) (e *Entry, compared bool, err error) {
	address, err := url.Parse(d.URL)
	switch {
	case err != nil:
		return nil, false, err
	case address.Scheme == "http" && !d.Insecure:
		return nil, false, ErrInsecure
	case address.Scheme != "http" && address.Scheme != "https":
		return nil, false, fmt.Errorf("%q is no address of the web", d.URL)
	}
	file := path.Base(address.Path)
	if later.MatchString(file) && !first.MatchString(file) {
		return nil, false, fmt.Errorf("%s is a part of a model: name the first", file)
	}
	if d.Name == "" {
		if !strings.HasSuffix(file, suffix) {
			return nil, false, errors.New("the address does not end with the name of a GGUF file")
		}
		d.Name = stem(file)
	}
	sources, err := partNames(address.Path)
	if err != nil {
		return nil, false, err
	}
	targets, err := targetsFor(d.Name, len(sources))
	if err != nil {
		return nil, false, err
	}
	got := Entry{Name: d.Name, Place: Own, recorded: strings.ToLower(d.SHA256)}
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	for i, source := range sources {
		from := *address
		from.Path, from.RawPath = source, ""
		g := &getter{Download: d, from: from.String(), to: targets[i] + partial}
		f, err := g.get(ctx)
		if err != nil {
			return nil, false, err
		}
		files = append(files, f)
		got.add(g.to, g.digest)
	}
	sum, compared, err := got.Verify(nil)
	if err != nil { // what is wrong will not come right by going on with it
		if got.Err == nil {
			_ = Remove(&got)
		}
		return nil, compared, err
	}
	var adopted []*atomicfile.File
	for i, f := range files {
		adopted = append(adopted, atomicfile.Adopt(f, targets[i]))
	}
	if e, err = publish(targets, adopted, hex.EncodeToString(sum[:])); err == nil {
		for _, t := range targets {
			_ = os.Remove(t + partial + stateSuffix)
		}
	}
	return e, compared, err
}

// Files of downloads that are not complete end with partial, what is known of them
// with stateSuffix behind it.
const (
	partial     = ".part"
	stateSuffix = ".json"
)

// ErrInsecure says that an address begins with http.
var ErrInsecure = errors.New("http is not safe from those in between")

// ErrPartial says that only a part of a model has been got.
var ErrPartial = errors.New("only a part of it has been got")

// partials returns the models of a folder of which only a part has been got.
func partials(folder string) (all []Entry) {
	paths, _ := filepath.Glob(filepath.Join(literal(folder), "*"+suffix+partial))
	for _, p := range paths {
		target := strings.TrimSuffix(p, partial)
		name := strings.TrimSuffix(later.ReplaceAllString(filepath.Base(target), suffix), suffix)
		if n := len(all); n == 0 || all[n-1].Name != name {
			all = append(all, Entry{Name: name, Place: Own})
		}
		e := &all[len(all)-1]
		e.add(p, "")
		e.Err = fmt.Errorf("%w, from %s", ErrPartial, orUnknown(readState(p).URL))
	}
	return all
}

func orUnknown(s string) string {
	if s == "" {
		return "an unknown address"
	}
	return s
}

// removePartial removes what is kept beside the files of a download.
func removePartial(path string) error {
	if err := os.Remove(path + stateSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
