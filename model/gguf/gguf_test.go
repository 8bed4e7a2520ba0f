package gguf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
		"overflowing size":  func(f *file) { f.infos = info("t", gguf.F32, 0, 1<<33, 1<<33, 1<<33, 1<<33) },
		"overflow by bytes": func(f *file) { f.infos = info("t", gguf.F32, 0, 1<<62+4) },
		"after the end":     func(f *file) { f.infos = info("t", gguf.F32, 0, 2, 3) },
		"offset":            func(f *file) { f.infos = info("t", gguf.F32, 32, 2, 2) },
		"offset overflows":  func(f *file) { f.infos = info("t", gguf.F32, math.MaxUint64-31, 2, 2) },
		"not aligned":       func(f *file) { f.infos = info("t", gguf.F32, 8, 1, 1) },
		"unknown tensor":    func(f *file) { f.infos = info("t", 99, 0, 2, 2) },
		"part of a block":   func(f *file) { f.infos = info("t", gguf.Q8_0, 0, 16, 1) },
		"alignment 0":       func(f *file) { f.metadata = pair("general.alignment", 4, u32(0)) },
		"alignment 24":      func(f *file) { f.metadata = pair("general.alignment", 4, u32(24)) },
		"alignment 2^17":    func(f *file) { f.tensors, f.infos, f.metadata = 0, nil, pair("general.alignment", 4, u32(1<<17)) },
		"alignment a text":  func(f *file) { f.metadata = pair("general.alignment", 8, str("32")) },
		"empty tensor":      func(f *file) { f.infos = info("t", gguf.F32, 0, 0) },
		"no rows":           func(f *file) { f.infos = info("t", gguf.F32, 0, 2, 0, 1<<60) },
		"type Q2_K cut":     func(f *file) { f.infos = info("t", 10, 0, 256) },
		"name length":       func(f *file) { f.infos = join(u64(1<<32-8), f.infos[8:]) },
		"split":             func(f *file) { f.metadata = pair("split.count", 2, []byte{2, 0}) },
		"split number":      func(f *file) { f.metadata = pair("split.no", 2, []byte{1, 0}) },
		"split number −1":   func(f *file) { f.metadata = pair("split.no", 5, u32(math.MaxUint32)) },
		"split tensors":     func(f *file) { f.metadata = pair("split.tensors.count", 5, u32(2)) },
		"same bytes twice":  func(f *file) { f.tensors, f.infos = 2, join(f.infos, info("u", gguf.F32, 0, 2, 2)) },
		"overlap": func(f *file) {
			f.tensors, f.data = 2, make([]byte, 64)
			f.infos = join(info("u", gguf.F32, 32, 2), info("t", gguf.F32, 0, 9))
		},
	} {
		f := good()
		change(&f)
		_, err := parse(t, f.bytes())
		if !errors.Is(err, gguf.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		} else if len(err.Error()) > 300 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
	long := good()
	long.infos = info(string(bytes.Repeat([]byte("x"), 1<<16)), 99, 0, 2)
	if _, err := gguf.Parse(long.bytes()); err == nil || len(err.Error()) > 300 {
		t.Error("a name of 64 KiB is repeated in full")
	}
	whole := good().bytes()
	for n := range whole {
		if _, err := parse(t, whole[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := gguf.Parse(); err == nil {
		t.Error("no parts were accepted")
	}
}

// Files that look odd and are good.
func TestAccepted(t *testing.T) {
	for name, change := range map[string]func(f *file){
		"version 2":    func(f *file) { f.version = 2 },
		"nothing":      func(f *file) { *f = file{version: 3} },
		"header alone": func(f *file) { f.tensors, f.infos, f.data = 0, nil, nil },
		"more bytes":   func(f *file) { f.data = make([]byte, 100) },
		"split in one": func(f *file) { f.metadata = pair("split.count", 2, []byte{1, 0}) },
		"not split":    func(f *file) { f.metadata = pair("split.count", 2, []byte{0, 0}) },
		"empty array":  func(f *file) { f.metadata = pair("a", 9, join(u32(8), u64(0))) },
		"four dims":    func(f *file) { f.infos = info("t", gguf.F32, 0, 1, 2, 1, 2) },
		"back to front": func(f *file) {
			f.tensors, f.infos = 2, join(info("t", gguf.F32, 32, 1), info("u", gguf.F32, 0, 8))
			f.data = make([]byte, 36)
		},
		"can not be read": func(f *file) { f.infos = info("t", 26, 0, 4) },
	} {
		f := good()
		change(&f)
		if _, err := parse(t, f.bytes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// splitFile is a file in two parts, one tensor in each.
func splitFile(change func(parts []file)) ([]byte, []byte) {
	parts := []file{good(), good()}
	for i := range parts {
		parts[i].pairs = 3
		parts[i].metadata = join(pair("split.no", 2, []byte{byte(i), 0}), pair("split.count", 2, []byte{2, 0}), pair("split.tensors.count", 5, u32(2)))
		parts[i].infos = info(string(rune('t'+i)), gguf.F32, 0, 2, 2)
		parts[i].data[0] = byte(i)
	}
	change(parts)
	return parts[0].bytes(), parts[1].bytes()
}

func TestSplit(t *testing.T) {
	a, b := splitFile(func([]file) {})
	f, err := gguf.Parse(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if names := f.TensorNames(); len(names) != 2 || names[0] != "t" || names[1] != "u" {
		t.Error(names)
	}
	if u, err := f.Tensor("u"); err != nil || &u.Data[0] != &b[len(b)-16] || cap(u.Data) != 16 {
		t.Error("the tensor of part 2 is not its slice of part 2")
	}
	whole := good().bytes()
	for name, parts := range map[string][][]byte{
		"other order": {b, a}, "first alone": {a}, "second alone": {b}, "one twice": {a, a}, "one more": {a, b, b},
		"two whole files": {whole, whole}, "an empty part": {a, {}}, "a whole file behind": {a, whole},
	} {
		if _, err := gguf.Parse(parts...); !errors.Is(err, gguf.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(parts []file){
		"tensor in both": func(p []file) { p[1].infos = p[0].infos },
		"other count": func(p []file) {
			p[1].metadata = join(pair("split.no", 2, []byte{1, 0}), pair("split.count", 2, []byte{3, 0}), pair("x", 0, []byte{1}))
		},
		"tensor missing": func(p []file) { p[1].tensors, p[1].infos = 0, nil },
	} {
		a, b := splitFile(change)
		if _, err := gguf.Parse(a, b); !errors.Is(err, gguf.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIdentity(t *testing.T) {
	// SHA-256 of "abc", from FIPS 180-4.
	want := [8]byte{0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea}
	if gguf.Identity([]byte("abc")) != want || gguf.Identity([]byte("a"), nil, []byte("bc")) != want {
		t.Error("not the first bytes of the SHA-256")
	}
}

func TestMetadata(t *testing.T) {
	f := good()
	f.metadata = join(
		pair("u8", 0, []byte{200}), pair("i8", 1, []byte{0xFF}), pair("f", 6, u32(math.Float32bits(1.5))),
		pair("b", 7, []byte{1}), pair("s", 8, str("text")), pair("i64", 11, u64(5)),
		pair("names", 9, join(u32(8), u64(2), str("x"), str("yz"))), pair("ints", 9, join(u32(5), u64(2), u32(3), u32(1<<32-1))),
		pair("floats", 9, join(u32(6), u64(0))), pair("large", 9, join(u32(10), u64(1), u64(1<<63))))
	f.pairs = 10
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
	for _, err := range []error{second(g.Ints("floats")), second(g.Ints("large")), second(g.Bool("u8")), second(g.Uint("f")), second(g.String("u8")), second(g.Strings("ints")), second(g.Ints("names")), second(g.Float("none")), second(g.Strings("s"))} {
		if err == nil {
			t.Error("a value of another type was read")
		}
	}
	if g.Has("none") || !g.Has("s") {
		t.Error("Has")
	}
}

func second[T any](_ T, err error) error { return err }

// dense returns files that hold as many things as their size allows.
func dense() map[string][]byte {
	tensors, pairs, strings := file{version: 3}, file{version: 3}, file{version: 3, pairs: 1}
	for i := range uint64(1800) {
		name := string([]byte{byte(i), byte(i >> 8)})
		tensors.infos = append(tensors.infos, info(name, gguf.F32, 32*i, 1)...)
		pairs.metadata = append(pairs.metadata, pair(name, 0, []byte{byte(i)})...)
	}
	tensors.tensors, pairs.pairs = 1800, 1800
	tensors.data = make([]byte, 32*1800)
	strings.metadata = pair("s", 9, join(u32(8), u64(8000), make([]byte, 64000)))
	return map[string][]byte{"tensors": tensors.bytes(), "pairs": pairs.bytes(), "strings": strings.bytes()}
}

func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Memory is at most a constant times the bytes that are there.
func TestMemory(t *testing.T) {
	files := dense()
	for _, claim := range []uint64{1 << 20, 1 << 40, 1<<63 - 1} {
		for _, kind := range []uint32{0, 8, 12} {
			f := good()
			f.metadata = pair("a", 9, join(u32(kind), u64(claim)))
			files[fmt.Sprintf("%d of type %d", claim, kind)] = f.bytes()
		}
		f := good()
		f.tensors, f.pairs = claim, 0
		files[fmt.Sprintf("%d tensors", claim)] = f.bytes()
	}
	for name, data := range files {
		n := allocated(func() {
			if f, err := gguf.Parse(data); err == nil {
				f.Strings("s")
			}
		})
		if n > 1<<14+uint64(24*len(data)) {
			t.Errorf("%s: %d bytes allocated for %d", name, n, len(data))
		}
	}
}

func FuzzParse(f *testing.F) {
	a, b := splitFile(func([]file) {})
	f.Add(a, b)
	f.Add(good().bytes(), []byte{})
	f.Add(tinymodel.Bytes(tinymodel.Small())[:8000], []byte{})
	for _, data := range dense() {
		f.Add(data, []byte{})
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		parts := [][]byte{a, b}
		if len(b) == 0 {
			parts = parts[:1]
		}
		var g *gguf.File
		var err error
		size := uint64(len(a) + len(b))
		if n := allocated(func() { g, err = gguf.Parse(parts...) }); n > 1<<20+24*size {
			t.Errorf("%d bytes allocated for %d", n, size)
		}
		if head, headErr := gguf.Head(sections(parts...)...); (err == nil) != (headErr == nil) || err == nil && head.Values() != g.Values() {
			t.Errorf("Parse says %v, Head %v", err, headErr)
		}
		if err != nil {
			return
		}
		total := uint64(0)
		for _, name := range g.TensorNames() {
			tensor, err := g.Tensor(name)
			if err != nil {
				t.Fatal(err)
			}
			rows := uint64(1)
			for _, d := range tensor.Dims[1:] {
				rows *= d
			}
			total += uint64(len(tensor.Data))
			if rows == 0 || tensor.Dims[0] == 0 {
				t.Fatalf("%q is empty", name)
			}
			if tensor.Type.Supported() {
				tensor.Row(int(rows-1), make([]float32, tensor.Dims[0]))
				tensor.Int8Row(int(rows-1), make([]int8, tensor.Dims[0]))
			}
		}
		if total > size {
			t.Errorf("tensors of %d bytes in a file of %d", total, size)
		}
	})
}

func BenchmarkInt8Row(b *testing.B) {
	f := good()
	f.infos, f.data = info("t", gguf.Q8_0, 0, 576, 64), make([]byte, 576*64/32*34)
	g, err := gguf.Parse(f.bytes())
	if err != nil {
		b.Fatal(err)
	}
	tensor, _ := g.Tensor("t")
	row := make([]int8, 576)
	b.SetBytes(576 * 64)
	for b.Loop() {
		for i := range 64 {
			tensor.Int8Row(i, row)
		}
	}
}
