package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
)

// Exit codes.
const (
	exitOK       = 0
	exitError    = 1 // usage, files, system
	exitCorrupt  = 2
	exitInternal = 3
	exitCannot   = 4 // another version, model or arithmetic
)

// settings are the flags as given.
type settings struct {
	decompress, stdout, remove, force, test bool
	table, info, json                       bool
	verbose, quiet, verifies                bool
	recursive, null                         bool
	output, suffix, filesFrom               string
	level, threads                          int
	memory                                  int64 // limit for decoding, or 0

	opened *codec.Model
	wrote  bool // to standard output
}

// lists reports whether files are to be listed.
func (s *settings) lists() bool { return s.table || s.info }

// restores reports whether inputs are compressed.
func (s *settings) restores() bool { return s.decompress || s.test }

// command runs the program and returns its exit code.
func command(args []string) int {
	u := &ui{out: os.Stderr}
	flags, files, err := normalise(expandSubcommand(args))
	if err != nil {
		return u.usage(err)
	}
	preset, err := defaults(os.Getenv(environment))
	if err != nil {
		return u.usage(err)
	}
	flags = slices.Concat(preset, calledAs(os.Args[0]), flags)
	// urfave/cli would answer these itself, and in its own way.
	switch {
	case slices.Contains(flags, "--help"):
		return u.print(help())
	case slices.Contains(flags, "--version"):
		return u.print("pith " + version() + "\n")
	}
	s, err := parse(flags, files)
	if err != nil {
		return u.usage(err)
	}
	u.verbose = s.verbose
	if s.lists() {
		return s.listAll(u, files)
	}
	return s.process(u, files)
}

// parse reads normalised flags and refuses those that make no sense, or none
// together.
func parse(flags, files []string) (*settings, error) {
	var s *settings
	app := &cli.App{
		Name: "pith", HideHelp: true, HideHelpCommand: true, HideVersion: true,
		Flags:  cliFlags(),
		Writer: io.Discard, ErrWriter: io.Discard, // it would print its own help
		ExitErrHandler: func(*cli.Context, error) {}, // it would exit
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) (err error) {
			s, err = read(c, len(files))
			return err
		},
	}
	// It gets no files, for it would take flags and commands from among them.
	err := app.Run(append([]string{"pith"}, flags...))
	return s, err
}

func read(c *cli.Context, files int) (*settings, error) {
	s := &settings{
		decompress: c.Bool("decompress"), stdout: c.Bool("stdout"), remove: c.Bool("rm") && !c.Bool("keep"),
		force: c.Bool("force"), test: c.Bool("test"),
		table: c.Bool("list"), info: c.Bool("info"), json: c.Bool("json"),
		verbose: c.Bool("verbose"), quiet: c.Bool("quiet") || c.Bool("no-progress"), verifies: c.Bool("verify"),
		recursive: c.Bool("recursive"), null: c.Bool("null"),
		output: c.String("output"), suffix: c.String("suffix"), filesFrom: c.String("files-from"),
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
	switch {
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

// process handles all files and returns the highest of their exit codes.
func (s *settings) process(u *ui, files []string) int {
	if len(files) == 0 && s.filesFrom == "" {
		files = []string{"-"}
	}
	code := s.inputs(u, files, func(name string) error { return s.one(u, name) })
	if s.wrote {
		// Some file systems tell of a full disk only now.
		if err := os.Stdout.Close(); err != nil {
			code = max(code, u.failed("(stdout)", err))
		}
	}
	return code
}

// internalError is a fault of the program that was found before it did harm.
type internalError struct{ error }

// exitCode returns the exit code for an error.
func exitCode(err error) int {
	var (
		internal    *internalError
		corrupt     *container.CorruptError
		unsupported *container.UnsupportedError
		model       *codec.ModelError
		numerics    *codec.NumericsError
		diverged    *codec.DivergedError
	)
	switch {
	case errors.As(err, &internal):
		return exitInternal
	case errors.As(err, &corrupt), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, container.ErrFormat):
		return exitCorrupt
	case errors.As(err, &unsupported), errors.As(err, &model), errors.As(err, &numerics), errors.As(err, &diverged):
		return exitCannot
	}
	return exitError
}

// version returns the version of the program as the Go tool recorded it.
func version() string {
	v := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return fmt.Sprintf("%s format %d numerics %d %s/%s", v, container.Version, codec.Numerics, runtime.GOOS, runtime.GOARCH)
}
