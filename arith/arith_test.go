package arith

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// random mixes a counter into well-spread numbers (splitmix64).
type random uint64

func (r *random) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func encode(bits []int, ps []uint32) []byte {
	e := NewEncoder(nil)
	for i, b := range bits {
		e.Encode(b, ps[i])
	}
	return e.Finish()
}

func check(t *testing.T, bits []int, ps []uint32) {
	t.Helper()
	e, message := NewEncoder(nil), encode(bits, ps)
	d := NewDecoder(message)
	for i, b := range bits {
		e.Encode(b, ps[i])
		if got := d.Decode(ps[i]); got != b {
			t.Fatalf("bit %d of %v with %v: %d", i, bits, ps, got)
		}
		if d.low != e.low || d.width != e.width {
			t.Fatalf("bit %d of %v with %v: decoder at %x+%x, encoder at %x+%x", i, bits, ps, d.low, d.width, e.low, e.width)
		}
		if d.width < top || d.code >= d.width {
			t.Fatalf("bit %d of %v with %v: code %x, width %x", i, bits, ps, d.code, d.width)
		}
	}
	if err := d.Finish(); err != nil {
		t.Fatalf("%v with %v: %v", bits, ps, err)
	}
}

var extremes = []uint32{1, 2, 1 << 21, 1<<22 - 2, 1<<22 - 1}

// All sequences of up to five bits with all extreme probabilities.
func TestExhaustive(t *testing.T) {
	count := 0
	var bits []int
	var ps []uint32
	var walk func()
	walk = func() {
		check(t, bits, ps)
		count++
		if len(bits) == 5 {
			return
		}
		for b := range 2 {
			for _, p := range extremes {
				bits, ps = append(bits, b), append(ps, p)
				walk()
				bits, ps = bits[:len(bits)-1], ps[:len(ps)-1]
			}
		}
	}
	walk()
	if count != 111111 {
		t.Errorf("%d sequences, want 111111", count)
	}
}

// Two messages of different bits are different: together with decoding, that
// any accepted message is the encoder's.
func TestCanonical(t *testing.T) {
	r := random(7)
	for range 300 {
		n := int(r.next() % 40)
		bits, ps := make([]int, n), make([]uint32, n)
		for i := range bits {
			bits[i], ps[i] = int(r.next()&1), extremes[r.next()%5]
			if r.next()&1 == 0 {
				ps[i] = uint32(1 + r.next()%(1<<22-1))
			}
		}
		message := encode(bits, ps)
		reject := func(changed []byte, how string) {
			d := NewDecoder(changed)
			got := make([]int, n)
			for i := range got {
				got[i] = d.Decode(ps[i])
			}
			if err := d.Finish(); err == nil && !bytes.Equal(encode(got, ps), changed) {
				t.Fatalf("%s: %x accepted for %v", how, changed, got)
			} else if err == nil && slices.Equal(got, bits) {
				t.Fatalf("%s: %x accepted beside %x", how, changed, message)
			}
		}
		reject(append(slices.Clone(message), 0), "zero byte added")
		reject(append(slices.Clone(message), 1), "byte added")
		for i := range message {
			reject(message[:i], "cut")
			for bit := range 8 {
				changed := slices.Clone(message)
				changed[i] ^= 1 << bit
				reject(changed, "bit flipped")
			}
		}
	}
}

// The interval [0x00FFFFxx…, …) forces carries through many 255 bytes.
func TestCarry(t *testing.T) {
	for n := range 200 {
		var bits []int
		var ps []uint32
		bits, ps = append(bits, 1), append(ps, 1<<21)
		for range n {
			// Stay in the upper end of the lower half, then leave it upwards.
			bits, ps = append(bits, 0), append(ps, 1<<21)
		}
		bits, ps = append(bits, 1, 0, 0), append(ps, 1, 1<<22-1, 1<<22-1)
		check(t, bits, ps)
	}
	e := NewEncoder([]byte{7, 255})
	e.out, e.start = append(e.out, 1, 255, 255), 2
	e.low, e.width = 0xFFFFFFFF, top
	e.Encode(0, 1<<21)
	if got := e.out[:5]; !bytes.Equal(got, []byte{7, 255, 2, 0, 0}) {
		t.Errorf("carry gave %v", got)
	}
}

func TestLength(t *testing.T) {
	r := random(1)
	e, ideal := NewEncoder(nil), 0.0
	for range 1000000 {
		p := uint32(1 + r.next()%(1<<22-1))
		if r.next()&3 == 0 {
			p = 1 << (r.next() % 22)
		}
		bit := 0
		share := float64(p) / (1 << 22)
		if uint32(r.next()>>42) < p {
			bit = 1
		} else {
			share = 1 - share
		}
		ideal -= math.Log2(share)
		e.Encode(bit, p)
	}
	if got := float64(8 * len(e.Finish())); got < ideal-32 || got > ideal*1.0001+32 {
		t.Errorf("%.0f bits, ideal %.0f", got, ideal)
	}
}

func TestShortest(t *testing.T) {
	if m := encode(nil, nil); len(m) != 0 {
		t.Errorf("no bits took %d bytes", len(m))
	}
	if m := encode([]int{1, 1, 1}, []uint32{1 << 21, 1 << 21, 1 << 21}); len(m) != 0 {
		t.Errorf("the lowest interval took %x: digits past the end are zero", m)
	}
	if m := encode([]int{0}, []uint32{1 << 21}); !bytes.Equal(m, []byte{0x80}) {
		t.Errorf("the upper half is %x, want 80", m)
	}
	if m := NewEncoder([]byte{1, 0}).Finish(); !bytes.Equal(m, []byte{1, 0}) {
		t.Errorf("bytes before the message became %x", m)
	}
}

func TestProbabilityOutOfRange(t *testing.T) {
	for _, p := range []uint32{0, 1 << 22, 1<<32 - 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("probability %d was accepted", p)
				}
			}()
			NewEncoder(nil).Encode(1, p)
		}()
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "\x80", "\xff\xff\xff\xff\xff", "abc"} {
		f.Add([]byte(s), uint64(3), uint16(20))
	}
	f.Fuzz(func(t *testing.T, src []byte, seed uint64, n uint16) {
		r, d := random(seed), NewDecoder(src)
		bits, ps := make([]int, n), make([]uint32, n)
		for i := range bits {
			ps[i] = uint32(1 + r.next()%(1<<22-1))
			bits[i] = d.Decode(ps[i])
		}
		same := bytes.Equal(encode(bits, ps), src)
		if (d.Finish() == nil) != same {
			t.Errorf("Finish says %v of %x, encoder's own: %v", d.Finish(), src, same)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e := NewEncoder(make([]byte, 0, 1<<20))
	for i := range b.N {
		e.Encode(i&1, 1<<20)
		if len(e.out) > 1<<19 {
			e.out = e.out[:0]
		}
	}
}
