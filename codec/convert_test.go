package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/internal/splitmix"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
)

// external returns the name of a file's model.
func external(data []byte) container.ModelID {
	hash := sha256.Sum256(data)
	return container.ModelID{External: true, Hash: [8]byte(hash[:8]), Size: container.MemoryFor(int64(len(data)))}
}

// roundTrip compresses text with the model in data, restores it with the model
// read once more, and returns what was between.
func roundTrip(t *testing.T, id container.ModelID, data, text []byte, l level) []byte {
	t.Helper()
	open := func() (*Model, error) { return OpenModel(id, data) }
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncoderOptions{Model: open})
	if err != nil {
		t.Fatal(err)
	}
	e.level = l
	e.Write(text)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	coded := bytes.Clone(out.Bytes())
	d := NewDecoder(&out, DecoderOptions{Model: func(need container.ModelID) (*Model, error) {
		if need != id {
			return nil, errors.New("another model is asked for")
		}
		return open()
	}})
	var back bytes.Buffer
	if _, err := back.ReadFrom(d); err != nil || !bytes.Equal(back.Bytes(), text) {
		t.Errorf("not restored: %v", err)
	}
	return coded
}

// A model of other dimensions, with each kind of tokenizer.
func TestOtherDimensions(t *testing.T) {
	for _, scored := range []bool{false, true} {
		data := tinymodel.Bytes(tinymodel.Config{Scored: scored, Width: 96, Heads: 6, KVHeads: 3, FFN: 200, Layers: 3, Seed: 9})
		coded := roundTrip(t, external(data), data, append(prose(1500), "caf\u00e9 \u2581\xe2 \x00"...), short)
		members, err := container.List(bytes.NewReader(coded), int64(len(coded)))
		if err != nil {
			t.Fatal(err)
		}
		if m := members[0]; m.Header.Model != external(data) || m.Blocks[0].Type != container.Neural {
			t.Errorf("model %v, block of type %v", m.Header.Model, m.Blocks[0].Type)
		}
	}
}

// Every encoding runs as the numbers it stands for would: a file with those in F32
// makes the same compressed bytes.
func TestConversion(t *testing.T) {
	for _, c := range []struct {
		kind          gguf.Type
		values, bytes int
		scales        []int  // where in a block binary16 numbers lie
		least         uint16 // of those: 2^-14, or more where they are the values themselves
	}{
		{gguf.F16, 1, 2, []int{0}, 0x2000},
		{gguf.BF16, 1, 2, []int{0}, 0x3000},
		{gguf.Q4_0, 32, 18, []int{0}, 0x0400},
		{gguf.Q4_1, 32, 20, []int{0, 2}, 0x0400},
		{gguf.Q5_0, 32, 22, []int{0}, 0x0400},
		{gguf.Q5_1, 32, 24, []int{0, 2}, 0x0400},
		{gguf.Q8_0, 32, 34, []int{0}, 0x0400},
		{gguf.Q2_K, 256, 84, []int{80, 82}, 0x0400},
		{gguf.Q3_K, 256, 110, []int{108}, 0x0400},
		{gguf.Q4_K, 256, 144, []int{0, 2}, 0x0400},
		{gguf.Q5_K, 256, 176, []int{0, 2}, 0x0400},
		{gguf.Q6_K, 256, 210, []int{208}, 0x0400},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			shape := tinymodel.Config{Width: 256, Heads: 8, KVHeads: 2, FFN: 256, Layers: 1, Seed: 5}
			source := splitmix.Source(c.kind)
			quantised := tinymodel.NewWith(shape, func(w *tinymodel.Writer, name string, _ uint32, cols, rows int, _ []float32) {
				data := make([]byte, cols*rows/c.values*c.bytes)
				for i := range data {
					data[i] = byte(source.Next())
				}
				for i := 0; i < len(data); i += c.bytes {
					for _, at := range c.scales {
						// Of several sizes, so that no row has but one scale.
						binary.LittleEndian.PutUint16(data[i+at:], c.least+uint16(source.Next()&0xFFF)|uint16(source.Next()&1)<<15)
					}
				}
				w.Raw(name, uint32(c.kind), cols, rows, data)
			}).Bytes()
			f, err := gguf.Parse(quantised)
			if err != nil {
				t.Fatal(err)
			}
			plain := tinymodel.NewWith(shape, func(w *tinymodel.Writer, name string, _ uint32, cols, rows int, _ []float32) {
				tensor, err := f.Tensor(name)
				if err != nil || tensor.Type != c.kind {
					t.Fatal(name, err)
				}
				values := make([]float32, cols*rows)
				for i := range rows {
					tensor.Row(i, values[i*cols:][:cols])
				}
				w.Tensor(name, uint32(gguf.F32), cols, rows, values)
			}).Bytes()
			a, b := roundTrip(t, tinyID, quantised, prose(500), short), roundTrip(t, tinyID, plain, prose(500), short)
			if !bytes.Equal(a, b) {
				t.Errorf("%d bytes, as F32 %d others", len(a), len(b))
			}
			// It does depend on the weights.
			if c := roundTrip(t, tinyID, tinymodel.Bytes(shape), prose(500), short); bytes.Equal(a, c) {
				t.Error("another model makes the same bytes")
			}
		})
	}
}

// Real files that scripts/models.sh gets: each compresses a text far better than
// mixing contexts does, and restores it.
func TestRealModels(t *testing.T) {
	folder := os.Getenv("PITH_TEST_MODELS")
	if folder == "" {
		t.Skip("skipped: PITH_TEST_MODELS names no folder of models (scripts/models.sh)")
	}
	paths, _ := filepath.Glob(filepath.Join(folder, "*.gguf"))
	if len(paths) == 0 {
		t.Fatalf("no models in %s", folder)
	}
	text := shareddata.Read(t, "corpora/canterbury/alice29.txt")[:8192]
	without := len(compress(t, text, levels[4], 1))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n := len(roundTrip(t, external(data), data, text, levels[DefaultLevel]))
		t.Logf("%s: %d bytes to %d, without a model %d", filepath.Base(path), len(text), n, without)
		if n > without/2 {
			t.Errorf("%s: %d bytes, without a model %d", filepath.Base(path), n, without)
		}
	}
}
