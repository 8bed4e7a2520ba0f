package codec

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/repair"
	"github.com/pith-codec/pith/internal/splitmix"
)

// What decoding a file of up to 64 KiB may cost that nobody checked and that claims no
// more than 8 KiB of content: memory beside the model, and time. What claims more takes
// more, within the limit that the caller sets.
const (
	hostileSize   = 64 << 10
	hostileClaim  = 8 << 10
	hostileMemory = 16 << 20
	hostileTime   = 2 * time.Second
)

// hostile restores a file that nobody checked and fails the test if that costs too much.
func hostile(t *testing.T, file []byte) {
	t.Helper()
	if len(file) > hostileSize || claims(file) > hostileClaim {
		return
	}
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	// The bound for neural blocks counts in tables that small blocks do not have.
	o := DecoderOptions{Threads: 1, Model: tinyOnly, Memory: m.memory(shape{1, 128}, hostileClaim, 0) + 4<<20}
	blocks := 0
	for r := container.NewReader(bytes.NewReader(file)); ; blocks++ {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	for try := 0; ; try++ {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		d := NewDecoder(bytes.NewReader(file), o)
		_, _ = io.Copy(io.Discard, d)
		d.Close()
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		// What was allocated for blocks one after the other is not held at once.
		n := after.TotalAlloc - before.TotalAlloc
		if n > hostileMemory*uint64(max(1, blocks)) {
			t.Errorf("%d bytes allocated for %d blocks of %x", n, blocks, file)
		}
		if took <= hostileTime {
			return
		}
		if try == 2 { // other work on the machine was not to blame
			t.Fatalf("%v for %x", took, file)
		}
	}
}

// Every bit flipped and every byte set to the extremes, with all checks made right
// again, costs no more than it may.
func TestHostileLimits(t *testing.T) {
	tried := 0
	for _, name := range []string{"stored", "zstd", "mixing", "mixing, code", "neural", "neural, line ends", "several blocks"} {
		file := proofs()[name].file
		for i := range file {
			for _, change := range []byte{1, 2, 4, 8, 16, 32, 64, 128, file[i], ^file[i]} {
				if testing.Short() && (tried+i)%7 != 0 || change == 0 {
					tried++
					continue
				}
				damaged := bytes.Clone(file)
				damaged[i] ^= change
				damaged, _ = repair.File(damaged)
				tried++
				hostile(t, damaged)
			}
		}
	}
	t.Logf("%s tried %d cases", t.Name(), tried)
}

// Claims are not believed: a block of 64 MiB of which a few bytes are there takes the
// memory of its kind's tables at most, and none beyond the limit.
func TestClaimsAreNotBelieved(t *testing.T) {
	for _, kind := range []container.Type{container.Stored, container.Zstd, container.Mixing, container.Neural} {
		b := &container.Block{Type: kind, Length: container.MaxNeural, Tokens: 9, Streams: 1, Window: 128, Payload: []byte{12, 5, 7, 9}}
		if kind == container.Stored {
			b.Length = len(b.Payload)
		}
		var out bytes.Buffer
		w := container.NewWriter(&out, container.Header{Model: tinyID, Numerics: Numerics})
		if err := errors.Join(w.WriteBlock(b), w.Close()); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := NewDecoder(&out, DecoderOptions{Threads: 1, Model: tinyOnly, Memory: 1 << 20})
		_, err := io.Copy(io.Discard, d)
		runtime.ReadMemStats(&after)
		var limit *LimitError
		if kind != container.Stored && !errors.As(err, &limit) {
			t.Errorf("%v: %v", kind, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%v: %d bytes allocated beyond the limit", kind, n)
		}
	}
}

// FuzzRepaired takes files that nobody checked, whose checks are made right: so it
// reaches what lies behind them. What is accepted is what its hashes say.
func FuzzRepaired(f *testing.F) {
	for _, p := range proofs() {
		if p.dictionary == nil {
			f.Add(p.file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		file, _ = repair.File(file)
		hostile(t, file)
	})
}

// The mutator that fuzzing relies on gets past the header and the check of a block.
func TestRepairReaches(t *testing.T) {
	r := splitmix.Source(7)
	tried, header, block := 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(proofs())) {
		file := proofs()[name].file
		for range 500 {
			damaged := bytes.Clone(file)
			for range 1 + r.Next()%4 {
				damaged[r.Next()%uint64(len(damaged))] = byte(r.Next())
			}
			damaged, _ = repair.File(damaged)
			tried++
			c := container.NewReader(bytes.NewReader(damaged))
			_, err := c.Next()
			var unsupported *container.UnsupportedError
			if err == nil || errors.As(err, &unsupported) {
				block++
			}
			if err == nil || c.Offset() > 9 {
				header++
			}
		}
	}
	t.Logf("%s tried %d files: %d past the header, %d past the check of a block", t.Name(), tried, header, block)
	if header < tried*9/10 || block < tried*3/10 {
		t.Errorf("of %d files %d get past the header, %d past the check of a block", tried, header, block)
	}
}
