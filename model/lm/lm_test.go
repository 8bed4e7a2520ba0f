package lm

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/lm/kernel"
)

// realModel loads the default model with every token but the 17 special ones
// as a leaf, in order of id.
func realModel(t testing.TB) *Model {
	t.Helper()
	var parts [][]byte
	for i := range 3 {
		parts = append(parts, shareddata.Read(t, fmt.Sprintf("models/smollm2-135m-pith-%05d-of-00003.gguf", i+1)))
	}
	f, err := gguf.Parse(parts...)
	if err != nil {
		t.Fatal(err)
	}
	var order []int32
	for id := range int32(49152 - 17) {
		order = append(order, id+17)
	}
	m, err := Load(f, order)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type reference struct {
	id   int32
	bits float64
}

// references reads tokens with the bits a float32 evaluation gives them.
func references(t testing.TB, name string) (list []reference) {
	t.Helper()
	file, err := os.Open(shareddata.Path(t, "vectors/"+name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var r reference
		if n, _ := fmt.Sscanf(lines.Text(), "%d %f", &r.id, &r.bits); n == 2 {
			list = append(list, r)
		}
	}
	return list
}

// codeLength returns the mean bits a token of the engine and of the reference.
func codeLength(t testing.TB, m *Model, k *kernel.Impl, refs []reference) (got, want float64) {
	t.Helper()
	const batch = 48
	e, s := NewEngine(m, k, 2, batch), m.NewStream(2048, batch)
	defer e.Close()
	out := make([]*Weights, batch)
	for i := range out {
		out[i] = m.NewWeights()
	}
	for at := 0; at < len(refs); at += batch {
		var rows []Row
		for i := at; i < min(at+batch, len(refs)); i++ {
			token := int32(0)
			if i > 0 {
				token = refs[i-1].id
			}
			rows = append(rows, Row{s, token})
		}
		e.Run(rows, out, nil)
		for i := range rows {
			leaf := int(refs[at+i].id) - 17
			got -= math.Log2(float64(out[i].Sum(leaf, leaf+1)) / float64(out[i].Sum(0, m.leaves)))
			want += refs[at+i].bits
		}
	}
	return got / float64(len(refs)), want / float64(len(refs))
}

// The mean code length must agree with a float32 evaluation of the same
// weights.
func TestCodeLengthsAgree(t *testing.T) {
	m := realModel(t)
	k, err := kernel.Default()
	if err != nil {
		t.Fatal(err)
	}
	if k.Name == "generic" {
		t.Skip("six thousand tokens take minutes with the generic kernels")
	}
	for _, name := range []string{"logprobs-alice29-lf.tsv", "logprobs-asyoulik.tsv", "logprobs-fields.c.tsv"} {
		refs := references(t, name)
		got, want := codeLength(t, m, k, refs)
		t.Logf("%s: %.5f bits a token, reference %.5f (%+.2f %%)", name, got, want, 100*(got/want-1))
		if len(refs) != 2048 || math.Abs(got/want-1) > 0.004 {
			t.Errorf("%s: off by %+.3f %% over %d tokens", name, 100*(got/want-1), len(refs))
		}
	}
}
