package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pith-codec/pith/codec"
	"github.com/urfave/cli/v2"
)

// settings are the flags as given.
type settings struct {
	decompress, stdout, remove, force, test bool
	table, info, json                       bool
	verbose, quiet, verifies                bool
	recursive, null                         bool
	output, suffix, filesFrom, modelName    string
	primer                                  string // name of the dictionary's file, or ""
	level, threads                          int
	memory                                  int64 // limit for decoding, or 0
	need                                    int64 // limit for decoding what is made, or 0
	block                                   int   // bytes of a block, or 0
	backend                                 string
	llama                                   llamaOptions

	dictionary *codec.Dictionary // nil if there is none

	opened *codec.Model // of files
	chosen *codec.Model // of -m
	nth    string       // which of the files is at hand, for the progress
	wrote  bool         // to standard output

	invited *codec.Model // run by llama.cpp
}

// lists reports whether files are to be listed.
func (s *settings) lists() bool { return s.table || s.info }

// restores reports whether inputs are compressed.
func (s *settings) restores() bool { return s.decompress || s.test }

// parse reads normalised flags and refuses those that make no sense, or none
// together.
func parse(flags, files []string) (*settings, error) {
	var s *settings
	err := options.parse(flags, func(c *cli.Context) (err error) {
		s, err = read(c, len(files))
		return err
	})
	return s, err
}

func read(c *cli.Context, files int) (*settings, error) {
	s := &settings{
		decompress: c.Bool("decompress"), stdout: c.Bool("stdout"), remove: c.Bool("rm") && !c.Bool("keep"),
		force: c.Bool("force"), test: c.Bool("test"),
		table: c.Bool("list"), info: c.Bool("info"), json: c.Bool("json"),
		verbose: c.Bool("verbose"), quiet: c.Bool("quiet") || c.Bool("no-progress"), verifies: c.Bool("verify"),
		recursive: c.Bool("recursive"), null: c.Bool("null"),
		output: c.String("output"), suffix: c.String("suffix"), filesFrom: c.String("files-from"), modelName: c.String("model"),
		primer: c.String("dictionary"),
	}
	several := files > 1 || s.recursive || s.filesFrom != ""
	var err error
	if s.memory, err = size(c, "memlimit"); err != nil {
		return nil, err
	}
	if s.level, err = number(c, "level", codec.MinLevel, codec.MaxLevel); err != nil {
		return nil, err
	}
	if s.threads, err = number(c, "threads", 0, 1024); err != nil {
		return nil, err
	}
	if s.need, err = size(c, "memory"); err != nil {
		return nil, err
	}
	if s.block, err = s.blockSize(c); err != nil {
		return nil, err
	}
	if err := s.readLlama(c); err != nil {
		return nil, err
	}
	switch {
	case c.IsSet("model") && s.modelName == "":
		return nil, errors.New("-m needs the path or name of a model")
	case c.IsSet("dictionary") && s.primer == "":
		return nil, errors.New("-D needs the name of a file")
	case c.IsSet("output") && s.output == "":
		return nil, errors.New("-o needs the name of a file")
	case c.IsSet("suffix") && (s.suffix == "" || strings.ContainsRune(s.suffix, filepath.Separator) || strings.ContainsRune(s.suffix, '/')):
		return nil, errors.New("-S needs a suffix that can end the name of a file")
	case c.IsSet("files-from") && s.filesFrom == "":
		return nil, errors.New("--files-from needs the name of a file, or - for standard input")
	case s.null && s.filesFrom == "":
		return nil, errors.New("-0 goes with --files-from")
	case c.IsSet("output") && (several || s.stdout || s.test):
		return nil, errors.New("-o goes with one file, and neither with -c nor -t")
	case s.lists() && files == 0 && s.filesFrom == "":
		return nil, errors.New("there is no file to list")
	case s.lists() && (s.decompress || s.test || s.stdout || s.remove || c.IsSet("output")):
		return nil, errors.New("--list and --info go neither with -d, -t, -c, -o nor --rm")
	case (s.block != 0 || s.need != 0) && (s.restores() || s.lists()):
		return nil, errors.New("--block-size and --memory go with compressing; to limit restoring, use --memlimit")
	case s.json && !s.lists():
		return nil, errors.New("--json goes with --list or --info")
	case s.verifies && (s.restores() || s.stdout || s.output == "-" || !several && files == 0):
		return nil, errors.New("--verify goes with files that are compressed to files")
	case s.remove && (s.stdout || s.test || s.output == "-"):
		return nil, errors.New("--rm goes neither with -c nor -t")
	}
	if s.output == "-" {
		s.output, s.stdout = "", true
	}
	if s.suffix == "" {
		s.suffix = suffix
	}
	return s, nil
}

// readLlama reads the flags of other engines.
func (s *settings) readLlama(c *cli.Context) (err error) {
	s.backend = c.String("backend")
	s.llama.threads = s.threads
	if s.llama.workers, err = number(c, "workers", 1, 512); err != nil {
		return err
	}
	s.llama.gpuLayers = -1
	if c.IsSet("gpu-layers") {
		if s.llama.gpuLayers, err = number(c, "gpu-layers", 0, 65535); err != nil {
			return err
		}
	}
	if list := c.String("device"); list != "" {
		s.llama.devices = strings.Split(list, ",")
	}
	set := c.IsSet("workers") || c.IsSet("gpu-layers") || c.IsSet("device")
	switch {
	case c.IsSet("backend") && s.backend != nativeBackend && s.backend != llamaBackend:
		return fmt.Errorf("no backend %q: there are native and llama", s.backend)
	case c.IsSet("backend") && (s.restores() || s.lists()):
		return errors.New("--backend goes with compressing: files say what they need")
	case c.IsSet("device") && slices.Contains(strings.Split(c.String("device"), ","), ""):
		return errors.New("--device needs names of devices, such as CPU or CUDA0,CUDA1")
	case set && !s.foreign() && !s.restores():
		return errors.New("--workers, --gpu-layers and --device go with --backend llama, or with restoring")
	case s.foreign() && !hasLlama:
		return errNoLlama
	case s.foreign() && s.level != 0 && s.level < codec.MinNeuralLevel:
		return fmt.Errorf("--backend llama goes with levels %d to %d", codec.MinNeuralLevel, codec.MaxLevel)
	case s.foreign() && s.primer != "":
		return errors.New("-D does not go with --backend llama")
	}
	return nil
}

// size returns the value of a flag in bytes, or 0 if it was not given.
func size(c *cli.Context, name string) (int64, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	n, err := parseSize(c.String(name))
	if err != nil {
		return 0, fmt.Errorf("--%s: %w", name, err)
	}
	return max(n, 1), nil
}

// blockSize returns the value of --block-size, or 0 if it was not given.
func (s *settings) blockSize(c *cli.Context) (int, error) {
	n, err := size(c, "block-size")
	if n == 0 || err != nil {
		return 0, err
	}
	if n < codec.MinBlockSize || n > codec.MaxBlockSize {
		return 0, fmt.Errorf("--block-size: size %q: want %dK to %dM", c.String("block-size"), codec.MinBlockSize>>10, codec.MaxBlockSize>>20)
	}
	return int(n), nil
}

// number returns the value of a flag, or 0 if it was not given.
func number(c *cli.Context, name string, least, most int) (int, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	n, err := strconv.ParseUint(c.String(name), 10, 16)
	if err != nil || int(n) < least || int(n) > most {
		return 0, fmt.Errorf("%s %q: want a number from %d to %d", name, c.String(name), least, most)
	}
	return int(n), nil
}
