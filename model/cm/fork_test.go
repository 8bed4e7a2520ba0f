package cm

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// run has the model predict and learn text in a history, and returns what it
// predicted, of bits and of the ends of symbols.
func run(m *Model, e *Ending, h *History, text []byte) (all []uint32) {
	for n, c := range text {
		for i := 7; i >= 0; i-- {
			all = append(all, m.Predict(h, Expert{Opinion: int32(c) * 7, Class: n % ExpertClasses, Places: [biases]uint32{uint32(c >> i), 3}}))
			m.Update(h, int(c>>i&1))
		}
		if n%3 == 0 {
			all = append(all, e.Predict(h, Expert{Opinion: One}, [endContexts]uint32{uint32(c), 2, 3}))
			e.Update(int(c & 1))
			h.EndToken()
		}
	}
	return all
}

func phrases(seed uint64, n int) (text []byte) {
	r := rand.New(rand.NewPCG(seed, 1))
	for len(text) < n {
		text = append(text, []byte("forget what was said ")[r.IntN(4)*4:]...)
	}
	return text[:n]
}

// A fork goes on as the model would in a second history, whatever other forks do.
func TestFork(t *testing.T) {
	first, second, other := phrases(1, 3000), phrases(2, 3000), phrases(3, 2000)
	whole := New(2, 6000)
	ending := NewEnding(whole)
	run(whole, ending, whole.History(0), first)
	want := run(whole, ending, whole.History(1), second)

	m := New(1, 6000)
	e := NewEnding(m)
	run(m, e, m.History(0), first)
	one, two := m.Fork(3), m.Fork(1)
	run(one, e.Fork(one), one.History(2), other)
	if !slices.Equal(run(two, e.Fork(two), two.History(1), second), want) {
		t.Error("the fork predicts something else")
	}
}
