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
	const count = 2048
	for _, name := range []string{"logprobs-alice29-lf.tsv", "logprobs-asyoulik.tsv", "logprobs-fields.c.tsv"} {
		refs := references(t, name)[:count]
		e := NewEngine(m, k, 2, 48)
		s := m.NewStream(2048, 48)
		out := make([]*Weights, 48)
		for i := range out {
			out[i] = m.NewWeights()
		}
		var got, ref float64
		for at := 0; at < len(refs); at += 48 {
			var rows []Row
			for i := at; i < min(at+48, len(refs)); i++ {
				token := int32(0)
				if i > 0 {
					token = refs[i-1].id
				}
				rows = append(rows, Row{s, token})
			}
			e.Run(rows, out, nil)
			for i := range rows {
				leaf := int(refs[at+i].id) - 17
				got += -math.Log2(float64(out[i].Sum(leaf, leaf+1)) / float64(out[i].Sum(0, m.leaves)))
				ref += refs[at+i].bits
			}
		}
		e.Close()
		t.Logf("%s: %.5f bits a token, reference %.5f (%+.2f %%)", name, got/float64(count), ref/float64(count), 100*(got/ref-1))
		if math.Abs(got/ref-1) > 0.004 {
			t.Errorf("%s: off by %+.3f %%", name, 100*(got/ref-1))
		}
	}
}
