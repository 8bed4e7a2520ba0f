// Package progress shows how far a long job is, on a terminal.
package progress

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Meter shows one job. A nil Meter shows nothing.
type Meter struct {
	out   *os.File
	name  string
	total int64
	start time.Time
	bar   *progressbar.ProgressBar
}

// delay is how long a job runs before it is shown: shorter ones only flicker,
// and a rate means nothing yet.
const delay = time.Second

// New returns a meter of a job of total bytes, or nil if out is not a terminal
// or the total is unknown (negative) or nothing.
func New(out *os.File, name string, total int64) *Meter {
	if total <= 0 || !term.IsTerminal(int(out.Fd())) {
		return nil
	}
	return &Meter{out: out, name: name, total: total, start: time.Now()}
}

// Set shows that done bytes are done.
func (m *Meter) Set(done int64) {
	if m == nil || time.Since(m.start) < delay {
		return
	}
	if m.bar == nil {
		m.bar = progressbar.NewOptions64(m.total,
			progressbar.OptionSetWriter(m.out),
			progressbar.OptionSetDescription(m.name),
			progressbar.OptionShowBytes(true),
			progressbar.OptionUseIECUnits(true),
			progressbar.OptionShowTotalBytes(true),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(200*time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionFullWidth(),
		)
	}
	// An error would say only that done is past the total.
	_ = m.bar.Set64(min(done, m.total))
}

// Clear removes the meter from the terminal.
func (m *Meter) Clear() {
	if m != nil && m.bar != nil {
		_ = m.bar.Clear()
		_ = m.bar.Exit()
		m.bar = nil
	}
}
