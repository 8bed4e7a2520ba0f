package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Cost is what one run of a program took.
type Cost struct {
	Wall float64 `json:"wall_s"`
	CPU  float64 `json:"cpu_s"`
	Peak int64   `json:"peak_bytes,omitempty"` // of memory; 0 is not measured
}

// run runs a program that reads the file in and writes the file out. It is killed,
// with all that it started, when ctx ends, or once it has written more than most
// bytes. The error says what went wrong with it, in one line.
func run(ctx context.Context, argv []string, in, out string, most int64) (Cost, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	args := slices.Clone(argv)
	named := false
	for i, a := range args {
		named = named || strings.Contains(a, "{in}")
		args[i] = strings.NewReplacer("{in}", in, "{out}", out).Replace(a)
	}
	target := slices.IndexFunc(argv, func(a string) bool { return strings.Contains(a, "{out}") })
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	ownGroup(cmd)
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &bounded{&said}
	if !named {
		f, err := os.Open(in)
		if err != nil {
			return Cost{}, err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	if target < 0 {
		f, err := os.Create(out)
		if err != nil {
			return Cost{}, err
		}
		defer f.Close()
		cmd.Stdout = f
	} else {
		cmd.Stdout = cmd.Stderr
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Cost{}, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			c := Cost{Wall: time.Since(start).Seconds(), CPU: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), Peak: peak(cmd.ProcessState)}
			if target >= 0 && err == nil {
				err = onlyFile(out)
			}
			return c, failure(ctx, err, said.String())
		case <-tick.C:
			if info, err := os.Stat(out); err == nil && info.Size() > most {
				cancel(fmt.Errorf("wrote more than %d bytes", most))
			}
		}
	}
}

// onlyFile makes the one file in a folder that a program made instead of a file take
// its place.
func onlyFile(out string) error {
	info, err := os.Stat(out)
	if err != nil || !info.IsDir() {
		return nil
	}
	var files []string
	_ = filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return nil
	})
	if len(files) != 1 {
		return fmt.Errorf("made %d files", len(files))
	}
	only := out + ".only"
	if err := os.Rename(files[0], only); err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	return os.Rename(only, out)
}

// failure says why a program failed, if it did.
func failure(ctx context.Context, err error, said string) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, context.DeadlineExceeded):
		return errors.New("took too long")
	case cause != nil:
		return cause
	case err == nil:
		return nil
	}
	if line, _, _ := strings.Cut(strings.TrimSpace(said), "\n"); line != "" {
		return fmt.Errorf("%w: %q", err, line)
	}
	return err
}

// bounded keeps the first bytes of what is written and drops the rest.
type bounded struct{ b *bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	const most = 4096
	b.b.Write(p[:min(len(p), max(0, most-b.b.Len()))])
	return len(p), nil
}
