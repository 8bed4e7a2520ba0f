package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/paq"
)

// full takes so many bytes and then no more, as a disk.
type full struct{ room int }

var errFull = errors.New("no room")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// Wherever writing fails, that is what the encoder says, and no later success.
func TestFullEverywhere(t *testing.T) {
	content := append(prose(900), noise(300, 3)...)
	tried := 0
	for name, l := range map[string]level{
		"zstd": {zstd: true, block: 200}, "mixing": {profile: paq.Fast, log: 12, block: 300}, "neural": {window: 128, stream: 50, streams: 4, block: 300, prefer: true},
	} {
		size := len(compress(t, content, l, 2))
		for room := 0; room < size; room += 1 + size/60 {
			for _, threads := range []int{1, 3} {
				tried++
				e, err := NewEncoder(&full{room}, EncoderOptions{Threads: threads, Model: tiny})
				if err != nil {
					t.Fatal(err)
				}
				e.level = l
				_, writeErr := e.Write(content)
				closeErr := e.Close()
				if !errors.Is(closeErr, errFull) || writeErr != nil && !errors.Is(writeErr, errFull) {
					t.Errorf("%s, room for %d of %d bytes, %d threads: %v, %v", name, room, size, threads, writeErr, closeErr)
				}
			}
		}
	}
	t.Logf("%s tried %d cases", t.Name(), tried)
}

func TestMessages(t *testing.T) {
	id, d := container.ModelID{Number: 3}, dictionary(t, []byte("x"))
	for want, err := range map[string]error{
		"needs the model built-in 3":          &ModelError{Need: id},
		"needs the model built-in 3: no room": &ModelError{id, errFull},
		fmt.Sprintf("made with numerics version 99: this program has version %d", Numerics):      &NumericsError{99},
		"block at byte 7 is undamaged but decodes to something else":                             &DivergedError{7},
		"needs 3 MiB of memory to decode: the limit is 2 MiB":                                    &LimitError{3 << 20, 2 << 20},
		"needs the dictionary sha256:0102030405060708":                                           &DictionaryError{container.DictionaryID{1, 2, 3, 4, 5, 6, 7, 8}, nil},
		"needs the dictionary sha256:0102030405060708: the one given is sha256:2d711642b726b044": &DictionaryError{container.DictionaryID{1, 2, 3, 4, 5, 6, 7, 8}, d}, // SHA-256 of "x"
		"what was compressed would not be restored: why":                                         &ShadowError{"why"},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	m, err := tiny()
	if err != nil || m.ID() != tinyID {
		t.Errorf("the model calls itself %v, %v", m.ID(), err)
	}
	if _, err := OpenModel(id, []byte("no model")); err == nil {
		t.Error("opened what is no model")
	}
}

// Below one bit for each token that is no repeat the model is not asked.
func TestWorthModel(t *testing.T) {
	hits := make([]bool, 100)
	for i := range 20 {
		hits[i] = true
	}
	if worthModel(10, hits) || !worthModel(11, hits) {
		t.Error("80 others are not worth 81 bits and more, or are worth 80")
	}
}

// What comes after Close is refused, by a word of its own.
func TestClosedDecoder(t *testing.T) {
	d := NewDecoder(bytes.NewReader(proofs()["stored"].file), DecoderOptions{})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Read(make([]byte, 9)); n != 0 || err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// Payloads under right checks that no encoder writes are corrupt, of a later version,
// take more than is allowed, or diverge; each says which.
func TestHostilePayloads(t *testing.T) {
	file := func(b *container.Block) []byte {
		var out bytes.Buffer
		w := container.NewWriter(&out, container.Header{Model: tinyID, Numerics: Numerics})
		if err := errors.Join(w.WriteBlock(b), w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	var (
		damaged  *container.CorruptError
		later    *container.UnsupportedError
		limit    *LimitError
		diverged *DivergedError
	)
	for name, c := range map[string]struct {
		block *container.Block
		want  any
	}{
		"zstd that is none":         {&container.Block{Type: container.Zstd, Length: 90, Payload: []byte("none")}, &damaged},
		"zstd beyond memory":        {&container.Block{Type: container.Zstd, Length: 64 << 20, Payload: []byte("none")}, &limit},
		"mixing without parameters": {&container.Block{Type: container.Mixing, Length: 90}, &damaged},
		"mixing, profile 2":         {&container.Block{Type: container.Mixing, Length: 90, Payload: []byte{2<<5 | 12}}, &later},
		"mixing, tables too large":  {&container.Block{Type: container.Mixing, Length: 90, Payload: []byte{13}}, &damaged},
		"mixing, tables too small":  {&container.Block{Type: container.Mixing, Length: 90, Payload: []byte{11}}, &damaged},
		"mixing beyond memory":      {&container.Block{Type: container.Mixing, Length: 64 << 20, Payload: []byte{22}}, &limit},
		"mixing of zeros":           {&container.Block{Type: container.Mixing, Length: 90, Payload: []byte{12, 1, 0}}, &diverged},
		"mixing, no transform":      {&container.Block{Type: container.Mixing, Transformed: true, Length: 90, Payload: []byte{0, 12}}, &damaged},
		"mixing, transform of text": {&container.Block{Type: container.Mixing, Transformed: true, Length: 90, Payload: []byte{8, 0, 12}}, &later},
		"neural of zeros":           {&container.Block{Type: container.Neural, Length: 90, Tokens: 30, Streams: 1, Window: 128, Payload: []byte{1, 0}}, &diverged},
		"neural beyond memory":      {&container.Block{Type: container.Neural, Length: 90, Tokens: 30, Streams: 16, Window: 1 << 15, Payload: []byte{1}}, &limit},
		"neural, window too large":  {&container.Block{Type: container.Neural, Length: 90, Tokens: 30, Streams: 1, Window: container.MaxWindow, Payload: []byte{1}}, &later},
		"neural, no transform":      {&container.Block{Type: container.Neural, Transformed: true, Length: 90, Tokens: 30, Streams: 1, Window: 128, Payload: []byte{0}}, &damaged},
	} {
		d := NewDecoder(bytes.NewReader(file(c.block)), DecoderOptions{Threads: 1, Model: tinyOnly, Memory: 120 << 20})
		got, err := io.ReadAll(d)
		if len(got) > 0 || err == nil || !errors.As(err, c.want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		d.Close()
	}
}
