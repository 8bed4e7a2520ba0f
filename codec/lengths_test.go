package codec

import (
	"math"
	"strings"
	"sync"
	"testing"
)

// The code length of a text is that of the payload which an encoder makes of it, but
// for the coder's end.
func TestLengthsOfPayload(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLengths(m, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n, err := newNeural(m, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	for _, text := range []string{"a", "It was the best of times.", strings.Repeat("again and again, ", 60), "\xff\x00日本\x06", "one\ntwo\r\nthree"} {
		var p *primed
		tokens, s := m.tokens.Encode(nil, unixLines([]byte(text))), shape{streams: 1, window: l.window}
		payload, err := n.encode(p, tokens, p.repeated(tokens, s), len(text), s, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.After(nil).Bits([]byte(text)); math.Abs(got-8*float64(len(payload))) > 12 {
			t.Errorf("%.20q: %.3f bits, a payload of %d bytes", text, got, len(payload))
		}
	}
	if got := l.After(nil).Bits(nil); got != 0 {
		t.Errorf("nothing takes %v bits", got)
	}
}

// What a context tells is what an encoder has of a dictionary, and texts do not
// disturb one another, whoever else measures.
func TestLengthsAfter(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLengths(m, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	context := []byte(strings.Repeat("whose woods these are I think I know; ", 3) + "his house is in the village though")
	texts := []string{"his house is in the village", "woods", "x", string(context) + string(context), "stopping by \x06 woods\r\n"}
	after := l.After(context)
	want := make([]float64, len(texts))
	for i, text := range texts {
		want[i] = after.Bits([]byte(text))
	}
	if alone := l.After(nil).Bits([]byte(texts[0])); want[0] >= alone {
		t.Errorf("%.1f bits after the context, %.1f alone", want[0], alone)
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for i := len(texts) - 1; i >= 0; i-- {
				if got := after.Bits([]byte(texts[i])); got != want[i] {
					t.Errorf("%.20q: %v bits, then %v", texts[i], want[i], got)
				}
			}
		})
	}
	wait.Wait()
	d, err := NewDictionary(context)
	if err != nil {
		t.Fatal(err)
	}
	n, err := newNeural(m, 1, d)
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	p, err := n.prime(l.window)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		tokens, s := m.tokens.Encode(nil, unixLines([]byte(text))), shape{streams: 1, window: l.window}
		payload, err := n.encode(p, tokens, p.repeated(tokens, s), len(text), s, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		// The encoder's tables are larger, so that contexts meet by chance less often.
		if size := 8 * float64(len(payload)); math.Abs(want[i]-size) > 12+size/50 {
			t.Errorf("%.20q: %.1f bits, a payload of %d bytes", text, want[i], len(payload))
		}
	}
}
