package align

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/corpus/length"
	"github.com/pith-codec/pith/internal/shareddata"
)

var promises = flag.Bool("promises", false, "measure what docs/RESULTS.md says of distances, for minutes")

// measured returns an engine, neural with the default model.
func measured(t *testing.T, name string) length.Engine {
	t.Helper()
	if !*promises {
		t.Skip("skipped: it takes minutes: -promises")
	}
	if name != "neural" {
		return engine(t, name)
	}
	m, err := codec.OpenModel(container.ModelID{Number: 1}, shareddata.Weights(t)...)
	if err != nil {
		t.Fatal(err)
	}
	e, err := length.Neural(m, 7)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// sources returns the text of Go's library: n bytes of it, or less.
func sources(t *testing.T, n int) (all []byte) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("skipped: no go command: %v", err)
	}
	names, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src", "*", "*.go"))
	for _, name := range names {
		if text, err := os.ReadFile(name); err == nil && len(all) < n {
			all = append(all, text...)
		}
	}
	if len(all) < n {
		t.Skipf("skipped: Go's sources have %d bytes here, not %d", len(all), n)
	}
	return all[:n]
}

// A text is near to itself while the engine sees all of it, and where it does not, Beyond
// says so. Of 1 KiB the smallest overhead is too much, which the table shows.
func TestPromiseIdentity(t *testing.T) {
	for _, e := range []struct {
		name string
		most int // logarithm of the longest text that is measured
	}{{"deflate", 20}, {"zstd", 24}, {"cm", 20}, {"neural", 14}} {
		engine := measured(t, e.name)
		row := fmt.Sprintf("| %s |", e.name)
		for log := 10; log <= e.most; log += 2 {
			noise := make([]byte, 1<<log)
			for i, r := 0, rand.New(rand.NewPCG(1, uint64(log))); i < len(noise); i++ {
				noise[i] = byte(r.Uint32())
			}
			texts := [][]byte{sources(t, 1<<min(log, 22)), noise}
			m := New(engine, NCD, []string{"text", "noise"}, texts, runtime.GOMAXPROCS(0), func(int) {})
			row += fmt.Sprintf(" %.3f, %.3f |", m.Values[0][0], m.Values[1][1])
			for i, name := range m.Names {
				if beyond := slices.Contains(m.Beyond, name); !beyond && log > 10 && m.Values[i][i] > 0.05 {
					t.Errorf("%s: %s of %d bytes is %.3f from itself, without a warning", e.name, name, len(texts[i]), m.Values[i][i])
				}
			}
		}
		t.Log(row)
	}
}

// How much the order of two texts makes, over the pairs of 15 texts; of five for the
// language model, which is slow.
func TestPromiseOrder(t *testing.T) {
	for _, name := range length.Names() {
		t.Run(name, func(t *testing.T) {
			e, n := measured(t, name), 15
			if name == "neural" {
				n = 5
			}
			all := sources(t, 1<<21)
			var names []string
			var texts [][]byte
			for i := range n {
				at := i * len(all) / n
				names, texts = append(names, fmt.Sprint(i)), append(texts, all[at:at+1000+300*i])
			}
			m := New(e, NCD, names, texts, runtime.GOMAXPROCS(0), func(int) {})
			for i := range texts {
				for j := range texts {
					if m.Values[i][j] != m.Values[j][i] {
						t.Errorf("%v and %v", m.Values[i][j], m.Values[j][i])
					}
				}
			}
			if t.Logf("| %s | %.2f %% |", name, 100*m.Gap); m.Gap > 0.01 {
				t.Errorf("the order of two texts makes %.2f %%, more than 1 %%", 100*m.Gap)
			}
		})
	}
}
