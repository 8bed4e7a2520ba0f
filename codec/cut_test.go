package codec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pith-codec/pith/container"
)

// machine returns n bytes that are neither text nor evenly spread.
func machine(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(16) * r.IntN(16))
	}
	return b
}

func TestCut(t *testing.T) {
	neural, plain := levels[6], levels[4]
	words, code, packed := prose(20*sample), machine(20*sample, 1), noise(20*sample, 1)
	for name, c := range map[string]struct {
		level level
		parts [][]byte
		want  []sort
	}{
		"text":                     {neural, [][]byte{words}, []sort{textData}},
		"a bitmap":                 {neural, [][]byte{code, make([]byte, 9*sample), code}, []sort{binaryData}},
		"a byte":                   {neural, [][]byte{words[:1]}, []sort{textData}},
		"text without a model":     {plain, [][]byte{words}, []sort{binaryData}},
		"text, program":            {neural, [][]byte{words, code}, []sort{textData, binaryData}},
		"all":                      {neural, [][]byte{packed, words, code, words}, []sort{packedData, textData, binaryData, textData}},
		"without a model":          {plain, [][]byte{packed, words, code, words}, []sort{packedData, binaryData}},
		"little text in a program": {neural, [][]byte{code, words[:2*sample], code}, []sort{binaryData}},
		"little program in a text": {neural, [][]byte{words, code[:7*sample], words}, []sort{textData}},
		"noise too short":          {neural, [][]byte{code, packed[:15*sample], code}, []sort{binaryData}},
		"noise long enough":        {neural, [][]byte{code, packed[:16*sample], code}, []sort{binaryData, packedData, binaryData}},
	} {
		buf := bytes.Join(c.parts, nil)
		pieces, sorts, total := c.level.cut(buf), []sort(nil), 0
		for _, p := range pieces {
			sorts = append(sorts, p.sort)
			total += p.length
		}
		if !slices.Equal(sorts, c.want) || total != len(buf) {
			t.Errorf("%s: %d bytes cut to %v, want sorts %v of %d bytes", name, total, pieces, c.want, len(buf))
		}
	}
}

// TestCutSizes compares pieces with what blocks may have.
func TestCutSizes(t *testing.T) {
	l := levels[9]
	buf := append(bytes.Repeat(prose(sample), 2*container.MaxNeural/sample+3), machine(l.block/4, 2)...)
	pieces := l.cut(buf)
	if len(pieces) != 4 {
		t.Errorf("cut to %v", pieces)
	}
	for _, p := range pieces {
		if p.sort == textData && p.length > container.MaxNeural || p.length == 0 || p.length > l.block {
			t.Errorf("a piece of sort %d has %d bytes", p.sort, p.length)
		}
	}
}

// TestQueue codes blocks side by side: the file is the same, and faults come back
// to the caller.
func TestQueue(t *testing.T) {
	content := append(append(machine(30_000, 3), noise(9_000, 2)...), machine(70_123, 4)...)
	l := level{log: 14, block: 9_000}
	want := compress(t, content, l, 1)
	for threads := 2; threads <= 5; threads++ {
		if got := compress(t, content, l, threads); !bytes.Equal(got, want) {
			t.Errorf("%d threads: another file", threads)
		}
	}
	if back, err := restore(bytes.NewReader(want), 0); err != nil || !bytes.Equal(back, content) {
		t.Errorf("not restored: %v", err)
	}
	var q queue[*container.Block]
	fault := errors.New("a fault")
	q.add(0, func(func(int)) (*container.Block, error) { return nil, fault })
	q.add(0, func(func(int)) (*container.Block, error) { panic("a panic") })
	if _, err := q.next(nil); err != fault {
		t.Errorf("got %v", err)
	}
	defer func() {
		if r := recover(); r != "a panic" {
			t.Errorf("recovered %v", r)
		}
	}()
	q.next(nil)
}
