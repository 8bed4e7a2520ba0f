package codec

import (
	"bytes"
	"encoding/gob"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pith-codec/pith/codec/transform"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/model/cm"
	"github.com/pith-codec/pith/model/ensemble"
)

var (
	costDir    = flag.String("cost", "", "measure the mixer on the reference texts; keep the model's opinions in this folder")
	ablate     = flag.Bool("ablate", false, "with -cost, print per cent lost without each part of the mixer, and without all")
	costWindow = flag.Int("window", 2048, "window for -cost")
)

func realModel(t testing.TB) *Model {
	t.Helper()
	var parts [][]byte
	for i := range 3 {
		parts = append(parts, shareddata.Read(t, fmt.Sprintf("models/smollm2-135m-pith-%05d-of-00003.gguf", i+1)))
	}
	m, err := OpenModel(container.ModelID{Number: 1}, parts...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// adder sums ideal code lengths.
type adder struct{ bits float64 }

func (a *adder) Code(bit int, p uint32) int {
	if bit == 0 {
		p = 1<<22 - p
	}
	a.bits -= math.Log2(float64(p) / (1 << 22))
	return bit
}

// mixedBits returns the ideal length of a stream of tokens of size bytes, given the
// model's opinions, without some parts of the mixer.
func (m *Model) mixedBits(tokens, opinions []int32, size int, off ...cm.Part) float64 {
	a, mixer := &adder{}, ensemble.NewMixer(m.vocabulary, 1, size)
	mixer.SwitchOff(off...)
	for _, id := range tokens {
		opinions = mixer.Encode(0, id, opinions, a)
	}
	return a.bits
}

func each(parts []cm.Part) (all [][]cm.Part) {
	for _, p := range parts {
		all = append(all, []cm.Part{p})
	}
	return all
}

// TestCost measures what mixing makes of the language model's opinions, which
// are computed once and kept, so that a change of the mixer takes seconds.
func TestCost(t *testing.T) {
	if *costDir == "" {
		t.Skip("a measurement: give -cost FOLDER")
	}
	m := realModel(t)
	var total float64
	for _, v := range []struct {
		name string
		size int
	}{
		{"canterbury/alice29.txt", 1 << 20}, {"canterbury/asyoulik.txt", 1 << 20}, {"canterbury/fields.c", 1 << 20},
		{"canterbury/lcet10.txt", 131072}, {"large/world192.txt", 131072}, {"large/enwik7-1M.txt", 131072},
		{"canterbury/cp.html", 1 << 20}, {"../reference/ecosystem.md", 1 << 20},
	} {
		content := shareddata.Read(t, filepath.Join("corpora", v.name))
		content = content[:min(v.size, len(content))]
		text, _ := transform.Text(content)
		tokens := m.tokens.Encode(nil, text)
		var list []int32
		path := filepath.Join(*costDir, fmt.Sprintf("%s-%d.gob", strings.ReplaceAll(v.name, "/", "-"), *costWindow))
		if data, err := os.ReadFile(path); err == nil {
			if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&list); err != nil {
				t.Fatal(err)
			}
		} else {
			n, err := newNeural(m, 2, nil)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			lists, err := n.opinions(unprimed, tokens, make([]bool, len(tokens)), shape{1, *costWindow}, func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			list = lists[0]
			t.Logf("%s: %.0f tokens/s", v.name, float64(len(tokens))/time.Since(start).Seconds())
			n.close()
			var buf bytes.Buffer
			if err := gob.NewEncoder(&buf).Encode(list); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		whole := m.mixedBits(tokens, list, len(content)) / 8
		t.Logf("%-26s %8.0f bytes, %.1f µs a token", v.name, whole, float64(time.Since(start).Microseconds())/float64(len(tokens)))
		total += whole
		if *ablate {
			row := fmt.Sprintf("| %s | %.0f |", filepath.Base(v.name), whole)
			for _, off := range slices.Concat(each(cm.Parts), [][]cm.Part{cm.Parts}) {
				row += fmt.Sprintf(" %+.2f |", 100*(m.mixedBits(tokens, list, len(content), off...)/8/whole-1))
			}
			t.Log(row)
		}
	}
	t.Logf("total %.0f", total)
}
