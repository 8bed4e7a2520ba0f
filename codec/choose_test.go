package codec

import (
	"bytes"
	"testing"

	"github.com/pith-codec/pith/container"
)

// TestShorterWindow lets a block be tried with two windows: the smaller result is kept.
// The tiny model says little of any text, so that the shorter one is always tried.
func TestShorterWindow(t *testing.T) {
	for _, content := range [][]byte{prose(3000), bytes.Repeat(prose(700), 4)} {
		one := func(window, shorter int) (size, used int) {
			file := compress(t, content, level{window: window, shorter: shorter, stream: 1 << 20, streams: 1, block: 1 << 20, prefer: true}, 1)
			b, err := container.NewReader(bytes.NewReader(file)).Next()
			if err != nil || b.Type != container.Neural {
				t.Fatalf("no neural block: %v", err)
			}
			if back, err := restore(bytes.NewReader(file), 1); err != nil || !bytes.Equal(back, content) {
				t.Fatalf("not restored: %v", err)
			}
			return len(b.Payload), b.Window
		}
		long, _ := one(512, 0)
		short, _ := one(128, 0)
		if long == short {
			t.Fatalf("both windows make %d bytes: nothing to choose", long)
		}
		want := 512
		if short < long {
			want = 128
		}
		if size, window := one(512, 128); size != min(long, short) || window != want {
			t.Errorf("%d bytes by a window of %d, want %d by %d", size, window, min(long, short), want)
		}
		if _, window := one(128, 128); window != 128 {
			t.Errorf("a window of %d, want 128", window)
		}
	}
}

func TestGainsLittle(t *testing.T) {
	for _, c := range []struct {
		neural, mixed int
		want          bool
	}{{80, 100, false}, {81, 100, true}, {100, 100, true}, {18367, 35745, false}} {
		if got := gainsLittle(c.neural, c.mixed); got != c.want {
			t.Errorf("%d of %d: %v", c.neural, c.mixed, got)
		}
	}
}
