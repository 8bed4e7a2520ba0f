package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/pith-codec/pith/container"
)

func TestZstd(t *testing.T) {
	for _, n := range []int{1, 2, 1023, 1024, 1025, 70000} {
		for name, content := range map[string][]byte{"zeros": make([]byte, n), "text": prose(n), "noise": noise(n, 3)} {
			payload, err := encodeZstd(content, zstd.SpeedFastest, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := decodeZstd(payload, n, nil); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes of %s: %v", n, name, err)
			}
			for _, wrong := range []int{n - 1, n + 1} {
				if _, err := decodeZstd(payload, wrong, nil); err == nil {
					t.Errorf("%d bytes of %s taken for %d", n, name, wrong)
				}
			}
		}
	}
}

// A block that claims little and unfolds to much, or is no frame, is damage.
func TestHostileZstd(t *testing.T) {
	bomb, err := encodeZstd(make([]byte, 64<<20), zstd.SpeedFastest, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, payload := range map[string][]byte{"bomb": bomb, "nothing": {}, "noise": noise(1000, 3)} {
		var file bytes.Buffer
		w := container.NewWriter(&file, container.Header{Numerics: Numerics})
		if err := w.WriteBlock(&container.Block{Type: container.Zstd, Length: 100_000, Payload: payload}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(NewDecoder(&file, DecoderOptions{}))
		var corrupt *container.CorruptError
		if !errors.As(err, &corrupt) || len(got) > 0 {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// What cannot be compressed costs next to no space, and no trial that takes long.
func TestIncompressible(t *testing.T) {
	content := noise(4<<20, 3)
	for l := MinLevel; l <= MaxLevel; l++ {
		start := time.Now()
		var file bytes.Buffer
		e, err := NewEncoder(&file, EncoderOptions{Level: l})
		if err != nil {
			t.Fatal(err)
		}
		e.Write(content)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if extra := file.Len() - len(content); extra > 64 {
			t.Errorf("level %d adds %d bytes", l, extra)
		}
		// Context mixing takes twenty seconds for as much.
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("level %d took %v", l, took)
		}
	}
	var numbers []byte // little repeats, but bytes are skewed
	for i := range 20000 {
		numbers = fmt.Appendln(numbers, i)
	}
	halves := noise(100_000, 4) // 7 bits of 8
	for i := range halves {
		halves[i] &= 127
	}
	for name, content := range map[string][]byte{"prose": prose(5000), "little": noise(100, 5), "numbers": numbers, "7 bits": halves} {
		if hopeless, err := incompressible(content, nil); hopeless || err != nil {
			t.Errorf("%s: %v, %v", name, hopeless, err)
		}
	}
}
