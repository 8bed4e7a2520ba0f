package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/store"
)

// Exit codes.
const (
	exitOK       = 0
	exitError    = 1 // usage, files, system
	exitCorrupt  = 2
	exitInternal = 3
	exitCannot   = 4 // another version, model or arithmetic
)

// command runs the program and returns its exit code.
func command(args []string) int {
	u := &ui{out: os.Stderr}
	if t, ok := findTool(args); ok {
		return t.command(u, args[1:])
	}
	flags, files, err := options.normalise(expandSubcommand(args))
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

// process handles all files and returns the highest of their exit codes.
func (s *settings) process(u *ui, files []string) int {
	if len(files) == 0 && s.filesFrom == "" {
		files = []string{"-"}
	}
	if err := s.readDictionary(); err != nil {
		return u.failed(s.primer, err)
	}
	start := time.Now()
	code := s.inputs(u, files, func(name string) error { return s.one(u, name) })
	u.total(time.Since(start))
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
		shadow      *codec.ShadowError
		machine     *codec.SelfTestError
		corrupt     *container.CorruptError
		unsupported *container.UnsupportedError
		model       *codec.ModelError
		numerics    *codec.NumericsError
		diverged    *codec.DivergedError
		dictionary  *codec.DictionaryError
		damaged     *store.DamagedError
	)
	switch {
	case errors.As(err, &internal), errors.As(err, &shadow), errors.As(err, &machine):
		return exitInternal
	case errors.As(err, &corrupt), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, container.ErrFormat), errors.Is(err, gguf.ErrFormat), errors.As(err, &damaged):
		return exitCorrupt
	case errors.As(err, &unsupported), errors.As(err, &model), errors.As(err, &numerics), errors.As(err, &diverged), errors.As(err, &dictionary):
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
