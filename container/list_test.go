package container

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// List finds what a Reader finds.
func TestList(t *testing.T) {
	for name, file := range samples(t) {
		members, err := List(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		blocks, headers, err := readAll(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		at, i := int64(0), 0
		for _, m := range members {
			if m.Offset != at {
				t.Errorf("%s: member at %d, want %d", name, m.Offset, at)
			}
			at += m.Size
			for _, e := range m.Blocks {
				if m.Header != headers[i] {
					t.Errorf("%s: header %v, want %v", name, m.Header, headers[i])
				}
				want := *blocks[i]
				payload := want.Payload
				want.Payload = nil
				if e.Payload != nil || !equal(e.Block, want) {
					t.Errorf("%s: block %+v, want %+v", name, e, want)
				}
				if end := e.Offset + e.Size; !bytes.Equal(file[end-int64(len(payload)):end], payload) {
					t.Errorf("%s: block ends at %d, not with its payload", name, end)
				}
				i++
			}
		}
		if at != int64(len(file)) || i != len(blocks) {
			t.Errorf("%s: %d bytes and %d blocks, want %d and %d", name, at, i, len(file), len(blocks))
		}
	}
}

func equal(a, b Block) bool {
	return a.Type == b.Type && a.Transformed == b.Transformed && a.Length == b.Length && a.Tokens == b.Tokens && a.Streams == b.Streams &&
		a.Window == b.Window && a.Hash == b.Hash && a.Offset == b.Offset && bytes.Equal(a.Payload, b.Payload)
}

// touched counts the bytes that are read.
type touched struct {
	io.ReaderAt
	n int
}

func (c *touched) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += n
	return n, err
}

func TestListSkipsPayloads(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 1<<20)
	file := member(t, header, stored(string(big)), stored("between"), stored(string(big)))
	in := &touched{ReaderAt: bytes.NewReader(file)}
	members, err := List(in, int64(len(file)))
	if err != nil || len(members) != 1 || len(members[0].Blocks) != 3 {
		t.Fatalf("%v, %v", members, err)
	}
	if in.n > 32<<10 {
		t.Errorf("%d bytes read of %d", in.n, len(file))
	}
}

func TestListCut(t *testing.T) {
	for name, file := range samples(t) {
		for n := range file {
			_, err := List(bytes.NewReader(file), int64(n))
			_, _, want := readAll(bytes.NewReader(file[:n]))
			if errors.Is(err, io.ErrUnexpectedEOF) != errors.Is(want, io.ErrUnexpectedEOF) || (err == nil) != (want == nil) {
				t.Errorf("%s cut to %d bytes: %v, a Reader says %v", name, n, err, want)
			}
		}
	}
}

// A trailer confirms the member's header and the lengths of its blocks.
func TestListDamage(t *testing.T) {
	file := samples(t)["several"]
	members, err := List(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	blocks, _, _ := readAll(bytes.NewReader(file))
	unconfirmed := make([]bool, len(file))
	for i, e := range members[0].Blocks {
		end := int(e.Offset + e.Size)
		check := end - len(blocks[i].Payload) - 4
		for j := int(e.Offset); j < end; j++ {
			unconfirmed[j] = j < check || j >= check+4
		}
		unconfirmed[e.Offset+1] = false // the length, of one byte here
	}
	for i := range file {
		for bit := range 8 {
			damaged := bytes.Clone(file)
			damaged[i] ^= 1 << bit
			if _, err := List(bytes.NewReader(damaged), int64(len(damaged))); err == nil && !unconfirmed[i] {
				t.Errorf("bit %d of byte %d flipped: no error", bit, i)
			}
		}
	}
}

type broken struct{}

var errBroken = errors.New("disk fell out")

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errBroken }

func TestListInputError(t *testing.T) {
	if _, err := List(broken{}, 100); !errors.Is(err, errBroken) {
		t.Errorf("input error became %v", err)
	}
}

// What is shown of types and identities, and what neither type nor transform may be.
func TestNames(t *testing.T) {
	for want, got := range map[string]string{
		"stored": Stored.String(), "zstd": Zstd.String(), "mixing": Mixing.String(), "neural": Neural.String(), "type 6": Type(6).String(),
		"sha256:00ff010203040506": DictionaryID{0, 255, 1, 2, 3, 4, 5, 6}.String(),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	head := header.append(nil, false)
	var corrupt *CorruptError
	for _, kind := range []byte{8, 16, 0xF8} { // the trailer's type with transforms
		file := craft(head, part{append([]byte{1, 1}, make([]byte, 8)...), []byte("x")}, part{append([]byte{kind, 1}, make([]byte, 8)...), []byte("x")})
		if _, _, err := readAll(bytes.NewReader(file)); !errors.As(err, &corrupt) {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
}

// What is reserved is told from damage, for which its payload has to be read.
func TestListReserved(t *testing.T) {
	for _, kind := range []byte{5, 3 | 16, 1 | 8} {
		head := []byte{kind, 9, 1}
		if Type(kind&typeMask) == Stored {
			head = []byte{kind, 1}
		}
		file := craft(header.append(nil, true), part{append(head, make([]byte, 8)...), []byte("x")})
		_, _, want := readAll(bytes.NewReader(file))
		_, err := List(bytes.NewReader(file), int64(len(file)))
		if want == nil || err == nil || err.Error() != want.Error() {
			t.Errorf("type %d: %v, not %v", kind, err, want)
		}
		file[len(file)-1] ^= 1
		var corrupt *CorruptError
		if _, err := List(bytes.NewReader(file), int64(len(file))); !errors.As(err, &corrupt) || corrupt.Msg != "check of the block fails" {
			t.Errorf("type %d, damaged: %v", kind, err)
		}
	}
}
