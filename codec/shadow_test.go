package codec

import (
	"errors"
	"slices"
	"testing"
)

// TestShadow lets the shadow of encoding see a fault of each kind it is there for.
func TestShadow(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	n, err := newNeural(m, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	text := append(prose(700), "\x04 \xff, again: "...)
	text = append(text, text...)
	tokens, s := m.tokens.Encode(nil, text), shape{2, 128}
	hits := unprimed.repeated(tokens, s)
	lists, err := n.opinions(unprimed, tokens, hits, s, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := n.encode(unprimed, tokens, hits, len(text), s, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.shadow(unprimed, payload, tokens, lists, len(text), s); err != nil {
		t.Fatalf("no fault was seen as %v", err)
	}
	caught := func(what string, err error) {
		t.Helper()
		var e *ShadowError
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	for i := range payload {
		bad := slices.Clone(payload)
		bad[i] ^= 1 << (i % 8)
		caught("a flipped bit", n.shadow(unprimed, bad, tokens, lists, len(text), s))
	}
	caught("a missing byte", n.shadow(unprimed, payload[:len(payload)-1], tokens, lists, len(text), s))
	other := [][]int32{slices.Clone(lists[0]), lists[1]}
	other[0][len(other[0])/2] += 9000
	caught("another opinion", n.shadow(unprimed, payload, tokens, other, len(text), s))
	short := [][]int32{lists[0][:9], lists[1]}
	caught("missing opinions", n.shadow(unprimed, payload, tokens, short, len(text), s))
	changed := slices.Clone(tokens)
	changed[len(changed)-1]++
	caught("another token", n.shadow(unprimed, payload, changed, lists, len(text), s))

	state := m.lm.NewStream(s.window, prefill)
	lo, hi := s.bounds(0, len(tokens))
	list, err := n.streamOpinions(state, unprimed.begin(m, state), tokens[lo:hi], hits[lo:hi], func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	start := &pending{m.tokens.BOS()}
	feeds := n.feeds(start, tokens[lo:hi], hits[lo:hi])
	last := feeds[len(feeds)-1]
	if err := n.repeatRow(state, last, tokens[lo:hi], hits[lo:hi], list); err != nil {
		t.Errorf("the same row was seen as %v", err)
	}
	list[len(list)-1]++
	caught("another row", n.repeatRow(state, last, tokens[lo:hi], hits[lo:hi], list))
}
