package gguf_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/pith-codec/pith/internal/splitmix"
	"github.com/pith-codec/pith/model/gguf"
)

// half is a finite binary16 number.
func half(b []byte) float64 {
	h := binary.LittleEndian.Uint16(b)
	v := math.Ldexp(float64(h&1023)+1024, int(h>>10&31)-25)
	if h>>10&31 == 0 {
		v = math.Ldexp(float64(h&1023), -24)
	}
	if h>>15 != 0 {
		v = -v
	}
	return v
}

// Dequantised values against the formulas of the format, in float64.
func TestRows(t *testing.T) {
	nibble := func(b []byte, j int) float64 { return float64(b[j%16] >> (j / 16 * 4) & 15) }
	for _, c := range []struct {
		kind  gguf.Type
		n     int
		bytes int
		value func(b []byte, j int) float64
	}{
		{gguf.F32, 32, 128, func(b []byte, j int) float64 {
			return float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*j:])))
		}},
		{gguf.F16, 32, 64, func(b []byte, j int) float64 { return half(b[2*j:]) }},
		{gguf.BF16, 32, 64, func(b []byte, j int) float64 {
			return float64(math.Float32frombits(uint32(b[2*j])<<16 | uint32(b[2*j+1])<<24))
		}},
		{gguf.Q8_0, 32, 34, func(b []byte, j int) float64 { return half(b) * float64(int8(b[2+j])) }},
		{gguf.Q4_0, 32, 18, func(b []byte, j int) float64 { return half(b) * (nibble(b[2:], j) - 8) }},
		{gguf.Q4_1, 32, 20, func(b []byte, j int) float64 { return half(b)*nibble(b[4:], j) + half(b[2:]) }},
		{gguf.Q5_0, 32, 22, func(b []byte, j int) float64 {
			return half(b) * (nibble(b[6:], j) + 16*float64(b[2+j/8]>>(j%8)&1) - 16)
		}},
		{gguf.Q5_1, 32, 24, func(b []byte, j int) float64 {
			return half(b)*(nibble(b[8:], j)+16*float64(b[4+j/8]>>(j%8)&1)) + half(b[2:])
		}},
		{gguf.Q6_K, 256, 210, func(b []byte, j int) float64 {
			l, h := b[j/128*64:], b[128+j/128*32:]
			q := int(l[j%64]>>(j%128/64*4)&15) | int(h[j%32]>>(j%128/32*2)&3)<<4
			return half(b[208:]) * float64(int8(b[192+j/16])) * float64(q-32)
		}},
		{gguf.Q4_K, 256, 144, func(b []byte, j int) float64 {
			scale, least := kScales(b[4:], j/32)
			return half(b)*scale*float64(b[16+j/64*32+j%32]>>(j%64/32*4)&15) - half(b[2:])*least
		}},
		{gguf.Q5_K, 256, 176, func(b []byte, j int) float64 {
			scale, least := kScales(b[4:], j/32)
			q := b[48+j/64*32+j%32]>>(j%64/32*4)&15 | b[16+j%32]>>(j/32)&1<<4
			return half(b)*scale*float64(q) - half(b[2:])*least
		}},
		{gguf.Q2_K, 256, 84, func(b []byte, j int) float64 {
			// Of each 128 values four groups of 32 share 32 bytes, the first in the lowest bits.
			q := b[16+32*(j/128)+j%32] / pow(4, j%128/32) % 4
			return half(b[80:])*float64(b[j/16]%16)*float64(q) - half(b[82:])*float64(b[j/16]/16)
		}},
		{gguf.Q3_K, 256, 110, func(b []byte, j int) float64 {
			q := float64(b[32+32*(j/128)+j%32] / pow(4, j%128/32) % 4)
			if b[j%32]/pow(2, j/32)%2 == 0 { // the mask tells where 4 is not taken away
				q -= 4
			}
			return half(b[108:]) * q3Scale(b[96:108], j/16) * q
		}},
	} {
		// Three rows of two blocks, of random bytes but that no scale is
		// infinite or no number.
		r := splitmix.Source(c.kind)
		data := make([]byte, 3*2*c.bytes)
		for i := range data {
			data[i] = byte(r.Next())
		}
		for i := 1; i < len(data); i += 2 {
			if data[i]&0x7C == 0x7C {
				data[i] &= 0xBF
			}
		}
		f := good()
		f.infos, f.data = info("t", c.kind, 0, uint64(2*c.n), 3), data
		g, err := gguf.Parse(f.bytes())
		if err != nil {
			t.Errorf("%v: %v", c.kind, err)
			continue
		}
		tensor, _ := g.Tensor("t")
		if !tensor.Type.Supported() {
			t.Errorf("%v: cannot be read", c.kind)
			continue
		}
		row := make([]float32, 2*c.n)
		for _, i := range []int{2, 0, 1} {
			tensor.Row(i, row)
			for j, got := range row {
				block := data[(2*i+j/c.n)*c.bytes:][:c.bytes]
				// Exact in float64 but for the last rounding.
				if want := float32(c.value(block, j%c.n)); math.Float32bits(got) != math.Float32bits(want) {
					t.Errorf("%v: row %d, value %d is %g, want %g", c.kind, i, j, got, want)
					break
				}
			}
		}
	}
}

func pow(base byte, n int) byte {
	p := byte(1)
	for range n {
		p *= base
	}
	return p
}

// q3Scale unpacks a scale of a Q3_K block as ggml does, four at a time in words.
func q3Scale(s []byte, j int) float64 {
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(s[4*i:]) }
	const low, two = 0x0f0f0f0f, 0x03030303
	scales := [4]uint32{
		word(0)&low | word(2)&two<<4,
		word(1)&low | word(2)>>2&two<<4,
		word(0)>>4&low | word(2)>>4&two<<4,
		word(1)>>4&low | word(2)>>6&two<<4,
	}
	return float64(byte(scales[j/4]>>(j%4*8))) - 32
}

// Every binary16 number against the definition in IEEE 754.
func TestF16(t *testing.T) {
	f := good()
	f.infos, f.data = info("t", gguf.F16, 0, 1<<16), make([]byte, 1<<17)
	for i := range 1 << 16 {
		binary.LittleEndian.PutUint16(f.data[2*i:], uint16(i))
	}
	g, err := gguf.Parse(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	tensor, _ := g.Tensor("t")
	row := make([]float32, 1<<16)
	tensor.Row(0, row)
	for h, got := range row {
		switch {
		case h&0x7FFF > 0x7C00:
			if got == got {
				t.Errorf("%04x is %g", h, got)
			}
		case h&0x7FFF == 0x7C00:
			if !math.IsInf(float64(got), 1-h>>15*2) {
				t.Errorf("%04x is %g", h, got)
			}
		default:
			if want := half(f.data[2*h:]); math.Float64bits(float64(got)) != math.Float64bits(want) {
				t.Errorf("%04x is %g, want %g", h, got, want)
			}
		}
	}
}

// Types that have no formula here are passed over, and say their name.
func TestUnsupported(t *testing.T) {
	for kind, name := range map[gguf.Type]string{16: "IQ2_XXS", 26: "I32", 99: "type 99"} {
		if kind.Supported() || kind.String() != name {
			t.Errorf("type %d: %v, supported: %v", kind, kind, kind.Supported())
		}
	}
}

// kScales unpacks the sixth scale and minimum of a K block from the layout's
// definition: 8 scales and 8 minima of 6 bits, the upper two bits of the last
// four of each above the first four.
func kScales(s []byte, j int) (scale, least float64) {
	if j < 4 {
		return float64(s[j] % 64), float64(s[4+j] % 64)
	}
	return float64(s[4+j]%16 + s[j-4]/64*16), float64(s[4+j]/16 + s[j]/64*16)
}

func TestInt8Row(t *testing.T) {
	f := good()
	data := make([]byte, 4*34)
	for b := range 4 {
		data[34*b+1] = 0x3C // 1.0
		for j := range 32 {
			data[34*b+2+j] = byte(j - 16)
		}
	}
	data[34*3+5] = 0x80
	f.infos, f.data = info("t", gguf.Q8_0, 0, 64, 2), data
	g, err := gguf.Parse(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	tensor, _ := g.Tensor("t")
	q := make([]int8, 64)
	if scale, ok := tensor.Int8Row(0, q); !ok || scale != 1 || q[0] != -16 || q[63] != 15 {
		t.Errorf("%v %v %v", scale, ok, q)
	}
	if _, ok := tensor.Int8Row(1, q); ok {
		t.Error("a row with −128 was taken as it is")
	}
	tensor.Data[34*1] = 1
	if _, ok := tensor.Int8Row(0, q); ok {
		t.Error("a row with two scales was taken as it is")
	}
}
