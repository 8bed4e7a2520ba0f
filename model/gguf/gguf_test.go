package gguf_test

import (
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
)

func TestRealModel(t *testing.T) {
	var parts [][]byte
	for _, n := range []string{"1", "2", "3"} {
		parts = append(parts, shareddata.Read(t, "models/smollm2-135m-pith-0000"+n+"-of-00003.gguf"))
	}
	f, err := gguf.Parse(parts...)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]uint64{"llama.block_count": 30, "llama.embedding_length": 576, "llama.attention.head_count_kv": 3} {
		if got, err := f.Uint(key); err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", key, got, err, want)
		}
	}
	if n := len(f.TensorNames()); n != 272 {
		t.Errorf("%d tensors, want 30 layers of 9 and two more", n)
	}
	e, err := f.Tensor("token_embd.weight")
	if err != nil || e.Type != gguf.Q8_0 || e.Dims[0] != 576 || e.Dims[1] != 49152 {
		t.Fatalf("embedding: %v, %v", e, err)
	}
	row, q := make([]float32, 576), make([]int8, 576)
	for _, i := range []int{0, 1000, 49151} {
		e.Row(i, row)
		scale, ok := e.Int8Row(i, q)
		if !ok {
			t.Fatalf("row %d has several scales", i)
		}
		for j := range row {
			if row[j] != float32(float32(q[j])*scale) {
				t.Fatalf("row %d, value %d: %g, %d·%g", i, j, row[j], q[j], scale)
			}
		}
	}
	if _, err := gguf.Parse(parts[0], parts[1]); err == nil {
		t.Error("two of three parts were accepted")
	}
	if _, err := gguf.Parse(parts[0], parts[2], parts[1]); err == nil {
		t.Error("parts in another order were accepted")
	}
}

// file is a small file: header, one pair, one tensor.
type file struct {
	version         uint32
	tensors, pairs  uint64
	metadata, infos []byte
	data            []byte
}

func str(s string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(s))), s...)
}

func u32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
func u64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func (f file) bytes() []byte {
	b := join([]byte("GGUF"), u32(f.version), u64(f.tensors), u64(f.pairs), f.metadata, f.infos)
	for len(b)%32 != 0 {
		b = append(b, 0)
	}
	return append(b, f.data...)
}

func pair(key string, kind uint32, value []byte) []byte { return join(str(key), u32(kind), value) }

func info(name string, kind gguf.Type, offset uint64, dims ...uint64) []byte {
	b := join(str(name), u32(uint32(len(dims))))
	for _, d := range dims {
		b = append(b, u64(d)...)
	}
	return join(b, u32(uint32(kind)), u64(offset))
}

func good() file {
	return file{3, 1, 1, pair("a", 4, u32(7)), info("t", gguf.F32, 0, 2, 2), make([]byte, 16)}
}

func TestHostile(t *testing.T) {
	if f, err := gguf.Parse(good().bytes()); err != nil {
		t.Fatal(err)
	} else if v, err := f.Uint("a"); v != 7 || err != nil {
		t.Fatal(v, err)
	}
	huge := uint64(1) << 63
	for name, change := range map[string]func(f *file){
		"version 1":         func(f *file) { f.version = 1 },
		"version 4":         func(f *file) { f.version = 4 },
		"big-endian":        func(f *file) { f.version = 3 << 24 },
		"many tensors":      func(f *file) { f.tensors = huge },
		"more tensors":      func(f *file) { f.tensors = 2 },
		"many pairs":        func(f *file) { f.pairs = huge - 1 },
		"key length":        func(f *file) { f.metadata = join(u64(huge), []byte("a")) },
		"unknown type":      func(f *file) { f.metadata = pair("a", 13, u32(0)) },
		"string length":     func(f *file) { f.metadata = pair("a", 8, u64(math.MaxUint64)) },
		"array length":      func(f *file) { f.metadata = pair("a", 9, join(u32(4), u64(1<<62))) },
		"array of strings":  func(f *file) { f.metadata = pair("a", 9, join(u32(8), u64(1<<40))) },
		"array of arrays":   func(f *file) { f.metadata = pair("a", 9, join(u32(9), u64(1), u32(9), u64(1))) },
		"array of unknown":  func(f *file) { f.metadata = pair("a", 9, join(u32(99), u64(0))) },
		"key twice":         func(f *file) { f.pairs, f.metadata = 2, join(f.metadata, f.metadata) },
		"tensor twice":      func(f *file) { f.tensors, f.infos = 2, join(f.infos, f.infos) },
		"no dimensions":     func(f *file) { f.infos = info("t", gguf.F32, 0) },
		"five dimensions":   func(f *file) { f.infos = info("t", gguf.F32, 0, 1, 1, 1, 1, 1) },
		"overflowing size":  func(f *file) { f.infos = info("t", gguf.F32, 0, 1<<33, 1<<33) },
		"overflow by bytes": func(f *file) { f.infos = info("t", gguf.F32, 0, 1<<62) },
		"after the end":     func(f *file) { f.infos = info("t", gguf.F32, 0, 2, 3) },
		"offset":            func(f *file) { f.infos = info("t", gguf.F32, 32, 2, 2) },
		"offset overflows":  func(f *file) { f.infos = info("t", gguf.F32, math.MaxUint64-31, 2, 2) },
		"not aligned":       func(f *file) { f.infos = info("t", gguf.F32, 8, 1, 1) },
		"unknown tensor":    func(f *file) { f.infos = info("t", 99, 0, 2, 2) },
		"part of a block":   func(f *file) { f.infos = info("t", gguf.Q8_0, 0, 16, 1) },
		"alignment 0":       func(f *file) { f.metadata = pair("general.alignment", 4, u32(0)) },
		"alignment 24":      func(f *file) { f.metadata = pair("general.alignment", 4, u32(24)) },
		"split":             func(f *file) { f.metadata = pair("split.count", 2, []byte{2, 0}) },
		"split number":      func(f *file) { f.metadata = pair("split.no", 2, []byte{1, 0}) },
	} {
		f := good()
		change(&f)
		if _, err := gguf.Parse(f.bytes()); !errors.Is(err, gguf.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := good().bytes()
	for n := range whole {
		if _, err := gguf.Parse(whole[:n]); err == nil {
			t.Errorf("cut to %d bytes: accepted", n)
		}
	}
	if _, err := gguf.Parse(); err == nil {
		t.Error("no parts were accepted")
	}
}

func TestMetadata(t *testing.T) {
	f := good()
	f.metadata = join(
		pair("u8", 0, []byte{200}), pair("i8", 1, []byte{0xFF}), pair("f", 6, u32(math.Float32bits(1.5))),
		pair("b", 7, []byte{1}), pair("s", 8, str("text")), pair("i64", 11, u64(5)),
		pair("names", 9, join(u32(8), u64(2), str("x"), str("yz"))), pair("ints", 9, join(u32(5), u64(2), u32(3), u32(1<<32-1))))
	f.pairs = 8
	g, err := gguf.Parse(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if v, err := g.Uint("u8"); v != 200 || err != nil {
		t.Error(v, err)
	}
	if _, err := g.Uint("i8"); err == nil {
		t.Error("−1 read as unsigned")
	}
	if v, err := g.Uint("i64"); v != 5 || err != nil {
		t.Error(v, err)
	}
	if v, err := g.Float("f"); v != 1.5 || err != nil {
		t.Error(v, err)
	}
	if v, err := g.Bool("b"); !v || err != nil {
		t.Error(v, err)
	}
	if v, err := g.String("s"); v != "text" || err != nil {
		t.Error(v, err)
	}
	if v, err := g.Strings("names"); err != nil || len(v) != 2 || v[1] != "yz" {
		t.Error(v, err)
	}
	if v, err := g.Ints("ints"); err != nil || len(v) != 2 || v[0] != 3 || v[1] != -1 {
		t.Error(v, err)
	}
	for _, err := range []error{second(g.String("u8")), second(g.Strings("ints")), second(g.Ints("names")), second(g.Float("none")), second(g.Strings("s"))} {
		if err == nil {
			t.Error("a value of another type was read")
		}
	}
	if g.Has("none") || !g.Has("s") {
		t.Error("Has")
	}
}

func second[T any](_ T, err error) error { return err }

// Dequantised values against the formulas of the format, in float64.
func TestRows(t *testing.T) {
	block := make([]byte, 256)
	for i := range block {
		block[i] = byte(i*37 + 11)
	}
	half := func(b []byte) float64 {
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
	nibble := func(b []byte, j int) float64 { return float64(b[j%16] >> (j / 16 * 4) & 15) }
	for _, c := range []struct {
		kind  gguf.Type
		n     int
		bytes int
		value func(b []byte, j int) float64
	}{
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
	} {
		data := append([]byte(nil), block[:c.bytes]...)
		if c.kind != gguf.F16 && c.kind != gguf.BF16 {
			data[1], data[3] = 0x38, 0x34 // scales that are normal numbers
			if c.kind == gguf.Q6_K {
				data[209] = 0x38
			}
		} else {
			for i := 1; i < len(data); i += 2 {
				data[i] &= 0xBB // no infinities
			}
		}
		f := good()
		f.infos, f.data = info("t", c.kind, 0, uint64(c.n), 1), data
		g, err := gguf.Parse(f.bytes())
		if err != nil {
			t.Errorf("%v: %v", c.kind, err)
			continue
		}
		tensor, _ := g.Tensor("t")
		row := make([]float32, c.n)
		tensor.Row(0, row)
		for j, got := range row {
			if want := c.value(data, j); math.Abs(float64(got)-want) > 1e-6*math.Abs(want)+1e-5 {
				t.Errorf("%v: value %d is %g, want %g", c.kind, j, got, want)
				break
			}
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

func FuzzParse(f *testing.F) {
	f.Add(good().bytes())
	f.Add(tinymodel.Bytes(tinymodel.Small())[:8000])
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		g, err := gguf.Parse(data)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20+uint64(64*len(data)) {
			t.Errorf("%d bytes allocated for %d", n, len(data))
		}
		if err != nil {
			return
		}
		for _, name := range g.TensorNames() {
			if tensor, _ := g.Tensor(name); tensor.Type.Supported() && len(tensor.Data) > 0 && tensor.Dims[0] < 1<<16 {
				tensor.Row(0, make([]float32, tensor.Dims[0]))
			}
		}
	})
}
