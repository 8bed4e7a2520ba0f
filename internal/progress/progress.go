// Package progress shows on a terminal how far a long job is. It is told about
// the data and never handles it, so nothing that goes wrong here can harm it.
package progress

import (
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rivo/uniseg"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Delay is how long a job runs before it is shown: shorter ones would only
// flicker, and a rate means nothing yet.
var Delay = time.Second

// Meter shows one job. A nil Meter shows nothing.
type Meter struct {
	bar   *progressbar.ProgressBar
	total int64
	line  *line
}

// New returns a meter of a job of total bytes, negative if that is not known.
// It is nil if there is nothing to do or out is not a terminal.
func New(out *os.File, name string, total int64) *Meter {
	return begin(out, name, total, newMeter)
}

// NewCount is New for a job that is counted in steps, as long as each may take. It
// leaves foretelling the time to the caller: see Say.
func NewCount(out *os.File, name string, total int64) *Meter {
	return begin(out, name, total, newCount)
}

func begin(out *os.File, name string, total int64, make func(io.Writer, string, int64, func() int) *Meter) *Meter {
	fd := int(out.Fd())
	if total == 0 || !term.IsTerminal(fd) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return make(out, name, total, func() int {
		if width, _, err := term.GetSize(fd); err == nil && width > 0 {
			return width
		}
		return 80
	})
}

// Columns that a line takes beside its name and bar, and the most for those.
const (
	numbers  = 64
	nameMost = 24
	barMost  = 40
	textMost = 56 // what Say tells
	countBar = 10
)

func newMeter(out io.Writer, name string, total int64, columns func() int) *Meter {
	name = shorten(name, nameMost)
	return start(out, name, total, columns,
		progressbar.OptionSetWidth(min(max(columns()-numbers-uniseg.StringWidth(name), 5), barMost)),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowTotalBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetPredictTime(true))
}

func newCount(out io.Writer, name string, total int64, columns func() int) *Meter {
	return start(out, shorten(name, textMost), total, columns,
		progressbar.OptionSetWidth(countBar),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false))
}

func start(out io.Writer, name string, total int64, columns func() int, options ...progressbar.Option) *Meter {
	l := &line{out: out, columns: columns, from: time.Now().Add(Delay), plain: os.Getenv("NO_COLOR") != ""}
	m := &Meter{total: total, line: l}
	m.bar = progressbar.NewOptions64(max(total, -1), append(options,
		progressbar.OptionSetWriter(l),
		progressbar.OptionSetDescription(name),
		progressbar.OptionShowCount(), // or it is redrawn only when the percentage changes
		progressbar.OptionThrottle(200*time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine
		progressbar.OptionSpinnerType(14),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(),
	)...)
	// The bar counts from now on, though it is drawn later: else the first rate
	// would be that of a second's work done in no time.
	m.bar.StartWithoutRender()
	return m
}

// Set shows that done bytes are done.
func (m *Meter) Set(done int64) {
	if m == nil {
		return
	}
	if m.total > 0 {
		done = min(done, m.total)
	}
	// An error would say that the terminal has gone, or that done makes no sense.
	_ = m.bar.Set64(done)
}

// Say shows text in the place of the name.
func (m *Meter) Say(text string) {
	if m == nil {
		return
	}
	m.bar.Describe(shorten(text, textMost))
}

// Clear removes the meter from the terminal for good.
func (m *Meter) Clear() {
	if m == nil {
		return
	}
	_ = m.bar.Exit()
	mu.Lock()
	defer mu.Unlock()
	m.line.clear()
	m.line.out = io.Discard
}

// mu guards terminal lines; visible is the one that is shown, or nil.
var (
	mu      sync.Mutex
	visible *line
)

// Stop removes what is shown, for a process that is about to end: whoever
// shows something from now on waits for ever.
func Stop() {
	mu.Lock()
	if visible != nil {
		visible.clear()
	}
}

// line is the line of the terminal that a bar is drawn on. It hides what is
// drawn too early and cuts what is too long, which would leave traces.
type line struct {
	out     io.Writer
	columns func() int
	from    time.Time
	plain   bool // no control sequences: spaces cover what is longer
	width   int  // columns that are covered
}

const clearToEnd = "\x1b[0K"

// Write takes one drawing of the bar: a carriage return, text, and clearToEnd.
func (l *line) Write(p []byte) (int, error) {
	mu.Lock()
	defer mu.Unlock()
	text, drawing := strings.CutPrefix(string(p), "\r")
	if !drawing || time.Now().Before(l.from) {
		return len(p), nil
	}
	visible = l
	text = cut(strings.TrimSuffix(text, clearToEnd), l.columns()-1)
	if _, err := io.WriteString(l.out, "\r"+text+l.toEnd(uniseg.StringWidth(text))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// toEnd returns what clears the line behind a text of the given width.
func (l *line) toEnd(width int) string {
	if !l.plain {
		return clearToEnd
	}
	rest := max(0, l.width-width)
	l.width = width
	return strings.Repeat(" ", rest)
}

func (l *line) clear() {
	if visible == l {
		text := "\r" + l.toEnd(0)
		if l.plain {
			text += "\r"
		}
		_, _ = io.WriteString(l.out, text)
		visible = nil
	}
}

// cut returns as much of the start of s as fits into the given columns.
func cut(s string, columns int) string {
	rest, state, end := s, -1, 0
	for rest != "" {
		var cluster string
		var width int
		cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if columns -= width; columns < 0 {
			return s[:end]
		}
		end += len(cluster)
	}
	return s
}

// shorten cuts a name and marks that.
func shorten(name string, columns int) string {
	if uniseg.StringWidth(name) <= columns {
		return name
	}
	return cut(name, columns-1) + "…"
}
