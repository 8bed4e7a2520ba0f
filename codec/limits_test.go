package codec

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/pith-codec/pith/container"
)

// encoded returns what an encoder with the given options makes.
func encoded(t *testing.T, content []byte, o EncoderOptions) ([]byte, error) {
	t.Helper()
	o.Model = tiny
	var out bytes.Buffer
	e, err := NewEncoder(&out, o)
	if err != nil {
		return nil, err
	}
	e.level.prefer = e.level.window > 0
	if _, err := e.Write(content); err != nil {
		return nil, err
	}
	err = e.Close()
	return out.Bytes(), err
}

// blocks returns the blocks of a file.
func blocks(t *testing.T, file []byte) []container.Entry {
	t.Helper()
	members, err := container.List(bytes.NewReader(file), int64(len(file)))
	if err != nil || len(members) != 1 {
		t.Fatalf("%d members, %v", len(members), err)
	}
	return members[0].Blocks
}

func TestBlockSize(t *testing.T) {
	content := prose(72 << 10)
	for _, level := range []int{1, 2, 6} {
		file, err := encoded(t, content, EncoderOptions{Level: level, BlockSize: 64 << 10})
		if err != nil {
			t.Fatal(err)
		}
		list := blocks(t, file)
		if len(list) != 2 || list[0].Length != 64<<10 || list[1].Length != 8<<10 {
			t.Errorf("level %d: blocks %v", level, list)
		}
		back, err := restore(bytes.NewReader(file), 0)
		if err != nil || !bytes.Equal(back, content) {
			t.Errorf("level %d: not restored: %v", level, err)
		}
	}
	for _, o := range []EncoderOptions{
		{BlockSize: MinBlockSize - 1}, {BlockSize: -1},
		{Level: 6, BlockSize: container.MaxContent + 1}, {Level: 4, BlockSize: container.MaxContent + 1},
	} {
		if _, err := NewEncoder(io.Discard, o); err == nil {
			t.Errorf("level %d: blocks of %d bytes were allowed", o.Level, o.BlockSize)
		}
	}
	if _, err := NewEncoder(io.Discard, EncoderOptions{Level: 4, BlockSize: container.MaxContent}); err != nil {
		t.Error(err)
	}
}

// What is made for a limit of memory decodes within it, where what is made
// without does not.
func TestMemoryForDecoding(t *testing.T) {
	content := prose(160 << 10)
	for _, c := range []struct {
		level int
		limit int64
	}{{1, 4<<20 + 160<<10}, {2, 16 << 20}, {3, 12 << 20}, {4, 24 << 20}} {
		file, err := encoded(t, content, EncoderOptions{Level: c.level, Memory: c.limit})
		if err != nil {
			t.Fatal(c, err)
		}
		within := func(file []byte) error {
			d := NewDecoder(bytes.NewReader(file), DecoderOptions{Memory: c.limit, Model: tinyOnly})
			defer d.Close()
			back, err := io.ReadAll(d)
			if err == nil && !bytes.Equal(back, content) {
				t.Errorf("%v: not restored", c)
			}
			return err
		}
		if err := within(file); err != nil {
			t.Errorf("%v: %v", c, err)
		}
		without, err := encoded(t, content, EncoderOptions{Level: c.level})
		if err != nil {
			t.Fatal(err)
		}
		var limit *LimitError
		if err := within(without); !errors.As(err, &limit) {
			t.Errorf("%v: without the limit: %v", c, err)
		}
	}
}

// With the language model, streams and window give way, in that order.
func TestMemoryForModel(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	l := level{window: 1024, streams: 32, block: 64 << 10}
	need := func(streams, window int) int64 { return m.memory(shape{streams, window}, l.block, 0) }
	for _, c := range []struct {
		limit           int64
		streams, window int
	}{
		{0, 32, 1024}, {need(32, 1024), 32, 1024}, {need(32, 1024) - 1, 16, 1024}, {need(2, 1024), 2, 1024},
		{need(1, 1024) - 1, 1, 512}, {need(1, container.MinWindow), 1, container.MinWindow},
	} {
		got, err := l.within(c.limit, m)
		if err != nil || got.streams != c.streams || got.window != c.window {
			t.Errorf("limit %d: %d streams, window %d, %v; want %d and %d", c.limit, got.streams, got.window, err, c.streams, c.window)
		}
	}
	least := need(1, container.MinWindow)
	var limit *LimitError
	if _, err := l.within(least-1, m); !errors.As(err, &limit) || limit.Need != least {
		t.Errorf("below the least: %v", err)
	}
	if _, err := encoded(t, prose(1000), EncoderOptions{Level: 6, Memory: 50 << 20}); !errors.As(err, &limit) {
		t.Errorf("an encoder below the least: %v", err)
	}
	if _, err := NewEncoder(io.Discard, EncoderOptions{Level: 3, Memory: 1 << 20}); !errors.As(err, &limit) {
		t.Errorf("tables below the least: %v", err)
	}
}

// With many threads, no more blocks are read ahead than the limit of memory has room for.
func TestReadAheadIsLimited(t *testing.T) {
	const size, many = 1 << 16, 40
	var file bytes.Buffer
	w := container.NewWriter(&file, container.Header{Numerics: Numerics})
	content := bytes.Repeat([]byte("stored"), many*size/6+1)[:many*size]
	for part := range slices.Chunk(content, size) {
		if err := w.WriteBlock(&container.Block{Type: container.Stored, Length: size, Hash: container.Hash(part), Payload: part}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for limit, blocks := range map[int64]int64{1: 1, 8 * size: 4, 8*size + 1: 5, 1 << 30: many} {
		d := NewDecoder(bytes.NewReader(file.Bytes()), DecoderOptions{Threads: many, Memory: limit})
		if _, err := io.ReadFull(d, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if read := (d.r.Offset() - 8) / (size + 16); read != blocks {
			t.Errorf("%d blocks were read with a limit of %d bytes, not %d", read, limit, blocks)
		}
		rest, err := io.ReadAll(d)
		if err != nil || !bytes.Equal(rest, content[1:]) {
			t.Errorf("limit %d: %d bytes, %v", limit, len(rest), err)
		}
	}
}

// What has more blocks than a member may have becomes several members, each with what its
// own blocks need.
func TestManyBlocks(t *testing.T) {
	dictionary, err := NewDictionary(prose(300))
	if err != nil {
		t.Fatal(err)
	}
	for blocks, want := range map[int][]int{1: {1}, 2: {2}, 3: {3}, 4: {3, 1}, 6: {3, 3}, 7: {3, 3, 1}, 8: {3, 3, 2}} {
		for _, d := range []*Dictionary{nil, dictionary} {
			l := short
			l.dictionary, l.block = d, 200
			var out bytes.Buffer
			e, err := NewEncoder(&out, EncoderOptions{Threads: 1, Dictionary: d, Model: tiny})
			if err != nil {
				t.Fatal(err)
			}
			e.level, e.mostBlocks = l, 3
			content := prose(200 * blocks)
			if _, err := e.Write(content); err != nil {
				t.Fatal(err)
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			members, err := container.List(bytes.NewReader(out.Bytes()), int64(out.Len()))
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, m := range members {
				got = append(got, len(m.Blocks))
				if m.Header.Model != tinyID || m.Header.Primed != (d != nil) || m.Header.Numerics != Numerics || m.Header.Memory < members[0].Header.Memory && len(m.Blocks) > 1 {
					t.Errorf("%d blocks: a member has the header %+v", blocks, m.Header)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d blocks became members of %v, not %v", blocks, got, want)
			}
			dec := NewDecoder(bytes.NewReader(out.Bytes()), DecoderOptions{Threads: 1, Dictionary: d, Model: tinyOnly})
			back, err := io.ReadAll(dec)
			dec.Close()
			if err != nil || !bytes.Equal(back, content) {
				t.Errorf("%d blocks: %d bytes of %d, %v", blocks, len(back), len(content), err)
			}
		}
	}
}

// What a block leaves is collected before the next, so that a file takes what it states
// and no more with every block: here nothing else collects.
func TestBlocksLeaveNothing(t *testing.T) {
	const block, blocks = 4 << 20, 8
	var file bytes.Buffer
	e, err := NewEncoder(&file, EncoderOptions{Level: 1, Threads: 1, BlockSize: block})
	if err != nil {
		t.Fatal(err)
	}
	e.Write(bytes.Repeat(prose(1<<16), blocks*block>>16))
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	stated := zstdMemory(block)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	before, most := memory.HeapAlloc, uint64(0)
	d := NewDecoder(&file, DecoderOptions{Threads: 1})
	part := make([]byte, block/2)
	n := 0
	for {
		k, err := d.Read(part)
		n += k
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&memory)
		most = max(most, memory.HeapAlloc)
	}
	held := int64(most - before)
	t.Logf("%d bytes held at most, %d stated", held, stated)
	if n != blocks*block {
		t.Errorf("%d bytes restored, want %d", n, blocks*block)
	}
	if held > stated {
		t.Errorf("%d bytes held, %d stated", held, stated)
	}
}
