package gguf_test

import (
	"testing"

	"github.com/pith-codec/pith/model/gguf"
)

func TestSummary(t *testing.T) {
	two := func(f *file) {
		f.tensors, f.data = 2, make([]byte, 32+34)
		f.infos = join(info("t", gguf.F32, 0, 4, 2), info("u", gguf.Q8_0, 32, 32))
	}
	for name, c := range map[string]struct {
		change func(f *file)
		values uint64
		want   string
	}{
		"one tensor":     {func(f *file) {}, 4, "F32"},
		"two":            {two, 40, "Q8_0"},
		"none":           {func(f *file) { f.tensors, f.infos, f.data = 0, nil, nil }, 0, ""},
		"a mixture":      {func(f *file) { f.metadata = pair("general.file_type", 4, u32(15)) }, 4, "Q4_K_M"},
		"no mixture":     {func(f *file) { f.metadata = pair("general.file_type", 4, u32(7)) }, 4, "F32"},
		"a type of text": {func(f *file) { f.metadata = pair("general.file_type", 8, str("Q4_K_M")) }, 4, "F32"},
	} {
		f := good()
		c.change(&f)
		g, err := parse(t, f.bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n, q := g.Values(), g.Quantisation(); n != c.values || q != c.want {
			t.Errorf("%s: %d values in %q, want %d in %q", name, n, q, c.values, c.want)
		}
	}
}
