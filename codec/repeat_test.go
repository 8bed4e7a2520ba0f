package codec

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pith-codec/pith/model/ensemble"
)

// TestRepeat codes content with long repeats: within a stream and across, with
// tokens that have no place in the model, and broken off.
func TestRepeat(t *testing.T) {
	once := append(prose(900), "\x04\xff\xc0 caf\xc3\xa9 \x06"...)
	broken := slices.Concat(once, once[:500], []byte("another end"), once, []byte("x"), once[100:], bytes.Repeat([]byte{0}, 700), once)
	for name, content := range map[string][]byte{
		"whole":  bytes.Repeat(once, 9),
		"broken": broken,
		"zeros":  append(bytes.Repeat([]byte{0}, 3000), once...),
		"byte":   bytes.Repeat([]byte{'a'}, 5000),
	} {
		for _, streams := range []int{1, 4} {
			l := level{window: 128, stream: 200, streams: streams, block: 1 << 20, prefer: true}
			m, err := tiny()
			if err != nil {
				t.Fatal(err)
			}
			tokens := m.tokens.Encode(nil, content)
			s := l.shape(len(tokens))
			hits := 0
			for _, hit := range unprimed.repeated(tokens, s) {
				hits += b2i(hit)
			}
			if least := len(tokens) / 3; name != "broken" && streams == 1 && hits < least {
				t.Errorf("%s: %d of %d tokens are hits", name, hits, len(tokens))
			}
			var files [][]byte
			for threads := 1; threads <= 2; threads++ {
				files = append(files, compress(t, content, l, threads))
			}
			if !bytes.Equal(files[0], files[1]) {
				t.Errorf("%s: %d streams: the file depends on threads", name, streams)
			}
			if back, err := restore(bytes.NewReader(files[0]), 2); err != nil || !bytes.Equal(back, content) {
				t.Errorf("%s: %d streams: not restored: %v", name, streams, err)
			}
			t.Logf("%s: %d streams: %d of %d tokens are hits; %d bytes to %d", name, s.streams, hits, len(tokens), len(content), len(files[0]))
		}
	}
}

// TestExpected follows repeats token by token.
func TestExpected(t *testing.T) {
	r := ensemble.NewRepeats(2, 1000, nil)
	for id := range int32(100) {
		if x, _, ok := r.Expected(0); ok {
			t.Fatalf("expected %d where all is new", x)
		}
		r.Append(0, id)
	}
	for id := range int32(100) {
		x, length, ok := r.Expected(1)
		if want := id >= ensemble.Confirmed; ok != want || ok && (x != id || length != id) {
			t.Fatalf("after %d tokens expected %d after %d (%v)", id, x, length, ok)
		}
		r.Append(1, id)
	}
	if x, _, ok := r.Expected(1); ok {
		t.Errorf("expected %d behind the end", x)
	}
	r.Append(0, 7)
	r.Append(1, 8)
	if x, _, ok := r.Expected(1); ok {
		t.Errorf("expected %d after another token", x)
	}
}
