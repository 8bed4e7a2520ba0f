//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// systemCall is one of a trace.
type systemCall struct {
	name     string
	text     string
	thread   string
	inThread int // which it is of its name in its thread, from 1
	order    int // which it is of its name, from 1
}

var (
	callLine    = regexp.MustCompile(`^(\d+) +([a-z0-9_]+)\((.*)$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. [a-z0-9_]+ resumed>(.*)$`)
)

// readTrace reads what strace writes.
func readTrace(log string) (calls []systemCall) {
	inThread, order := map[string]int{}, map[string]int{}
	open := map[string]int{} // by thread: the call that goes on
	for line := range strings.SplitSeq(log, "\n") {
		if m := resumedLine.FindStringSubmatch(line); m != nil {
			if i, ok := open[m[1]]; ok {
				calls[i].text += m[2]
			}
			continue
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		c := systemCall{thread: m[1], name: m[2], text: m[2] + "(" + strings.TrimSuffix(m[3], " <unfinished ...>")}
		inThread[c.thread+c.name]++
		c.inThread = inThread[c.thread+c.name]
		order[c.name]++
		c.order = order[c.name]
		open[c.thread] = len(calls)
		calls = append(calls, c)
	}
	return calls
}

// first returns the first call that is the n-th of its name in its thread.
func first(calls []systemCall, name string, n int) (systemCall, bool) {
	for _, c := range calls {
		if c.name == name && c.inThread == n {
			return c, true
		}
	}
	return systemCall{}, false
}

// command is a command in dir, on as few threads as can be: strace counts the
// calls of each by itself.
func (f *faulty) command(dir, name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	f.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1", "PITH_TEST=temporary")
	return cmd
}

// traced are the calls that touch files, on all architectures.
const traced = "?openat,?read,?pread64,?write,?pwrite64,?fsync,?fdatasync,?ftruncate,?lseek,?close," +
	"?newfstatat,?fstat,?statx,?fchmod,?fchmodat,?fchown,?utimensat,?linkat,?renameat,?renameat2,?unlinkat"

// temporary is the name of the temporary file. It is always the same here, for
// strace takes names only as they are. Only calls on these files count: those
// of the runtime, before the program begins, are no concern of it.
const temporary = ".pith-0.tmp"

// outcome is what came of a run.
type outcome struct {
	dir    string
	code   int // of the program, or -1 if it was killed
	stderr string
	calls  []systemCall
}

// run runs the program with what strace is told to inject.
func (f *faulty) run(inject string) outcome {
	f.runs++
	o := outcome{dir: f.dir()}
	log := filepath.Join(o.dir, "log")
	args := []string{"-f", "-o", log, "-e", "quiet=attach,path-resolution", "-e", "trace=" + traced, "-P", "."}
	for _, name := range []string{"input", "input.pith", temporary} {
		args = append(args, "-P", name, "-P", filepath.Join(o.dir, name))
	}
	if inject != "" {
		args = append(args, "-e", "inject="+inject)
	}
	cmd := f.command(o.dir, "strace", append(append(args, "pith"), f.args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		f.Fatal(err)
	}
	o.code, o.stderr = cmd.ProcessState.ExitCode(), stderr.String()
	text, err := os.ReadFile(log)
	if err != nil {
		f.Fatal(err)
	}
	o.calls = readTrace(string(text))
	return o
}
