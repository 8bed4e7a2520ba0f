package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

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
	verbose, quiet                          bool
	output                                  string
	level, threads                          int

	opened *codec.Model
}

// command runs the program and returns its exit code.
func command(args []string) int {
	u := ui{out: os.Stderr}
	flags, files, err := normalise(args[1:])
	if err != nil {
		return u.usage(err)
	}
	// urfave/cli would answer these itself, and in its own way.
	switch {
	case slices.Contains(flags, "--help"):
		printHelp(os.Stdout)
		return exitOK
	case slices.Contains(flags, "--version"):
		fmt.Println("pith", version())
		return exitOK
	}
	code := exitOK
	app := &cli.App{
		Name: "pith", HideHelp: true, HideHelpCommand: true, HideVersion: true,
		Flags:  cliFlags(),
		Writer: io.Discard, ErrWriter: io.Discard,
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			s := settings{
				decompress: c.Bool("decompress"), stdout: c.Bool("stdout"), remove: c.Bool("rm") && !c.Bool("keep"),
				force: c.Bool("force"), test: c.Bool("test"),
				verbose: c.Bool("verbose"), quiet: c.Bool("quiet"),
				output: c.String("output"), level: c.Int("level"), threads: c.Int("threads"),
			}
			if err := s.check(c, files); err != nil {
				return err
			}
			u.quiet, u.verbose = s.quiet, s.verbose
			code = s.process(&u, files)
			return nil
		},
	}
	if err := app.Run(append([]string{"pith"}, flags...)); err != nil {
		return u.usage(err)
	}
	return code
}

// check refuses flags that make no sense, or none together.
func (s *settings) check(c *cli.Context, files []string) error {
	switch {
	case c.IsSet("level") && (s.level < codec.MinLevel || s.level > codec.MaxLevel):
		return fmt.Errorf("level %d: want %d to %d", s.level, codec.MinLevel, codec.MaxLevel)
	case s.threads < 0 || s.threads > 1024:
		return fmt.Errorf("%d threads: want 0 to 1024", s.threads)
	case c.IsSet("output") && (len(files) > 1 || s.stdout || s.test):
		return errors.New("-o goes with one file, and neither with -c nor -t")
	}
	return nil
}

// process handles all files and returns the highest of their exit codes.
func (s *settings) process(u *ui, files []string) int {
	if len(files) == 0 {
		files = []string{"-"}
	}
	code := exitOK
	for _, name := range files {
		if err := s.one(u, name); err != nil {
			u.failed(name, err)
			code = max(code, exitCode(err))
		}
	}
	return code
}

// exitCode returns the exit code for an error.
func exitCode(err error) int {
	var (
		corrupt     *container.CorruptError
		unsupported *container.UnsupportedError
		model       *codec.ModelError
		numerics    *codec.NumericsError
		diverged    *codec.DivergedError
	)
	switch {
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
