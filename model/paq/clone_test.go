package paq

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// code has m predict and learn text, and returns what it predicted.
func code(m *Model, text []byte) (all []uint32) {
	for _, c := range text {
		for i := 7; i >= 0; i-- {
			all = append(all, m.Predict())
			m.Update(int(c >> i & 1))
		}
	}
	return all
}

// lines returns text in which much recurs.
func lines(seed uint64, n int) (text []byte) {
	r := rand.New(rand.NewPCG(seed, 1))
	for len(text) < n {
		text = append(text, []byte("key=value; ")[:4+r.IntN(8)]...)
		text = append(text, byte('0'+r.IntN(10)), '\n')
	}
	return text[:n]
}

// A clone goes on as the model would, whatever other clones and the model do.
func TestClone(t *testing.T) {
	first, second, other := lines(1, 3000), lines(2, 3000), lines(3, 2000)
	for p := range Profiles {
		whole := New(p, MinLog, 6000)
		code(whole, first)
		want := code(whole, second)

		m := New(p, MinLog, 6000)
		code(m, first)
		code(m.Clone(), other)
		clone := m.Clone()
		code(m, other)
		if !slices.Equal(code(clone, second), want) {
			t.Errorf("profile %d: the clone predicts something else", p)
		}
	}
}
