//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// faults are what strace does to a system call. Those that go on do it to all
// later calls of that name too.
var faults = []struct {
	name, inject string
	only         string // the call it is for; "" is all
	kills, mends bool   // mends: the program is expected to get over it
}{
	{name: "kill -9", inject: "signal=KILL", kills: true},
	{name: "EINTR", inject: "error=EINTR", mends: true},
	{name: "EIO", inject: "error=EIO"},
	{name: "ENOSPC", inject: "error=ENOSPC"},
	{name: "EIO+", inject: "error=EIO"},
	{name: "ENOSPC+", inject: "error=ENOSPC", only: "write"},
	// These claim what did not happen: bytes that never get to the disk.
	{name: "short write", inject: "retval=1", only: "write"},
	{name: "no write", inject: "retval=0", only: "write"},
	{name: "short write+", inject: "retval=1", only: "write"},
}

// Whatever happens at whichever system call, the output is absent or complete,
// and the input is there unless the output is complete and synced.
func TestFaultsAtSystemCalls(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("skipped: no strace here")
	}
	if out, err := exec.Command("strace", "-f", "-e", "trace=none", "true").CombinedOutput(); err != nil {
		t.Skipf("skipped: strace may not trace here: %s", out)
	}
	if testing.CoverMode() != "" {
		t.Skip("skipped: the files of coverage add system calls")
	}
	var cases, runs atomic.Int64
	t.Run("jobs", func(t *testing.T) {
		for _, args := range []string{"-1 input", "-1 --rm input", "-1 -f --rm input", "-d input.pith", "-d --rm input.pith", "-d -f --rm input.pith"} {
			t.Run(args, func(t *testing.T) {
				t.Parallel()
				f := &faulty{T: t, folder: realPath(t), args: strings.Fields(args)}
				f.prepare()
				f.everywhere()
				cases.Add(f.cases)
				runs.Add(f.runs)
			})
		}
	})
	t.Logf("%s tried %d faults, in %d runs", t.Name(), cases.Load(), runs.Load())
}

// faulty tries all faults on one command line.
type faulty struct {
	*testing.T
	folder      string
	args        []string
	plain       []byte            // the text that is compressed
	files       map[string][]byte // before each run
	input       string
	output      string
	cases, runs int64
}

// realPath returns a folder for files by the name that the system has for it.
func realPath(t *testing.T) string {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// prepare makes the files of a run.
func (f *faulty) prepare() {
	for i := range 1500 {
		f.plain = fmt.Appendf(f.plain, "line %d of a text that takes some reads and writes: %x\n", i, i*i*i)
	}
	f.input, f.output = "input", "input.pith"
	f.files = map[string][]byte{"input": f.plain}
	if f.args[0] == "-d" {
		f.input, f.output = f.output, f.input
		dir := f.dir()
		if err := f.command(dir, "pith", "-1", "input").Run(); err != nil {
			f.Fatal(err)
		}
		coded, err := os.ReadFile(filepath.Join(dir, "input.pith"))
		if err != nil {
			f.Fatal(err)
		}
		f.files = map[string][]byte{"input.pith": coded}
	}
	if strings.Contains(strings.Join(f.args, " "), "-f") {
		f.files[f.output] = []byte("old")
	}
}

func (f *faulty) dir() string {
	dir, err := os.MkdirTemp(f.folder, "")
	if err != nil {
		f.Fatal(err)
	}
	for name, data := range f.files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			f.Fatal(err)
		}
	}
	return dir
}

// everywhere injects each fault at each call.
func (f *faulty) everywhere() {
	clean := f.run("")
	if clean.code != 0 || len(clean.calls) < 15 {
		f.Fatalf("without a fault: exit code %d, %d calls: %s", clean.code, len(clean.calls), clean.stderr)
	}
	f.check("no fault", clean)
	for _, fault := range faults {
		for _, c := range clean.calls {
			if fault.only == "" || fault.only == c.name {
				f.at(c, fault.name, fault.inject, fault.kills, fault.mends)
			}
		}
	}
}

// at injects a fault at one call. The threads differ from run to run, so it
// tries until the fault was where it was meant to be.
func (f *faulty) at(c systemCall, name, inject string, kills, mends bool) {
	what := fmt.Sprintf("%s at %s %d", name, c.name, c.order)
	when := c.order // as if one thread did all, which is what is most likely
	for try := range 100 {
		count := fmt.Sprint(when)
		if strings.HasSuffix(name, "+") {
			count += "+"
		}
		o := f.run(c.name + ":" + inject + ":when=" + count)
		hit, ok := first(o.calls, c.name, when)
		f.check(fmt.Sprintf("%s (%s)", what, hit.text), o)
		if ok && hit.order == c.order {
			f.cases++
			switch {
			case kills && o.code != -1:
				f.Errorf("%s: exit code %d of a killed program", what, o.code)
			case mends && o.code != 0:
				f.Errorf("%s (%s): exit code %d: %s", what, hit.text, o.code, o.stderr)
			case !kills && o.code > 1:
				f.Errorf("%s (%s): exit code %d: %s", what, hit.text, o.code, o.stderr)
			}
			return
		}
		when = c.order
		for _, other := range o.calls {
			if other.name == c.name && other.order == c.order && try%2 == 0 {
				when = other.inThread
			}
		}
	}
	f.Errorf("%s: not reached", what)
}
