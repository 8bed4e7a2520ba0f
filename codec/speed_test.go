package codec

import (
	"bytes"
	"flag"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/shareddata"
)

var (
	speedLevel = flag.Int("speed", 0, "measure the speed on 1 MiB of text at this level")
	speedSize  = flag.Int("speed-bytes", 1<<20, "bytes of text for -speed")
)

// TestSpeed measures compressing and restoring with the default model: tokens
// a second, and the most memory the process has held, model included twice:
// as read from its files, and packed.
func TestSpeed(t *testing.T) {
	if *speedLevel == 0 {
		t.Skip("a measurement: give -speed LEVEL")
	}
	m := realModel(t)
	content := shareddata.Read(t, "corpora/large/bible.txt")[:*speedSize]
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncoderOptions{Level: *speedLevel, Model: func() (*Model, error) { return m, nil }})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	e.Write(content)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start).Seconds()
	b, err := container.NewReader(bytes.NewReader(out.Bytes())).Next()
	if err != nil {
		t.Fatal(err)
	}
	tokens := float64(b.Tokens)
	t.Logf("level %d, %d threads: %d bytes, %d tokens in %d streams, window %d, to %d bytes",
		*speedLevel, runtime.GOMAXPROCS(0), len(content), b.Tokens, b.Streams, b.Window, out.Len())
	t.Logf("compress: %.1f s, %.0f tokens/s; memory so far %s", took, tokens/took, peak())
	start = time.Now()
	d := NewDecoder(bytes.NewReader(out.Bytes()), DecoderOptions{Model: func(container.ModelID) (*Model, error) { return m, nil }})
	back, err := io.ReadAll(d)
	took = time.Since(start).Seconds()
	if err != nil || !bytes.Equal(back, content) {
		t.Fatalf("not restored: %v", err)
	}
	t.Logf("restore: %.1f s, %.0f tokens/s; memory so far %s", took, tokens/took, peak())
}

// peak returns the most memory this process has held, as Linux says it.
func peak() string {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "unknown"
}
