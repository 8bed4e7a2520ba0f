package arith

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/pith-codec/pith/internal/splitmix"
)

// probability returns one of three kinds: any, a power of two, nearly 0 or 1.
func probability(r *splitmix.Source) uint32 {
	const one = 1 << Bits
	switch v := r.Next(); v % 4 {
	case 0:
		return 1 << (v >> 32 % Bits)
	case 1:
		return one - 1<<(v>>32%Bits)
	case 2:
		return extremes[v>>32%uint64(len(extremes))]
	default:
		return uint32(1 + v>>32%(one-1))
	}
}

func message(r *splitmix.Source, n int) (bits []int, ps []uint32) {
	for range n {
		p := probability(r)
		bit := int(r.Next() & 1)
		if r.Next()&1 == 0 { // as likely as it says, so that long messages stay short
			bit = 0
			if uint32(r.Next()>>(64-Bits)) < p {
				bit = 1
			}
		}
		bits, ps = append(bits, bit), append(ps, p)
	}
	return bits, ps
}

func encode(bits []int, ps []uint32) []byte {
	e := NewEncoder(nil)
	for i, b := range bits {
		e.Encode(b, ps[i])
	}
	return e.Finish()
}

// check codes bits there and back and compares the states of encoder and
// decoder after each.
func check(t *testing.T, bits []int, ps []uint32) {
	t.Helper()
	message := encode(bits, ps)
	e, d := Encoder{width: 1<<32 - 1}, NewDecoder(message)
	for i, b := range bits {
		e.Encode(b, ps[i])
		if got := d.Decode(ps[i]); got != b {
			t.Fatalf("bit %d of %v with %v: %d", i, bits, ps, got)
		}
		if d.low != e.low || d.width != e.width || d.at != len(e.out)+digits {
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

// walk checks all sequences of up to depth bits, each with all of ps, and
// returns their number.
func walk(t *testing.T, depth int, ps []uint32) (count int) {
	var bits []int
	var chosen []uint32
	var step func()
	step = func() {
		check(t, bits, chosen)
		count++
		if len(bits) == depth {
			return
		}
		for bit := range 2 {
			for _, p := range ps {
				bits, chosen = append(bits, bit), append(chosen, p)
				step()
				bits, chosen = bits[:len(bits)-1], chosen[:len(chosen)-1]
			}
		}
	}
	step()
	return count
}

func TestExhaustive(t *testing.T) {
	if n := walk(t, 5, extremes); n != 111111 {
		t.Errorf("%d sequences of extremes, want 111111", n)
	}
	// Probabilities of three bits.
	var eighths []uint32
	for k := range uint32(7) {
		eighths = append(eighths, (k+1)<<(Bits-3))
	}
	if n := walk(t, 4, eighths); n != 41371 {
		t.Errorf("%d sequences of eighths, want 41371", n)
	}
	t.Logf("%s tried %d sequences", t.Name(), 111111+41371)
}

// All sequences of up to twelve bits, with probabilities that repeat after at
// most two bits.
func TestExhaustivePeriodic(t *testing.T) {
	ps := make([]uint32, 12)
	bits := make([]int, len(ps))
	for _, even := range extremes {
		for _, odd := range extremes {
			for i := range ps {
				ps[i] = even
				if i%2 == 1 {
					ps[i] = odd
				}
			}
			for n := range len(bits) + 1 {
				for v := range 1 << n {
					for i := range n {
						bits[i] = v >> i & 1
					}
					check(t, bits[:n], ps[:n])
				}
			}
		}
	}
}

func TestRandom(t *testing.T) {
	r := splitmix.Source(3)
	for n := range 500 {
		check(t, slices.Repeat([]int{n & 1}, n), slices.Repeat([]uint32{probability(&r)}, n))
		bits, ps := message(&r, n)
		check(t, bits, ps)
	}
}

// Of all messages of up to two bytes, exactly those are accepted that the
// encoder writes, each for other bits.
func TestBijection(t *testing.T) {
	for seed := range splitmix.Source(20) {
		r := seed
		n := 1 + int(r.Next()%10)
		_, ps := message(&r, n)
		want := map[string]bool{}
		bits := make([]int, n)
		for v := range 1 << n {
			for i := range bits {
				bits[i] = v >> i & 1
			}
			message := encode(bits, ps)
			if want[string(message)] {
				t.Fatalf("%v with %v: %x again", bits, ps, message)
			}
			want[string(message)] = true
		}
		accepted := 0
		try := func(message ...byte) {
			d := NewDecoder(message)
			for i := range bits {
				bits[i] = d.Decode(ps[i])
			}
			ok := d.Finish() == nil
			if ok != bytes.Equal(encode(bits, ps), message) || ok != want[string(message)] {
				t.Fatalf("%x with %v: accepted %v", message, ps, ok)
			}
			if ok {
				accepted++
			}
		}
		try()
		for a := range 256 {
			try(byte(a))
			for b := range 256 {
				try(byte(a), byte(b))
			}
		}
		short := 0
		for m := range want {
			if len(m) <= 2 {
				short++
			}
		}
		if accepted != short {
			t.Errorf("with %v: %d accepted, %d written", ps, accepted, short)
		}
	}
}

// No other message is accepted for the same bits, and none that the encoder
// would not write for any.
func TestCanonical(t *testing.T) {
	r := splitmix.Source(7)
	for range 300 {
		bits, ps := message(&r, int(r.Next()%40))
		message := encode(bits, ps)
		reject := func(changed []byte, how string) {
			d := NewDecoder(changed)
			got := make([]int, len(bits))
			for i := range got {
				got[i] = d.Decode(ps[i])
			}
			err := d.Finish()
			if err == nil && (slices.Equal(got, bits) || !bytes.Equal(encode(got, ps), changed)) {
				t.Fatalf("%s: %x accepted for %v beside %x", how, changed, got, message)
			}
			if err != nil && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s: %v", how, err)
			}
		}
		reject(append(slices.Clone(message), 0), "zero byte added")
		reject(append(slices.Clone(message), 1), "byte added")
		for i := range message {
			reject(message[:i], "cut")
			changed := slices.Clone(message)
			for range 255 {
				changed[i]++
				reject(changed, "byte changed")
			}
		}
	}
}

func TestOutsideFirstInterval(t *testing.T) {
	d := NewDecoder([]byte{255, 255, 255, 255})
	d.Decode(1 << 21)
	if err := d.Finish(); err != ErrCorrupt {
		t.Errorf("the number next to 1 gave %v", err)
	}
}

// Bits whose interval always spans one half make 7F FF FF …; the last bit then
// decides whether a carry passes through all of it.
func TestCarry(t *testing.T) {
	const half = 1 << 31
	for _, want := range []byte{0x80, 0x7F} {
		r := splitmix.Source(11)
		e := NewEncoder(nil)
		distance := uint64(half) // from low to one half
		var bits []int
		var ps []uint32
		code := func(bit int, p uint32) {
			if bit == 0 {
				distance -= uint64(split(e.width, p))
			}
			written := len(e.out)
			e.Encode(bit, p)
			distance <<= 8 * (len(e.out) - written)
			bits, ps = append(bits, bit), append(ps, p)
		}
		for len(e.out) < 1000 {
			p := probability(&r)
			bound := uint64(split(e.width, p))
			if bound == distance {
				continue // would end the run
			}
			bit := 0
			if distance < bound {
				bit = 1
			}
			code(bit, p)
		}
		if e.out[0] != 0x7F || !bytes.Equal(e.out[1:], bytes.Repeat([]byte{255}, len(e.out)-1)) {
			t.Fatalf("no run of 255: %x", e.out)
		}
		// Keep the upper part of the interval until it has passed one half, or
		// the lower until it lies below.
		for done := false; !done; {
			const p = 1 << 21
			bound := uint64(split(e.width, p))
			if want == 0x80 {
				done = distance <= bound
				code(0, p)
			} else {
				done = bound <= distance
				code(1, p)
			}
		}
		if e.out[0] != want {
			t.Errorf("began with %x, want %x", e.out[0], want)
		}
		check(t, bits, ps)
	}
}

// A carry stays within the message and stops at the first byte below 255.
func TestCarryVector(t *testing.T) {
	e := NewEncoder([]byte{7, 255})
	e.out = append(e.out, 1, 255, 255)
	e.low, e.width = 0xFFFFFFFF, top
	e.Encode(0, 1<<21)
	if got := e.out[:5]; !bytes.Equal(got, []byte{7, 255, 2, 0, 0}) {
		t.Errorf("carry gave %v", got)
	}
	// The end rounds up through the same bytes.
	e = NewEncoder([]byte{7, 255})
	e.out = append(e.out, 1, 255, 255)
	e.low, e.width = 0xFFFFFF01, top
	if got := e.Finish(); !bytes.Equal(got, []byte{7, 255, 2}) {
		t.Errorf("end gave %v", got)
	}
}

func TestLength(t *testing.T) {
	n := 10_000_000
	if testing.Short() {
		n /= 10
	}
	r, e, ideal := splitmix.Source(1), NewEncoder(nil), 0.0
	draw := func(r *splitmix.Source) (bit int, p uint32) {
		p = probability(r)
		if uint32(r.Next()>>(64-Bits)) < p {
			bit = 1
		}
		return bit, p
	}
	for range n {
		bit, p := draw(&r)
		share := float64(p) / (1 << Bits)
		if bit == 0 {
			share = 1 - share
		}
		ideal -= math.Log2(share)
		e.Encode(bit, p)
	}
	message := e.Finish()
	if got := float64(8 * len(message)); got < ideal-32 || got > ideal*1.0001+32 {
		t.Errorf("%.0f bits, ideal %.0f", got, ideal)
	}
	r = 1
	d := NewDecoder(message)
	for i := range n {
		if bit, p := draw(&r); d.Decode(p) != bit {
			t.Fatalf("bit %d differs", i)
		}
	}
	if err := d.Finish(); err != nil {
		t.Error(err)
	}
}

func TestShortest(t *testing.T) {
	half := func(n int) []uint32 { return slices.Repeat([]uint32{1 << 21}, n) }
	for _, v := range []struct {
		what string
		bits []int
		ps   []uint32
		want []byte
	}{
		{"no bits", nil, nil, nil},
		{"the lowest interval", []int{1, 1, 1}, half(3), nil},
		{"a long lowest interval", slices.Repeat([]int{1}, 1000), half(1000), nil},
		{"the upper half", []int{0}, half(1), []byte{0x80}},
		{"the third quarter", []int{0, 1}, half(2), []byte{0x80}},
		{"the last quarter", []int{0, 0}, half(2), []byte{0xC0}},
		{"an improbable bit", []int{0}, []uint32{1<<22 - 1}, []byte{255, 255, 252}},
	} {
		if got := encode(v.bits, v.ps); !bytes.Equal(got, v.want) {
			t.Errorf("%s is %x, want %x", v.what, got, v.want)
		}
	}
	if m := NewEncoder([]byte{1, 0}).Finish(); !bytes.Equal(m, []byte{1, 0}) {
		t.Errorf("bytes before the message became %x", m)
	}
}

func TestProbabilityOutOfRange(t *testing.T) {
	for _, p := range []uint32{0, 1 << 22, 1<<22 + 1, 1<<32 - 1} {
		for name, f := range map[string]func(){
			"Encode": func() { NewEncoder(nil).Encode(1, p) },
			"Decode": func() { NewDecoder(nil).Decode(p) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s accepted probability %d", name, p)
					}
				}()
				f()
			}()
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "\x80", "\xff\xff\xff\xff\xff", "abc", "\x7f\xff\xff\xff\xff\xff\xff"} {
		f.Add([]byte(s), uint64(3), uint16(20))
	}
	f.Fuzz(func(t *testing.T, src []byte, seed uint64, n uint16) {
		r, d := splitmix.Source(seed), NewDecoder(src)
		bits, ps := make([]int, n), make([]uint32, n)
		for i := range bits {
			ps[i] = probability(&r)
			bits[i] = d.Decode(ps[i])
		}
		same := bytes.Equal(encode(bits, ps), src)
		if (d.Finish() == nil) != same {
			t.Errorf("Finish says %v of %x, encoder's own: %v", d.Finish(), src, same)
		}
	})
}

// benchmarkBits are of the kind that a good predictor leaves: 0.5 bits each.
func benchmarkBits() (bits []int, ps []uint32) {
	r := splitmix.Source(5)
	for range 1 << 16 {
		p := uint32(1<<Bits - 1<<Bits/9)
		bit := 1
		if r.Next()%9 == 0 {
			bit = 0
		}
		bits, ps = append(bits, bit), append(ps, p)
	}
	return bits, ps
}

func BenchmarkEncode(b *testing.B) {
	bits, ps := benchmarkBits()
	message := encode(bits, ps)
	for i := 0; i < b.N; {
		e := NewEncoder(message[:0])
		for j := 0; j < len(bits) && i < b.N; j++ {
			e.Encode(bits[j], ps[j])
			i++
		}
		message = e.Finish()
	}
}

func BenchmarkDecode(b *testing.B) {
	bits, ps := benchmarkBits()
	message := encode(bits, ps)
	for i := 0; i < b.N; {
		d := NewDecoder(message)
		for j := 0; j < len(bits) && i < b.N; j++ {
			d.Decode(ps[j])
			i++
		}
	}
}
