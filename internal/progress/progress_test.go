package progress

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"
)

func columns(n int) func() int { return func() int { return n } }

// early makes a meter show what is drawn from now on.
func early(m *Meter) *Meter {
	m.line.from = time.Time{}
	return m
}

// frames returns the lines that were drawn, without their control sequences.
func frames(t *testing.T, out string) (list []string) {
	t.Helper()
	for i, f := range strings.Split(out, "\r") {
		text := strings.TrimSuffix(f, clearToEnd)
		if strings.ContainsAny(text, "\n\x1b") || i == 0 && f != "" {
			t.Errorf("drawn: %q", f)
		}
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}

// Nothing is shown for the first second. Then the rate is about that of the
// job so far, not that of a second's work in an instant.
func TestFirstSecond(t *testing.T) {
	var out strings.Builder
	m := newMeter(&out, "name", 1<<20, columns(80))
	start := time.Now()
	const rate = 100 << 10 // bytes a second
	for time.Since(start) < Delay-50*time.Millisecond {
		m.Set(int64(time.Since(start).Seconds() * rate))
		time.Sleep(10 * time.Millisecond)
	}
	if out.Len() > 0 {
		t.Fatalf("shown too early: %q", out.String())
	}
	for time.Since(start) < Delay+400*time.Millisecond {
		m.Set(int64(time.Since(start).Seconds() * rate))
		time.Sleep(10 * time.Millisecond)
	}
	m.Clear()
	list := frames(t, out.String())
	if len(list) < 1 || len(list) > 4 {
		t.Errorf("%d lines drawn in 0.4 s: %q", len(list), list)
	}
	for _, f := range list {
		match := regexp.MustCompile(`^name +\d+% .*KiB/1\.0 MiB, (\d+) KiB/s\) \[1s:\d+s\]$`).FindStringSubmatch(f)
		if match == nil {
			t.Fatalf("drawn: %q", f)
		}
		if r, _ := strconv.Atoi(match[1]); r < 80 || r > 120 {
			t.Errorf("rate %d KiB/s, want about 100", r)
		}
	}
	if !strings.HasSuffix(out.String(), "\r"+clearToEnd) {
		t.Errorf("the line was not cleared: %q", out.String())
	}
}

// No number of bytes is too large or small, and a finished meter stays away.
func TestAnyNumbers(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	for _, total := range []int64{-5, -1, 1, 1000, 1 << 62} {
		var out strings.Builder
		m := early(newMeter(&out, "name", total, columns(80)))
		for _, done := range []int64{0, 1, 999, 1, 1000, 1001, 1 << 62, 0, -1} {
			m.Set(done)
		}
		m.Clear()
		m.Clear()
		length := out.Len()
		m.Set(1)
		if out.Len() != length {
			t.Errorf("drawn after Clear: %q", out.String()[length:])
		}
		frames(t, out.String())
		if length > 0 && !strings.HasSuffix(out.String(), "\r"+clearToEnd) {
			t.Errorf("total %d: the line was not cleared: %q", total, out.String())
		}
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines before, %d after", goroutines, n)
	}
}

// A job of unknown length shows what is done.
func TestUnknownTotal(t *testing.T) {
	var out strings.Builder
	m := early(newMeter(&out, "(stdin)", -1, columns(80)))
	m.Set(300 << 10)
	if list := frames(t, out.String()); len(list) != 1 || !strings.Contains(list[0], "(stdin) (300 KiB") {
		t.Errorf("drawn: %q", list)
	}
	m.Clear()
}

// A line that wraps cannot be cleared, whatever the name and the terminal.
func TestWidth(t *testing.T) {
	for _, name := range []string{"a", strings.Repeat("long name ", 30), strings.Repeat("名前", 50), "e\u0301"} {
		for _, width := range []int{1, 2, 10, 40, 60, 80, 100, 300} {
			for _, total := range []int64{-1, 1 << 40} {
				var out strings.Builder
				m := early(newMeter(&out, name, total, columns(width)))
				m.Set(1 << 39)
				list := frames(t, out.String())
				if len(list) == 0 && width > 2 {
					t.Errorf("%.12q, %d columns: nothing drawn", name, width)
				}
				for _, f := range list {
					if uniseg.StringWidth(f) >= width {
						t.Errorf("%.12q, %d columns: %q", name, width, f)
					}
				}
				m.Clear()
			}
		}
	}
}

// With NO_COLOR the line has no control sequences: what a drawing leaves of a
// longer one is covered with spaces.
func TestPlain(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	var out strings.Builder
	l := &line{out: &out, columns: columns(80), plain: true}
	for _, text := range []string{"\rlong text" + clearToEnd, "\rshort" + clearToEnd} {
		if _, err := l.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	l.clear()
	if want := "\rlong text\rshort    \r     \r"; out.String() != want {
		t.Errorf("drawn %q, want %q", out.String(), want)
	}
	out.Reset()
	m := early(newMeter(&out, "name", 1000, columns(80)))
	m.Set(500)
	m.Clear()
	if !strings.Contains(out.String(), "name") || strings.Contains(out.String(), "\x1b") {
		t.Errorf("drawn %q", out.String())
	}
}

func TestNoTerminal(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := New(f, "name", 100)
	if m != nil {
		t.Error("a meter on a file")
	}
	m.Set(50)
	m.Clear()
}

// Stop clears the line and then keeps everyone from drawing, which takes a
// process of its own.
func TestStop(t *testing.T) {
	if os.Getenv("PROGRESS_TEST") == "stop" {
		m := early(newMeter(os.Stdout, "name", 100, columns(80)))
		m.Set(50)
		Stop()
		go m.Clear()
		time.Sleep(50 * time.Millisecond)
		os.Exit(0)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestStop$")
	cmd.Env = append(os.Environ(), "PROGRESS_TEST=stop")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if list := frames(t, string(out)); len(list) != 1 || !strings.HasSuffix(string(out), clearToEnd+"\r"+clearToEnd) {
		t.Errorf("drawn: %q", out)
	}
}
