package codec

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/parallel"
	"github.com/pith-codec/pith/internal/repair"
	"github.com/pith-codec/pith/internal/splitmix"
	"github.com/pith-codec/pith/model/paq"
)

// proof is a small file and what it stands for.
type proof struct {
	file, content []byte
	dictionary    *Dictionary
	ends          []int // where blocks of the content end
}

// proofs returns small files of every type of block, with and without transforms and
// dictionary, of several blocks and of several members.
var proofs = sync.OnceValue(func() map[string]proof {
	d, err := NewDictionary(messages(0, 3))
	if err != nil {
		panic(err)
	}
	made := func(content []byte, l level, d *Dictionary) proof {
		var out bytes.Buffer
		e, err := NewEncoder(&out, EncoderOptions{Threads: 1, Model: tiny})
		if err != nil {
			panic(err)
		}
		e.level = l
		e.level.dictionary = d
		if _, err := e.Write(content); err != nil {
			panic(err)
		}
		if err := e.Close(); err != nil {
			panic(err)
		}
		p := proof{file: out.Bytes(), content: content, dictionary: d, ends: []int{0}}
		for r := container.NewReader(bytes.NewReader(p.file)); ; {
			b, err := r.Next()
			if err != nil {
				return p
			}
			p.ends = append(p.ends, p.ends[len(p.ends)-1]+b.Length)
		}
	}
	mixing := level{profile: paq.Fast, log: 12, block: 5000}
	crlf := bytes.ReplaceAll(prose(150), []byte(" "), []byte("\r\n"))
	pieces := short
	pieces.block = 70
	all := map[string]proof{
		"empty":              made(nil, short, nil),
		"stored":             made(noise(40, 5), short, nil),
		"zstd":               made(bytes.Repeat([]byte("zstandard "), 30), levels[1], nil),
		"zstd, primed":       made(messages(9, 2), levels[1], d),
		"mixing":             made(bytes.Repeat([]byte("ab\x00\x01"), 60), mixing, nil),
		"mixing, primed":     made(messages(9, 1), mixing, d),
		"mixing, code":       made(code(400), mixing, nil),
		"neural":             made(prose(200), short, nil),
		"neural, line ends":  made(crlf, short, nil),
		"neural, primed":     made(messages(9, 1), short, d),
		"several blocks":     made(append(noise(140, 1), prose(70)...), pieces, nil),
		"blocks, no model":   made(slices.Concat(noise(70, 1), noise(70, 2), make([]byte, 70)), level{profile: paq.Fast, log: 12, block: 70}, nil),
		"blocks, dictionary": made(messages(9, 3), level{zstd: true, block: 100}, d),
	}
	// Whole blocks before the damage are decoded each time: those of quick types stand first.
	a, b := all["stored"], all["several blocks"]
	joined := proof{file: slices.Concat(a.file, b.file), content: slices.Concat(a.content, b.content), ends: slices.Clone(a.ends)}
	for _, end := range b.ends[1:] {
		joined.ends = append(joined.ends, len(a.content)+end)
	}
	all["members"] = joined
	return all
})

// restored decodes a file and returns what came out before the error.
func (p proof) restored(file []byte) ([]byte, error) {
	d := NewDecoder(bytes.NewReader(file), DecoderOptions{Threads: 1, Model: tinyOnly, Dictionary: p.dictionary})
	defer d.Close()
	return io.ReadAll(d)
}

// detected fails the test unless a damaged file is refused, with nothing released but
// whole blocks of the content.
func (p proof) detected(t *testing.T, name string, damaged []byte) {
	got, err := p.restored(damaged)
	var unsupported *container.UnsupportedError
	switch {
	case err == nil:
		t.Errorf("%s: accepted, %d bytes", name, len(got))
	case !corrupt(err) && !errors.As(err, &unsupported):
		t.Errorf("%s: %v", name, err)
	case !bytes.HasPrefix(p.content, got) || !slices.Contains(p.ends, len(got)):
		t.Errorf("%s: %d bytes that are no whole blocks came out before %v", name, len(got), err)
	}
}

// each runs f for every proof, several at a time, and says how many cases it tried.
func eachProof(t *testing.T, f func(name string, p proof) int) {
	all := proofs()
	names := slices.Sorted(maps.Keys(all))
	var tried atomic.Int64
	parallel.Each(2, len(names), func(i int) { tried.Add(int64(f(names[i], all[names[i]]))) })
	t.Logf("%s tried %d cases on %d files", t.Name(), tried.Load(), len(names))
}

// The proofs are what they are called.
func TestProofs(t *testing.T) {
	want := map[string]container.Type{"stored": container.Stored, "zstd": container.Zstd, "zstd, primed": container.Zstd, "mixing": container.Mixing,
		"mixing, primed": container.Mixing, "mixing, code": container.Mixing, "neural": container.Neural, "neural, line ends": container.Neural, "neural, primed": container.Neural}
	for name, p := range proofs() {
		if got, err := p.restored(p.file); err != nil || !bytes.Equal(got, p.content) {
			t.Errorf("%s is not restored: %v", name, err)
		}
		if len(p.file) > 1024 {
			t.Errorf("%s has %d bytes, which take long", name, len(p.file))
		}
		b, err := container.NewReader(bytes.NewReader(p.file)).Next()
		if err != nil {
			t.Fatal(name, err)
		}
		if kind, ok := want[name]; ok && (b.Type != kind || b.Transformed != (name == "mixing, code" || name == "neural, line ends")) {
			t.Errorf("%s is %v, transformed: %v", name, b.Type, b.Transformed)
		}
		if n := len(p.ends) - 1; (n > 1) != (name == "members" || name == "several blocks" || name == "blocks, no model" || name == "blocks, dictionary") {
			t.Errorf("%s has %d blocks", name, n)
		}
	}
}

// Every bit flipped, and every byte made every other: 255 changes a position.
func TestProofBytes(t *testing.T) {
	eachProof(t, func(name string, p proof) (n int) {
		damaged := bytes.Clone(p.file)
		for i := range damaged {
			for change := 1; change < 256; change++ {
				single := change&(change-1) == 0
				if testing.Short() && !single {
					continue
				}
				damaged[i] ^= byte(change)
				if n++; single {
					if got, err := p.restored(damaged); !corrupt(err) || !bytes.HasPrefix(p.content, got) || !slices.Contains(p.ends, len(got)) {
						t.Errorf("%s: bit %02x of byte %d flipped: %d bytes, %v", name, change, i, len(got), err)
					}
				} else if len(p.ends) > 2 {
					// What decodes the blocks before the damage sees none of it.
					if faultless(damaged) {
						t.Errorf("%s: byte %d changed by %02x: accepted", name, i, change)
					}
				} else {
					p.detected(t, name, damaged)
				}
				damaged[i] ^= byte(change)
			}
		}
		return n
	})
}

// Every truncation says that the file is truncated; a cut between members cannot be
// told, and gives the members before it.
func TestProofTruncations(t *testing.T) {
	between := len(proofs()["stored"].file)
	eachProof(t, func(name string, p proof) int {
		for n := range p.file {
			got, err := p.restored(p.file[:n])
			if name == "members" && n == between {
				if err != nil || !bytes.Equal(got, p.content[:p.ends[1]]) {
					t.Errorf("the first member: %d bytes, %v", len(got), err)
				}
				continue
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(p.content, got) || !slices.Contains(p.ends, len(got)) {
				t.Errorf("%s cut to %d bytes: %d bytes, %v", name, n, len(got), err)
			}
		}
		return len(p.file)
	})
}

// Sectors of all sizes zeroed, doubled, deleted, set and swapped with the next, at all
// positions.
func TestProofSectors(t *testing.T) {
	first := proofs()["stored"].file
	eachProof(t, func(name string, p proof) (n int) {
		for _, size := range []int{1, 2, 3, 4, 8, 16, 64, 512} {
			for at := 0; at+size <= len(p.file); at++ {
				if testing.Short() && at%4 != 0 {
					continue
				}
				head, sector, tail := p.file[:at], p.file[at:at+size], p.file[at+size:]
				next := tail[:min(size, len(tail))]
				for _, damaged := range [][]byte{
					slices.Concat(head, make([]byte, size), tail),
					slices.Concat(head, bytes.Repeat([]byte{0xFF}, size), tail),
					slices.Concat(head, sector, sector, tail),
					slices.Concat(head, tail),
					slices.Concat(head, next, sector, tail[len(next):]),
				} {
					switch {
					case bytes.Equal(damaged, p.file): // zeros were zeros
						continue
					case bytes.Equal(damaged, nil), name == "members" && bytes.Equal(damaged, p.file[len(first):]), name != "members" && bytes.Equal(damaged, slices.Concat(p.file, p.file)):
						continue // whole members are gone, or there twice
					}
					n++
					p.detected(t, name, damaged)
				}
			}
		}
		return n
	})
}

// Garbage behind a file is an error, whatever it is.
func TestProofTrailingGarbage(t *testing.T) {
	eachProof(t, func(name string, p proof) (n int) {
		for _, b := range []byte{0, 1, '\n', 0xB7, 0xFF} {
			for _, count := range []int{1, 2, 3, 16, 512} {
				n++
				p.detected(t, name, slices.Concat(p.file, bytes.Repeat([]byte{b}, count)))
			}
		}
		return n
	})
}

// Every change of one byte whose check was made right again is found out, and never
// restored as something else. What comes out are blocks of the content: all of it from
// a payload of Zstandard, which has many encodings, or under a header that says something
// else of memory or of a model that no block needs; some of it where a block was taken
// for a header or a trailer, which then was made right.
func TestProofRepaired(t *testing.T) {
	var reached, accepted atomic.Int64
	eachProof(t, func(name string, p proof) (n int) {
		damaged := bytes.Clone(p.file)
		for i := range damaged {
			for bit := range 8 {
				if testing.Short() && (i+bit)%4 != 0 {
					continue
				}
				damaged[i] ^= 1 << bit
				file, blocks := repair.File(damaged)
				damaged[i] ^= 1 << bit
				if claims(file) > 1<<16 {
					continue
				}
				n++
				if blocks > 0 {
					reached.Add(1)
				}
				got, err := p.restored(file)
				if err == nil {
					accepted.Add(1)
				}
				if !p.blocks(got) {
					t.Errorf("%s: bit %d of byte %d: %d other bytes, %v", name, bit, i, len(got), err)
				}
			}
		}
		return n
	})
	t.Logf("%s got past the checks in %d, which were accepted in %d", t.Name(), reached.Load(), accepted.Load())
}

// blocks reports whether got is made of whole blocks of the content, in their order.
func (p proof) blocks(got []byte) bool {
	for i, end := range p.ends[1:] {
		got = bytes.TrimPrefix(got, p.content[p.ends[i]:end])
	}
	return len(got) == 0
}

// faultless reports whether all checks of a file are right.
func faultless(file []byte) bool {
	for r := container.NewReader(bytes.NewReader(file)); ; {
		if _, err := r.Next(); err != nil {
			return err == io.EOF
		}
	}
}

// claims returns the bytes of content that a file claims in the blocks before its
// first fault: what work it can ask for.
func claims(file []byte) (n int) {
	for r := container.NewReader(bytes.NewReader(file)); ; {
		b, err := r.Next()
		if err != nil {
			return n
		}
		n += b.Length
	}
}

// repeated reads as what n times over.
type repeated struct {
	what []byte
	n    int
	at   int // in what
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	k := copy(p, r.what[r.at:])
	if r.at += k; r.at == len(r.what) {
		r.at, r.n = 0, r.n-1
	}
	return k, nil
}

// Empty members cost neither stack nor memory, however many there are.
func TestMillionEmptyMembers(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	d := NewDecoder(&repeated{what: proofs()["empty"].file, n: n}, DecoderOptions{Threads: 2, Model: tinyOnly})
	defer d.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if got, err := d.Read(make([]byte, 1)); got != 0 || err != io.EOF {
		t.Errorf("%d bytes, %v", got, err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if after.HeapAlloc > before.HeapAlloc+1<<20 || after.StackInuse > before.StackInuse+1<<20 {
		t.Errorf("heap %d to %d, stack %d to %d", before.HeapAlloc, after.HeapAlloc, before.StackInuse, after.StackInuse)
	}
	t.Logf("%s tried %d members", t.Name(), n)
	runtime.KeepAlive(d)
}

// Of a file of the built-in model: every bit of header and head of the block, 256 bits
// of the payload, and every truncation.
func TestRealFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the built-in model")
	}
	m := realModel(t)
	content := prose(400)
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncoderOptions{Model: func() (*Model, error) { return m, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Write(content); err != nil || e.Close() != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	b, err := container.NewReader(bytes.NewReader(file)).Next()
	if err != nil || b.Type != container.Neural {
		t.Fatalf("a block of %v, %v", b.Type, err)
	}
	read := func(file []byte) ([]byte, error) {
		d := NewDecoder(bytes.NewReader(file), DecoderOptions{Model: func(container.ModelID) (*Model, error) { return m, nil }})
		defer d.Close()
		return io.ReadAll(d)
	}
	if got, err := read(file); err != nil || !bytes.Equal(got, content) {
		t.Fatalf("not restored: %v", err)
	}
	tried, head := 0, 8*(len(file)-len(b.Payload))
	r := splitmix.Source(11)
	for i := range head + 256 {
		bit := uint64(i)
		if i >= head {
			bit = uint64(head) + r.Next()%uint64(8*len(b.Payload))
		}
		damaged := bytes.Clone(file)
		damaged[bit/8] ^= 1 << (bit % 8)
		tried++
		if got, err := read(damaged); len(got) > 0 || !corrupt(err) {
			t.Errorf("bit %d flipped: %d bytes, %v", bit, len(got), err)
		}
	}
	for n := range file {
		tried++
		if got, err := read(file[:n]); len(got) > 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut to %d bytes: %d bytes, %v", n, len(got), err)
		}
	}
	t.Logf("%s tried %d cases", t.Name(), tried)
}
