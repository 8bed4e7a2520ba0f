package container

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"
	"time"
)

// craft encodes a file of one member with right checks, whatever it says.
// A block is its kind byte and what follows up to the hash, then its payload.
type part struct{ head, payload []byte }

func craft(head []byte, blocks ...part) []byte {
	file := bytes.Clone(head)
	for i, b := range blocks {
		sum := checkBlock(head, i, b.head, b.payload)
		file = append(append(file, b.head...), byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24))
		file = append(file, b.payload...)
	}
	return file
}

func TestUnsupported(t *testing.T) {
	mixed := part{append([]byte{3, 9, 1}, make([]byte, 8)...), []byte("x")}
	plain := header.append(nil, true)
	flagged := func(flags byte, more string) []byte {
		head := bytes.Clone(plain)
		head[4] |= flags
		return append(head, more...)
	}
	kind := func(k byte) part {
		head := bytes.Clone(mixed.head)
		head[0] = k
		return part{head, mixed.payload}
	}
	if _, _, err := readAll(bytes.NewReader(craft(plain, mixed))); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"type 5":               craft(plain, kind(5)),
		"type 6":               craft(plain, kind(6)),
		"type 7":               craft(plain, kind(7)),
		"state continues":      craft(plain, kind(3|16)),
		"transform 32":         craft(plain, kind(3|32)),
		"transform 128":        craft(plain, kind(3|128)),
		"type 5, engine":       craft(flagged(flagForeign, "\x08engine=x"), kind(5)),
		"dictionary, engine":   craft(flagged(flagForeign|flagDictionary, "12345678\x08engine=x"), kind(6)),
		"not only unsupported": craft(flagged(flagDictionary, "12345678"), kind(7)),
	} {
		var unsupported *UnsupportedError
		if _, _, err := readAll(bytes.NewReader(file)); !errors.As(err, &unsupported) || unsupported.What == "" {
			t.Errorf("%s: %v", name, err)
		}
		// As soon as one bit is wrong it is damage, unless it is another version.
		for i := range file {
			for bit := range 8 {
				damaged := bytes.Clone(file)
				damaged[i] ^= 1 << bit
				if _, _, err := readAll(bytes.NewReader(damaged)); err == nil || errors.As(err, &unsupported) {
					t.Fatalf("%s, bit %d of byte %d flipped: %v", name, bit, i, err)
				}
			}
		}
		for n := range file {
			if _, _, err := readAll(bytes.NewReader(file[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s, cut to %d bytes: %v", name, n, err)
			}
		}
	}
}

func TestCorruptThoughChecked(t *testing.T) {
	hash := make([]byte, 8)
	single, several := header.append(nil, true), header.append(nil, false)
	none := Header{Numerics: 1}.append(nil, true)
	neural := part{append([]byte{4, 9, 1, 9, 0}, hash...), []byte("x")}
	one := part{append([]byte{1, 1}, hash...), []byte("x")}
	if _, _, err := readAll(bytes.NewReader(craft(single, neural))); err != nil {
		t.Fatal(err)
	}
	empty := part{append([]byte{1, 0}, hash...), nil}
	trailer := appendTrailer(nil, several, []entry{{1, 15, checkBlock(several, 0, one.head, one.payload)}})
	for name, file := range map[string][]byte{
		"neural without a model":       craft(none, neural),
		"transforms of a stored block": craft(single, part{append([]byte{9, 1}, hash...), []byte("x")}),
		"transforms of a zstd block":   craft(single, part{append([]byte{10, 9, 1}, hash...), []byte("x")}),
		"empty among several":          craft(several, empty, one),
		"empty second":                 craft(several, one, empty),
		"trailer of one block":         append(craft(several, one), trailer...),
		"trailer of no block":          append(bytes.Clone(several), appendTrailer(nil, several, nil)...),
		"trailer of a single":          append(craft(single, one), trailer...),
		"trailer with transform":       append(craft(several, one, one), 8, 2),
		"two blocks of a single":       craft(single, one, one),
	} {
		var corrupt *CorruptError
		if _, _, err := readAll(bytes.NewReader(file)); !errors.As(err, &corrupt) || corrupt.Msg == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file that was partly overwritten with a later version of itself has good
// checks throughout, but the trailer knows.
func TestTornOverwrite(t *testing.T) {
	a := member(t, header, stored("aaaa"), stored("bbbb"), stored("cccc"))
	b := member(t, header, stored("AAAA"), stored("BBBB"), stored("CCCC"))
	start, size := len(header.append(nil, false)), 18
	for n := 1; n <= 3; n++ {
		torn := append(bytes.Clone(b[:start+n*size]), a[start+n*size:]...)
		var corrupt *CorruptError
		if _, _, err := readAll(bytes.NewReader(torn)); !errors.As(err, &corrupt) {
			t.Errorf("torn after %d blocks: %v", n, err)
		}
	}
}

// The index is where the format document says.
func TestIndexFromTheEnd(t *testing.T) {
	blocks := []*Block{stored("one"), neural(20, 9), stored("three")}
	file := member(t, header, blocks...)
	u32 := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 | int(b[3])<<24 }
	size := u32(file[len(file)-4:])
	trailer := file[len(file)-size:]
	if sum := check(header.append(nil, false), trailer[:size-8]); u32(trailer[size-8:]) != int(sum) {
		t.Error("check of the trailer fails")
	}
	next := func() int {
		v, n := Varint(trailer)
		trailer = trailer[n:]
		return int(v)
	}
	if kind, n := next(), next(); kind != 0 || n != len(blocks) {
		t.Fatalf("type %d, %d blocks", kind, n)
	}
	at, total := len(header.append(nil, false)), 0
	for i, b := range blocks {
		length, size, sum := next(), next(), u32(trailer)
		trailer = trailer[4:]
		if length != b.Length || size < len(b.Payload)+14 {
			t.Errorf("block %d: %d bytes in %d", i, length, size)
		}
		if got := u32(file[at+size-len(b.Payload)-4:]); got != sum {
			t.Errorf("block %d: check %x, in the index %x", i, got, sum)
		}
		at, total = at+size, total+length
	}
	if got := next(); got != total || len(trailer) != 8 {
		t.Errorf("total %d, want %d; %d bytes left", got, total, len(trailer))
	}
}

func TestWriterRefuses(t *testing.T) {
	write := func(h Header, blocks ...*Block) error {
		w := NewWriter(io.Discard, h)
		for _, b := range blocks {
			if err := w.WriteBlock(b); err != nil {
				if w.Close() == nil {
					return nil
				}
				return err
			}
		}
		return w.Close()
	}
	for name, err := range map[string]error{
		"empty second":       write(header, stored("a"), stored("")),
		"empty first":        write(header, stored(""), stored("a")),
		"only without model": write(Header{Numerics: 1}, neural(300, 4)),
		"last without model": write(Header{Numerics: 1}, stored("a"), stored("b"), neural(300, 4)),
	} {
		if err == nil {
			t.Errorf("%s: written", name)
		}
	}
	// What is said of a model once the header was written comes too late.
	var out bytes.Buffer
	w := NewWriter(&out, Header{Numerics: 1})
	w.WriteBlock(stored("a"))
	w.WriteBlock(stored("b"))
	w.Header.Model.Number = 1
	if w.WriteBlock(neural(300, 4)) == nil || w.Close() == nil {
		t.Error("neural block written under a header without a model")
	}
	long := &Block{Type: Stored, Length: MaxContent + 1, Payload: make([]byte, MaxContent+1)}
	if write(header, long) == nil {
		t.Error("stored block of 64 MiB + 1 written")
	}
	good := neural(300, 40)
	if err := write(header, good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(b *Block){
		"too long":                  func(b *Block) { b.Length = MaxNeural + 1 },
		"longer than payload":       func(b *Block) { b.Payload = make([]byte, 300) },
		"no tokens":                 func(b *Block) { b.Tokens = 0 },
		"negative tokens":           func(b *Block) { b.Tokens, b.Streams = -1, -1 },
		"more tokens than bytes":    func(b *Block) { b.Tokens = 301 },
		"no streams":                func(b *Block) { b.Streams = 0 },
		"three streams":             func(b *Block) { b.Streams = 3 },
		"more streams than tokens":  func(b *Block) { b.Tokens, b.Streams = 3, 4 },
		"too many streams":          func(b *Block) { b.Length, b.Tokens, b.Streams = 1<<17, 1<<17, 2*MaxStreams },
		"no window":                 func(b *Block) { b.Window = 0 },
		"window below":              func(b *Block) { b.Window = MinWindow / 2 },
		"window above":              func(b *Block) { b.Window = 2 * MaxWindow },
		"window not a power of two": func(b *Block) { b.Window = 1000 },
		"unknown type":              func(b *Block) { b.Type = 5 },
		"trailer":                   func(b *Block) { b.Type = trailerType },
	} {
		b := *good
		change(&b)
		if write(header, &b) == nil {
			t.Errorf("%s: written", name)
		}
	}
	if err := write(header, stored("")); err != nil {
		t.Errorf("a single empty block: %v", err)
	}
}

func TestTooManyBlocks(t *testing.T) {
	if testing.Short() || ^uint(0)>>32 == 0 {
		t.Skip("takes 400 MiB of address space")
	}
	w := NewWriter(io.Discard, header)
	w.WriteBlock(stored("a"))
	if err := w.WriteBlock(stored("b")); err != nil {
		t.Fatal(err)
	}
	w.blocks = make([]entry, MaxBlocks)
	if w.WriteBlock(stored("c")) == nil {
		t.Error("block 2^24 + 1 written")
	}
	head := header.append(nil, false)
	first, next := part{append([]byte{1, 1}, make([]byte, 8)...), []byte("x")}, part{append([]byte{1, 1}, make([]byte, 8)...), []byte("y")}
	for index, good := range map[int]bool{MaxBlocks - 1: true, MaxBlocks: false} {
		sum := checkBlock(head, index, next.head, next.payload)
		file := append(craft(head, first), next.head...)
		file = append(append(file, byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)), next.payload...)
		r := NewReader(bytes.NewReader(file))
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		r.blocks = w.blocks[:index]
		if _, err := r.Next(); (err == nil) != good {
			t.Errorf("block with index %d read: %v", index, err)
		}
	}
}

// Payloads of several pieces, at their edges, through all kinds of readers.
func TestLongPayloads(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 65535, 65536, 65537, 131071, 131072, 131073, 300000} {
		content := make([]byte, n)
		for i := range content {
			content[i] = byte(source.Uint32())
		}
		file := member(t, header, stored(string(content)), stored("end"))
		for kind, in := range map[string]io.Reader{
			"whole":    bytes.NewReader(file),
			"half":     iotest.HalfReader(bytes.NewReader(file)),
			"with EOF": iotest.DataErrReader(bytes.NewReader(file)),
		} {
			blocks, _, err := readAll(in)
			if err != nil || len(blocks) != 2 || !bytes.Equal(blocks[0].Payload, content) {
				t.Errorf("%d bytes, %s: %v", n, kind, err)
			}
		}
		if _, _, err := readAll(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(file)))); err != iotest.ErrTimeout {
			t.Errorf("%d bytes: time-out became %v", n, err)
		}
	}
}

// Sectors zeroed, doubled, swapped and deleted, at all positions.
func TestSectors(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	content := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(source.Uint32())
		}
		return string(b)
	}
	file := member(t, header, stored(content(900)), stored(content(900)), stored(content(700)), stored(content(900)))
	tried := 0
	defer func() { t.Logf("%s tried %d cases", t.Name(), tried) }()
	for _, size := range []int{16, 64, 512} {
		for at := 0; at+size <= len(file); at += 16 {
			sector := file[at : at+size]
			other := (at + size + 16) % (len(file) - size)
			swapped := bytes.Clone(file)
			copy(swapped[at:], file[other:other+size])
			copy(swapped[other:], sector)
			zeroed := bytes.Clone(file)
			clear(zeroed[at : at+size])
			for name, bad := range map[string][]byte{
				"zeroed":  zeroed,
				"doubled": slices.Concat(file[:at], sector, file[at:]),
				"deleted": slices.Concat(file[:at], file[at+size:]),
				"swapped": swapped,
			} {
				if bytes.Equal(bad, file) {
					t.Fatal("not damaged")
				}
				tried++
				if _, _, err := readAll(bytes.NewReader(bad)); err == nil {
					t.Errorf("%d bytes at %d %s: no error", size, at, name)
				}
			}
		}
	}
}

// CVE-2022-30631: members must not cost stack or memory.
func TestMillionMembers(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	one := member(t, header)
	r := NewReader(&repeated{one, n * len(one)})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	count := 0
	for ; ; count++ {
		if _, err := r.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if count != n || r.Offset() != int64(n*len(one)) {
		t.Errorf("%d members in %d bytes", count, r.Offset())
	}
	if after.HeapAlloc > before.HeapAlloc+1<<20 || after.StackInuse > before.StackInuse+1<<20 {
		t.Errorf("heap %d to %d, stack %d to %d", before.HeapAlloc, after.HeapAlloc, before.StackInuse, after.StackInuse)
	}
	t.Logf("%s tried %d members in %v", t.Name(), count, time.Since(start))
	runtime.KeepAlive(r)
}

// repeated reads as what over and over, n bytes in all.
type repeated struct {
	what []byte
	n    int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	k := copy(p[:min(len(p), r.n)], r.what[len(r.what)-1-(r.n-1)%len(r.what):])
	r.n -= k
	return k, nil
}

// Memory follows what arrives: of a claim of 64 MiB, no more than a piece
// beyond the bytes there are.
func TestMemoryFollowsArrival(t *testing.T) {
	head := header.append(nil, true)
	for _, have := range []int{0, 10, 1 << 16, 1 << 20} {
		claim := AppendVarint(append(bytes.Clone(head), byte(Stored)), MaxContent)
		claim = append(claim, make([]byte, 12+have)...)
		r := NewReader(bytes.NewReader(claim))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := r.Next()
		runtime.ReadMemStats(&after)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
		if n := int(after.TotalAlloc - before.TotalAlloc); n > have+have/16+80<<10 {
			t.Errorf("%d bytes allocated for %d of %d", n, have, MaxContent)
		}
	}
}

// FuzzChecked mutates structure and content but has right checks, so that
// every execution passes them.
func FuzzChecked(f *testing.F) {
	f.Add(byte(0x31), uint64(1), uint64(1), byte(0), byte(1), uint64(3), uint64(3), uint64(1), byte(0), []byte("abc"))
	f.Add(byte(0x20), uint64(1), uint64(1), byte(0x9c), byte(4), uint64(9), uint64(3), uint64(4), byte(0x23), []byte("abc"))
	f.Add(byte(0x31), uint64(0), uint64(0), byte(7), byte(3), uint64(9), uint64(3), uint64(4), byte(0x23), []byte("abc"))
	f.Add(byte(0x30), uint64(1), uint64(1), byte(0), byte(12), uint64(300), uint64(3), uint64(4), byte(0x23), []byte("abc"))
	f.Fuzz(func(t *testing.T, flags byte, model, numerics uint64, memory, kind byte, length, size, tokens uint64, shape byte, payload []byte) {
		head := append([]byte(magic), flags)
		head = AppendVarint(AppendVarint(head, model&maxVarint), numerics&maxVarint)
		head = append(head, memory)
		b := part{AppendVarint([]byte{kind}, length&maxVarint), payload}
		if Type(kind&typeMask) != Stored {
			b.head = AppendVarint(b.head, size&maxVarint)
		}
		if Type(kind&typeMask) == Neural {
			b.head = append(AppendVarint(b.head, tokens&maxVarint), shape)
		}
		b.head = append(b.head, make([]byte, 8)...)
		file := craft(head, b)
		if flags&flagSingle == 0 {
			content := int64(length & maxVarint)
			if Type(kind&typeMask) != Stored {
				content++
			}
			second := part{append([]byte{1, 1}, make([]byte, 8)...), []byte("x")}
			file = craft(head, b, second)
			file = appendTrailer(file, head, []entry{
				{content, int64(len(b.head) + 4 + len(b.payload)), checkBlock(head, 0, b.head, b.payload)},
				{1, 15, checkBlock(head, 1, second.head, second.payload)},
			})
		}
		blocks, _, err := readAll(bytes.NewReader(file))
		listed, listErr := List(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		if got := rewrite(t, file); !bytes.Equal(got, file) {
			t.Errorf("%x rewritten as %x", file, got)
		}
		if listErr != nil || len(listed) != 1 || len(listed[0].Blocks) != len(blocks) {
			t.Errorf("%x: listed as %v, %v", file, listed, listErr)
		}
	})
}

func TestMessages(t *testing.T) {
	for want, got := range map[string]string{
		"corrupt at byte 7: why":                   (&CorruptError{7, "why"}).Error(),
		"block type 5 is not supported":            (&UnsupportedError{What: "block type 5"}).Error(),
		"built-in 3":                               ModelID{Number: 3}.String(),
		"sha256:0102030405060708 of up to 160 MiB": ModelID{External: true, Hash: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, Size: MemoryFor(145 << 20)}.String(),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// By hand from FORMAT.md, in units of half a MiB.
	for m, want := range map[Memory]int64{0: 2, 4: 3, 7: 3, 8: 4, 12: 6, 15: 7, 56: 256, 0x9C: 12 << 17} {
		if got := m.Bytes() >> 19; got != want {
			t.Errorf("class %d is %d, want %d", m, got, want)
		}
	}
	if m := MemoryFor(1 << 62); m != 255 {
		t.Errorf("the largest amount is class %d", m)
	}
}

// Members share nothing: before one of a later version, or with what is reserved, those
// that are known are returned.
func TestLaterMembers(t *testing.T) {
	one := craft(header.append(nil, true), part{append([]byte{1, 1}, make([]byte, 8)...), []byte("x")})
	for version := byte(0); version < 8; version++ {
		later := bytes.Clone(one)
		later[4] = versionNibble(version)<<4 | flagSingle
		blocks, _, err := readAll(bytes.NewReader(slices.Concat(one, later, one)))
		var unsupported *UnsupportedError
		switch {
		case version == Version && (err != nil || len(blocks) != 3):
			t.Errorf("this version: %d blocks, %v", len(blocks), err)
		case version != Version && (len(blocks) != 1 || !errors.As(err, &unsupported)):
			t.Errorf("version %d: %d blocks, %v", version, len(blocks), err)
		}
	}
	kind := craft(header.append(nil, true), part{append([]byte{5, 9, 1}, make([]byte, 8)...), []byte("x")})
	var unsupported *UnsupportedError
	if blocks, _, err := readAll(bytes.NewReader(slices.Concat(one, kind))); len(blocks) != 1 || !errors.As(err, &unsupported) {
		t.Errorf("type 5: %d blocks, %v", len(blocks), err)
	}
}
