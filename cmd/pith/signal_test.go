//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start runs pith on a text that takes it a minute, and returns when the
// temporary file is there.
func start(t *testing.T, dir, script string) *exec.Cmd {
	t.Helper()
	const text = "An ordinary sentence, long enough for the model to be called for it, is here.\n"
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PITH_TEST=slow")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if temporaries(t, dir) > 0 {
			return cmd
		}
		if time.Now().After(deadline) {
			t.Fatal("no temporary file appeared")
		}
	}
}

func temporaries(t *testing.T, dir string) int {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, ".pith-*.tmp"))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// A signal removes the temporary file, keeps the input and the old output, and
// is the exit code.
func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		if signal.Ignored(s) {
			t.Logf("%v is ignored in this process, and so in its children: not tried", s)
			continue
		}
		for _, script := range []string{"exec pith --rm a", "exec pith -f --rm a"} {
			dir := t.TempDir()
			if script == "exec pith -f --rm a" {
				if err := os.WriteFile(filepath.Join(dir, "a.pith"), []byte("old"), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			cmd := start(t, dir, script)
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 128+int(s) {
				t.Errorf("%v: %v", s, err)
			}
			if n := temporaries(t, dir); n != 0 {
				t.Errorf("%v: %d temporary files left", s, n)
			}
			if info, err := os.Stat(filepath.Join(dir, "a")); err != nil || info.Size() == 0 {
				t.Errorf("%v: the input is gone: %v", s, err)
			}
			old, err := os.ReadFile(filepath.Join(dir, "a.pith"))
			if script == "exec pith --rm a" && !errors.Is(err, os.ErrNotExist) || script != "exec pith --rm a" && string(old) != "old" {
				t.Errorf("%v: %s left %q, %v", s, script, old, err)
			}
		}
	}
}

// A signal that is ignored from the start, as under nohup, stays so.
func TestIgnoredSignal(t *testing.T) {
	dir := t.TempDir()
	cmd := start(t, dir, `trap "" HUP; exec pith a`)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if temporaries(t, dir) != 1 {
		t.Error("the temporary file is gone")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 143 {
		t.Errorf("ended by %v, want exit code 143 of the second signal", err)
	}
}

// A benchmark that is interrupted ends the codec that runs, with what that started,
// and leaves no folder; its log has what was measured until then.
func TestInterruptedBench(t *testing.T) {
	if signal.Ignored(syscall.SIGINT) {
		t.Skip("skipped: SIGINT is ignored in this process, and so in its children")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("some text"), 0o666); err != nil {
		t.Fatal(err)
	}
	const hang = "sleep 60 & echo $! >$1; wait"
	if err := os.WriteFile(filepath.Join(dir, "hang"), []byte(hang), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "exec pith bench a --log log --codecs 'cat=cat::cat,hangs=sh hang child::cat'")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+filepath.Join(dir, "tmp"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var child int
	for deadline := time.Now().Add(30 * time.Second); child == 0; time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(filepath.Join(dir, "child"))
		if strings.HasSuffix(string(text), "\n") {
			child, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		if time.Now().After(deadline) {
			t.Fatal("the codec did not start")
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("ended by %v, want exit code 130", err)
	}
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(child, 0) == nil && !zombie(child); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what the codec started runs still")
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir, "tmp")); err != nil || len(left) != 0 {
		t.Errorf("left in the folder for temporary files: %v, %v", left, err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil || strings.Count(string(log), `"codec":"cat"`) != 1 || strings.Contains(string(log), "hangs") {
		t.Errorf("log is %s, %v", log, err)
	}
}

// zombie reports whether a process has ended and nobody has asked how.
func zombie(pid int) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // of Linux
	return strings.Contains(string(text), ") Z ")
}
