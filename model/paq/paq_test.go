package paq

import "testing"

// No history that can be reached becomes the empty one again.
func TestStates(t *testing.T) {
	reached, queue := map[state]bool{0: true}, []state{0}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for bit := range 2 {
			if next := transitions[bit][s]; !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}
	for s := range transitions[0] {
		for bit := range 2 {
			if transitions[bit][s] == 0 && reached[state(s)] {
				t.Errorf("state %d and bit %d lead to the empty history", s, bit)
			}
		}
	}
}

// Bits that always come alike must become cheap, for each profile and bit.
func TestLearns(t *testing.T) {
	for p := range Profiles {
		for bit := range 2 {
			m := New(p, MinLog, 1000)
			for range 7999 {
				m.Predict()
				m.Update(bit)
			}
			wrong := m.Predict()
			if bit == 1 {
				wrong = 1<<22 - wrong
			}
			if wrong > 1<<22/1000 {
				t.Errorf("profile %d: after 7,999 bits of %d the other has probability %d/2^22", p, bit, wrong)
			}
		}
	}
}
