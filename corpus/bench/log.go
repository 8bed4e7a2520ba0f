package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Machine is what results were measured on: the first line of a log.
type Machine struct {
	CPU   string    `json:"cpu"`
	Cores int       `json:"cores"` // that this program may use
	OS    string    `json:"os"`
	Arch  string    `json:"arch"`
	Pith  string    `json:"pith"` // version of this program
	Go    string    `json:"go"`
	When  time.Time `json:"when"`
}

// ThisMachine describes the one that the program runs on.
func ThisMachine() Machine {
	m := Machine{CPU: "(not known)", Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Pith: "(not known)", Go: runtime.Version(), When: time.Now().UTC().Truncate(time.Second)}
	if info, ok := debug.ReadBuildInfo(); ok {
		m.Pith = info.Main.Version
	}
	text, _ := os.ReadFile("/proc/cpuinfo") // of Linux
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	return m
}

// Like reports whether times on both machines can stand side by side.
func (m Machine) Like(o Machine) bool {
	return m.CPU == o.CPU && m.Cores == o.Cores && m.OS == o.OS && m.Arch == o.Arch
}

// record is a line of a log.
type record struct {
	Machine *Machine `json:"machine,omitempty"`
	Result  *Result  `json:"result,omitempty"`
}

// Log is a file of results, one a line, that a run which was stopped goes on with.
type Log struct {
	w       io.Writer
	close   func() error
	Machine Machine
	Results []*Result
}

// OpenLog reads the log that is called name, if there is one, and appends to it. A
// last line that was cut off, as by a loss of power, is dropped. A log holds results of
// one machine: that of another is an error.
func OpenLog(name string) (*Log, error) {
	l, whole, err := readLog(name)
	if errors.Is(err, fs.ErrNotExist) {
		l, err = &Log{}, nil
	}
	if err != nil {
		return nil, err
	}
	if here := ThisMachine(); whole > 0 && !l.Machine.Like(here) {
		return nil, fmt.Errorf("was measured on another machine (%q, %d cores, %s/%s): name another log, or remove it",
			l.Machine.CPU, l.Machine.Cores, l.Machine.OS, l.Machine.Arch)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	l.w, l.close = f, f.Close
	if err = f.Truncate(whole); err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err == nil && whole == 0 {
		l.Machine = ThisMachine()
		err = l.write(record{Machine: &l.Machine})
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

// ReadLog reads a log.
func ReadLog(name string) (*Log, error) {
	l, _, err := readLog(name)
	return l, err
}

// readLog also returns the bytes of its whole lines.
func readLog(name string) (l *Log, whole int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	l = &Log{}
	lines := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return l, whole, nil
		}
		if err != nil {
			return nil, 0, err
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil || r.Machine == nil && r.Result == nil {
			return nil, 0, fmt.Errorf("line %d is not of a log of pith bench", n)
		}
		if r.Machine != nil {
			l.Machine = *r.Machine
		} else {
			l.Results = append(l.Results, r.Result)
		}
		whole += int64(len(line))
	}
}

// Add appends a result. It is in the file when Add returns.
func (l *Log) Add(r *Result) error {
	l.Results = append(l.Results, r)
	return l.write(record{Result: r})
}

func (l *Log) write(r record) error {
	if l.w == nil {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = l.w.Write(append(line, '\n'))
	return err
}

// WriteJSONL writes a machine and results as a log has them.
func WriteJSONL(w io.Writer, m Machine, results []*Result) error {
	l := &Log{w: w}
	if err := l.write(record{Machine: &m}); err != nil {
		return err
	}
	for _, r := range results {
		if err := l.write(record{Result: r}); err != nil {
			return err
		}
	}
	return nil
}

// Last returns the results with those left out that the same codec has a later one of
// on the same file.
func (l *Log) Last() (all []*Result) {
	for i, r := range l.Results {
		if !slices.ContainsFunc(l.Results[i+1:], func(later *Result) bool { return later.File == r.File && later.Codec == r.Codec }) {
			all = append(all, r)
		}
	}
	return all
}

// Close closes the file, if there is one.
func (l *Log) Close() error {
	if l.close == nil {
		return nil
	}
	return l.close()
}

// Done returns the result of a codec on an input that the log has already, nil if
// none: of the same name and length, program and version, with as many runs or more,
// and without an error.
func (l *Log) Done(c Codec, in Input, size int64, o Options) *Result {
	for _, r := range l.Results {
		if r.File == in.Name && r.Size == size && r.Codec == c.Name && r.Version == c.Version && r.Error == "" &&
			(!o.Timed || len(r.Compress) >= max(1, o.Runs)) && (in.Want == "" || in.Most > 0 || r.SHA256 == in.Want) {
			return r
		}
	}
	return nil
}
