package container

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pith-codec/pith/internal/repair"
)

var header = Header{Model: ModelID{Number: 1}, Numerics: 3, Memory: MemoryFor(200 << 20)}

func stored(content string) *Block {
	return &Block{Type: Stored, Length: len(content), Hash: Hash([]byte(content)), Payload: []byte(content)}
}

// neural returns a block whose payload is not really coded: the container
// cannot tell.
func neural(length, payload int) *Block {
	return &Block{Type: Neural, Transformed: length%2 == 0, Length: length, Tokens: length / 2, Streams: 2, Window: 1024,
		Hash: 0x0123456789ABCDEF, Payload: bytes.Repeat([]byte{0xA5, 7}, payload)[:payload]}
}

func member(t testing.TB, h Header, blocks ...*Block) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out, h)
	for _, b := range blocks {
		if err := w.WriteBlock(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readAll returns the blocks before the first error, nil at a clean end.
func readAll(in io.Reader) (blocks []*Block, headers []Header, err error) {
	r := NewReader(in)
	for {
		b, err := r.Next()
		if err == io.EOF {
			return blocks, headers, nil
		}
		if err != nil {
			if _, again := r.Next(); again != err {
				return nil, nil, errors.New("an error was not final")
			}
			return blocks, headers, err
		}
		blocks, headers = append(blocks, b), append(headers, r.Header())
	}
}

// rewrite encodes what was read, one member per change of header.
func rewrite(t testing.TB, file []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	r := NewReader(bytes.NewReader(file))
	var w *Writer
	for {
		b, err := r.Next()
		if err != nil {
			break
		}
		if w == nil || len(r.blocks) == 1 {
			if w != nil {
				w.Close()
			}
			w = NewWriter(&out, r.Header())
		}
		if err := w.WriteBlock(b); err != nil {
			t.Fatal(err)
		}
	}
	if w != nil {
		w.Close()
	}
	return out.Bytes()
}

func samples(t testing.TB) map[string][]byte {
	external := Header{Model: ModelID{External: true, Hash: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, Size: 57}, Numerics: 300}
	primed := header
	primed.Primed, primed.Dictionary = true, DictionaryID{1, 2, 3, 4, 5, 6, 7, 8}
	foreign := external
	foreign.Foreign = "engine=x;device=a b"
	return map[string][]byte{
		"foreign":    member(t, foreign, neural(301, 40), stored("two")),
		"primed":     member(t, primed, neural(301, 40)),
		"primed two": member(t, primed, neural(20, 9), stored("three")),
		"empty":      member(t, header),
		"stored":     member(t, header, stored("hello")),
		"neural":     member(t, header, neural(301, 40)),
		"transforms": member(t, external, neural(300, 0)),
		"mixing":     member(t, header, &Block{Type: Mixing, Length: 50, Hash: 77, Payload: []byte("mixed")}),
		"several":    member(t, header, stored("one"), neural(20, 9), stored("three"), stored("two")),
		"members":    append(member(t, header, stored("a"), stored("b")), member(t, external, stored("c"))...),
		"two":        append(member(t, header), member(t, header, neural(99, 1))...),
		"external":   member(t, external, stored("xyz"), stored("x")),
	}
}

func TestRoundTrip(t *testing.T) {
	for name, file := range samples(t) {
		if _, _, err := readAll(bytes.NewReader(file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := rewrite(t, file); !bytes.Equal(got, file) {
			t.Errorf("%s: %x rewritten as %x", name, file, got)
		}
		for kind, reader := range map[string]io.Reader{
			"one byte": iotest.OneByteReader(bytes.NewReader(file)),
			"half":     iotest.HalfReader(bytes.NewReader(file)),
			"with EOF": iotest.DataErrReader(bytes.NewReader(file)),
		} {
			if _, _, err := readAll(reader); err != nil {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
		}
		broken := errors.New("disk fell out")
		for n := range file {
			in := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken))
			if _, _, err := readAll(in); !errors.Is(err, broken) {
				t.Errorf("%s: input error after %d bytes became %v", name, n, err)
			}
		}
	}
	blocks, headers, _ := readAll(bytes.NewReader(samples(t)["members"]))
	if len(blocks) != 3 || string(blocks[2].Payload) != "c" || headers[0] != header || !headers[2].Model.External {
		t.Errorf("members read as %v with %v", blocks, headers)
	}
}

// The bytes are made by hand from FORMAT.md. XXH64 of nothing is published as
// EF46DB3751D8E999.
func TestVector(t *testing.T) {
	want := "b770" + "0d0a" + "31" + "01" + "03" + "9c" +
		"01" + "00" + "99e9d85137db46ef"
	got := hex.EncodeToString(member(t, Header{Model: ModelID{Number: 1}, Numerics: 3, Memory: 19*8 + 4}))
	if !strings.HasPrefix(got, want) || len(got) != len(want)+8 {
		t.Errorf("%s, want %s and a check", got, want)
	}
}

// CRC-32C of "123456789" is given in RFC 3720's catalogue as E3069283.
func TestCheckIsCRC32C(t *testing.T) {
	if got := check([]byte("1234"), nil, []byte("56789")); got != 0xE3069283 {
		t.Errorf("%08X", got)
	}
}

func TestEveryFlip(t *testing.T) {
	tried := 0
	for name, file := range samples(t) {
		for i := range file {
			for change := 1; change < 256; change++ {
				damaged := bytes.Clone(file)
				damaged[i] ^= byte(change)
				tried++
				_, _, err := readAll(bytes.NewReader(damaged))
				var unsupported *UnsupportedError
				if err == nil {
					t.Fatalf("%s: byte %d changed by %02x: accepted", name, i, change)
				}
				if change&(change-1) == 0 && errors.As(err, &unsupported) {
					t.Errorf("%s: bit flip %02x of byte %d: %v", name, change, i, err)
				}
			}
		}
	}
	t.Logf("%s tried %d cases", t.Name(), tried)
}

func TestEveryTruncation(t *testing.T) {
	tried := 0
	defer func() { t.Logf("%s tried %d cases", t.Name(), tried) }()
	for name, file := range samples(t) {
		for n := range file {
			tried++
			_, _, err := readAll(bytes.NewReader(file[:n]))
			switch {
			case errors.Is(err, io.ErrUnexpectedEOF) && strings.HasPrefix(err.Error(), "truncated after byte "):
			case err == nil && (name == "members" || name == "two"): // between members
			default:
				t.Errorf("%s cut to %d bytes: %v", name, n, err)
			}
		}
	}
}

func TestMovedParts(t *testing.T) {
	a, b := stored("aaaa"), stored("bbbb")
	file := member(t, header, a, b)
	size := 1 + 1 + 12 + 4
	start := len(header.append(nil, false))
	swapped := bytes.Clone(file)
	copy(swapped[start:], file[start+size:start+2*size])
	copy(swapped[start+size:], file[start:start+size])
	doubled := append(bytes.Clone(file[:start+size]), file[start:]...)
	other := bytes.Clone(file)
	copy(other, Header{Model: ModelID{Number: 2}, Numerics: 3, Memory: header.Memory}.append(nil, false))
	for name, bad := range map[string][]byte{
		"swapped": swapped, "doubled": doubled, "other header": other,
		"garbage after": append(bytes.Clone(file), 'x'), "zeros after": append(bytes.Clone(file), 0, 0),
	} {
		_, _, err := readAll(bytes.NewReader(bad))
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefused(t *testing.T) {
	crafted := func(version byte, b *Block) []byte {
		head := header.append(nil, true)
		head[4] = head[4]&15 | versionNibble(version)<<4
		enc := b.appendHead(nil)
		sum := checkBlock(head, 0, enc, b.Payload)
		return append(append(append(head, enc...), byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)), b.Payload...)
	}
	good := neural(300, 40)
	if _, _, err := readAll(bytes.NewReader(crafted(Version, good))); err != nil {
		t.Fatal(err)
	}
	for version := range byte(8) {
		if version == Version {
			continue
		}
		_, _, err := readAll(bytes.NewReader(crafted(version, good)))
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || unsupported.Earlier != (version == 0) {
			t.Errorf("version %d: %v", version, err)
		}
	}
	with := func(change func(b *Block)) *Block {
		b := *good
		change(&b)
		return &b
	}
	for name, b := range map[string]*Block{
		"payload as long as content": with(func(b *Block) { b.Payload = make([]byte, b.Length) }),
		"no tokens":                  with(func(b *Block) { b.Tokens = 0 }),
		"more tokens than bytes":     with(func(b *Block) { b.Tokens = b.Length + 1 }),
		"more streams than tokens":   with(func(b *Block) { b.Streams = 256 }),
		"no content":                 with(func(b *Block) { b.Length = 0; b.Payload = nil }),
		"too long":                   with(func(b *Block) { b.Length = MaxNeural + 1 }),
		"stored too long":            {Type: Stored, Length: MaxContent + 1},
		"zstd as long as content":    {Type: Zstd, Length: 1, Payload: []byte("x")},
		"zstd with transforms":       {Type: Zstd, Transformed: true, Length: 9, Payload: []byte("x")},
		"mixing as long as content":  {Type: Mixing, Length: 1, Payload: []byte("x")},
		"mixing of nothing":          {Type: Mixing},
		"stored with transforms":     {Type: Stored, Transformed: true, Length: 1, Payload: []byte("x"), Hash: Hash([]byte("x"))},
	} {
		_, _, err := readAll(bytes.NewReader(crafted(Version, b)))
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "too long" && name != "stored too long" {
			w := NewWriter(io.Discard, header)
			if w.WriteBlock(b) == nil {
				t.Errorf("%s: written", name)
			}
		}
	}
}

func TestNotPith(t *testing.T) {
	for _, in := range []string{"h", "hello world, this is text", "\xB6p\r\n", "\xB7p\n"} {
		if _, _, err := readAll(strings.NewReader(in)); err != ErrFormat {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestOverhead(t *testing.T) {
	b := &Block{Type: Neural, Length: 16384, Tokens: 16384, Streams: 1, Window: 1024, Payload: make([]byte, 16383)}
	if n := len(member(t, header, b)) - len(b.Payload); n > 28 {
		t.Errorf("%d bytes of overhead, want at most 28", n)
	}
}

func TestMemoryIsNotBelieved(t *testing.T) {
	h := header.append(nil, true)
	claim := AppendVarint(append(h, byte(Stored)), MaxContent)
	claim = append(claim, make([]byte, 12+10)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := readAll(bytes.NewReader(claim))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 256<<10 {
		t.Errorf("%d bytes allocated for a claim of %d", n, MaxContent)
	}
}

func TestMemoryClasses(t *testing.T) {
	for _, n := range []int64{0, 1, 1 << 20, 1<<20 + 1, 500 << 20, 3 << 30, 1 << 40} {
		m := MemoryFor(n)
		if m.Bytes() < n || m > 0 && (m-1).Bytes() >= n {
			t.Errorf("%d bytes: class %d of %d", n, m, m.Bytes())
		}
	}
}

func TestManyMembers(t *testing.T) {
	one := member(t, header)
	r := NewReader(bytes.NewReader(bytes.Repeat(one, 200000)))
	n := 0
	for ; ; n++ {
		if _, err := r.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != 200000 {
		t.Errorf("%d members", n)
	}
}

func TestVarint(t *testing.T) {
	for _, bad := range []string{"8000", "8100", "ffffffffffffffffff01", "80808080808080808000", "80808080808080808080", "ffffffffffffffffffff01"} {
		b, _ := hex.DecodeString(bad)
		if v, n := Varint(b); n >= 0 {
			t.Errorf("%s read as %d in %d bytes", bad, v, n)
		}
	}
	for _, v := range []uint64{0, 1, 127, 128, 1<<63 - 1} {
		b := AppendVarint(nil, v)
		if got, n := Varint(b); got != v || n != len(b) {
			t.Errorf("%d read as %d", v, got)
		}
		if _, n := Varint(b[:len(b)-1]); n != 0 {
			t.Errorf("%d cut: %d", v, n)
		}
	}
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	size := len(member(t, header, stored("abc"), stored("def")))
	for after := range size {
		w := NewWriter(&failing{after}, header)
		w.WriteBlock(stored("abc"))
		w.WriteBlock(stored("def"))
		if w.Close() == nil {
			t.Errorf("no error though only %d of %d bytes could be written", after, size)
		}
	}
	w := NewWriter(io.Discard, header)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.WriteBlock(stored("late")) == nil || w.Close() == nil {
		t.Error("written after Close")
	}
}

// What is accepted is what a Writer writes, of files as they are and with their checks
// made right.
func FuzzCanonical(f *testing.F) {
	count := 0
	for _, file := range samples(f) {
		f.Add(file)
		count++
	}
	if count == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		repaired, _ := repair.File(file)
		for _, file := range [][]byte{file, repaired} {
			if _, _, err := readAll(bytes.NewReader(file)); err != nil {
				continue
			}
			if got := rewrite(t, file); !bytes.Equal(got, file) {
				t.Errorf("%x rewritten as %x", file, got)
			}
		}
	})
}
