package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pith-codec/pith/internal/progress"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/store"
)

var modelTool = tool{
	name:      "model",
	arguments: "COMMAND [NAME|FILE|URL]...",
	about:     "Manage the language models that -m finds and that restoring finds by hash.",
	notes: `Commands:
  list                  the models that are here, and what can run each
  info NAME...          all that is known of some
  verify [NAME]...      read them and compare their SHA-256
  add FILE...           copy GGUF files to pith's own folder
  rm NAME...            remove models from there; files made with them need them
  pull URL              get a GGUF file into that folder, or go on with it
  pull ORG/REPO/FILE    get it from the hub whose address is in HF_ENDPOINT
  try FILE [NAME]...    compress the start of FILE with each, to choose by

Models are built in, in folders that PITH_MODELS lists, in pith's own, and, read
only, in the cache of Hugging Face's libraries and in Ollama's store. NAME is as
in the list, or the path of a file. Of a model in parts, name the first.
`,
	options: modelOptions,
	run:     runModel,
}

var modelOptions = table{
	{"json", 0, "", "with list and info: an object of JSON for each model"},
	{"name", 0, "NAME", "with add and pull: call the model NAME"},
	{"sha256", 0, "HEX", "with pull: the hash that the file must have"},
	{"insecure", 0, "", "with pull: allow an address without TLS"},
	{"sample", 0, "SIZE", "with try: compress so much of FILE (16K)"},
	{"threads", 'T', "N", "with try: use N threads; 0 is one for each core"},
	{"quiet", 'q', "", "show no progress"},
}

// models is a run of pith model.
type models struct {
	u     *ui
	c     *cli.Context
	quiet bool
	out   strings.Builder // what goes to standard output at the end
}

// modelCommands are the words that may follow pith model.
var modelCommands = []struct {
	name    string
	options []string // beside --quiet
	run     func(m *models, words []string) int
}{
	{"list", []string{"json"}, (*models).list},
	{"info", []string{"json"}, (*models).info},
	{"verify", nil, (*models).verify},
	{"add", []string{"name"}, (*models).add},
	{"rm", nil, (*models).remove},
	{"pull", []string{"name", "sha256", "insecure"}, (*models).pull},
	{"try", []string{"sample", "threads"}, (*models).try},
}

func runModel(u *ui, c *cli.Context, words []string) int {
	if len(words) == 0 {
		return u.usage(errors.New("model needs a command, such as list"))
	}
	for _, command := range modelCommands {
		if command.name != words[0] {
			continue
		}
		for _, o := range modelOptions {
			if c.IsSet(o.long) && o.long != "quiet" && !slices.Contains(command.options, o.long) {
				return u.usage(fmt.Errorf("--%s does not go with model %s", o.long, command.name))
			}
		}
		m := &models{u: u, c: c, quiet: c.Bool("quiet")}
		code := command.run(m, words[1:])
		if m.out.Len() > 0 {
			code = max(code, u.print(m.out.String()))
		}
		return code
	}
	return u.usage(fmt.Errorf("model has no command %q", words[0]))
}

// meter returns a meter for reading or getting size bytes, and what moves it.
func (m *models) meter(name string, size int64) (*progress.Meter, func(n int64)) {
	if m.quiet {
		return nil, nil
	}
	meter := progress.New(os.Stderr, printable(name), size)
	return meter, meter.Set
}

// each calls do for each name, reports what goes wrong and returns the highest exit
// code.
func (m *models) each(names []string, do func(name string) error) int {
	if len(names) == 0 {
		return m.u.usage(errors.New("no model is named"))
	}
	code := exitOK
	for _, name := range names {
		if err := do(name); err != nil {
			code = max(code, m.u.failed(name, err))
		}
	}
	return code
}

// lookup finds a model that can be used.
func lookup(name string) (*store.Entry, error) {
	e, err := store.Lookup(name)
	if e == nil && errors.Is(err, fs.ErrNotExist) {
		return nil, noModel(name)
	}
	return e, err
}

// verify reads models, or all, and compares their hashes.
func (m *models) verify(names []string) int {
	if len(names) > 0 {
		return m.each(names, func(name string) error {
			if name == builtinName {
				return m.verifyBuiltin()
			}
			e, err := lookup(name)
			if err != nil {
				return err
			}
			return m.verifyEntry(e)
		})
	}
	code := m.each([]string{builtinName}, func(string) error { return m.verifyBuiltin() })
	for _, e := range store.List() {
		code = max(code, m.each([]string{e.Name}, func(string) error { return m.verifyEntry(&e) }))
	}
	return code
}

func (m *models) verifyBuiltin() error {
	if _, err := gguf.Parse(builtinParts()...); err != nil {
		return err
	}
	h := sha256.New()
	for _, p := range builtinParts() {
		h.Write(p)
	}
	hash := hex.EncodeToString(h.Sum(nil))
	if hash != builtinSHA256 {
		return &store.DamagedError{Path: builtinName, Have: hash, Want: builtinSHA256}
	}
	m.verified(builtinName, hash, true)
	return nil
}

func (m *models) verifyEntry(e *store.Entry) error {
	meter, done := m.meter(e.Name, e.Size())
	defer meter.Clear()
	sum, compared, err := e.Verify(done)
	if err == nil {
		m.verified(e.Name, hex.EncodeToString(sum[:]), compared)
	}
	return err
}

func (m *models) verified(name, hash string, compared bool) {
	how := "as it should be"
	if !compared {
		how = "nothing says what it should be"
	}
	fmt.Fprintf(&m.out, "%s: sha256:%s, %s\n", printable(name), hash, how)
}

// add copies models to pith's own folder.
func (m *models) add(files []string) int {
	name := m.c.String("name")
	if m.c.IsSet("name") {
		if err := store.CheckName(name); err != nil {
			return m.u.usage(err)
		}
		if len(files) > 1 {
			return m.u.usage(errors.New("--name goes with one file"))
		}
	}
	return m.each(files, func(file string) error {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		meter, done := m.meter(file, info.Size())
		defer meter.Clear()
		e, err := store.Add(file, name, done)
		return m.added(e, err)
	})
}

// added reports a model that is new in pith's own folder.
func (m *models) added(e *store.Entry, err error) error {
	var exists *fs.PathError
	if errors.Is(err, fs.ErrExist) && errors.As(err, &exists) {
		return hint("there is "+exists.Path+" already", "choose another name with --name, or remove it with pith model rm")
	}
	if err != nil {
		return err
	}
	hash, _ := e.Hash()
	fmt.Fprintf(&m.out, "added %s, sha256:%x\n", printable(e.Name), hash)
	return nil
}

// remove removes models from pith's own folder.
func (m *models) remove(names []string) int {
	return m.each(names, func(name string) error {
		e, err := store.LookupOwn(name)
		if err != nil {
			other, lookupErr := store.Lookup(name)
			if other != nil {
				return hint(fmt.Sprintf("it lies in %s, where pith only reads", other.Path()), "remove it with what put it there")
			}
			if errors.Is(lookupErr, fs.ErrNotExist) {
				return noModel(name)
			}
			return lookupErr
		}
		hash, known := e.Hash()
		if err := store.Remove(e); err != nil {
			return err
		}
		fmt.Fprintf(&m.out, "removed %s", printable(e.Name))
		if known {
			fmt.Fprintf(&m.out, ", sha256:%x", hash)
		}
		m.out.WriteString("\n")
		return nil
	})
}
