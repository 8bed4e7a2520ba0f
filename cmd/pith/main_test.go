package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/atomicfile"
	"github.com/pith-codec/pith/internal/progress"
	"github.com/pith-codec/pith/internal/splitmix"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/builtin"
)

// The scripts run this test binary as pith, with a tiny model in place of the
// built-in one. PITH_TEST says what is to happen when it is opened.
func TestMain(m *testing.M) {
	program := func() {
		openModel = func(id container.ModelID) (*codec.Model, error) {
			if id != builtin.ID {
				return nil, errors.New("this program has no such model")
			}
			if err := happen(os.Getenv("PITH_TEST")); err != nil {
				return nil, err
			}
			return codec.OpenModel(id, tinymodel.Bytes(tinymodel.Small()))
		}
		builtinParts = func() [][]byte { return [][]byte{tinymodel.Bytes(tinymodel.Small())} }
		builtinSHA256 = fmt.Sprintf("%x", sha256.Sum256(tinymodel.Bytes(tinymodel.Small())))
		switch os.Getenv("PITH_TEST") {
		case "progress":
			progress.Delay = 0
		case "estimate":
			longJob = 1
		case "temporary":
			atomicfile.Random = func() uint64 { return 0 }
		}
		main()
	}
	testscript.Main(m, map[string]func(){"pith": program, "unpith": program, "pithcat": program})
}

func happen(event string) error {
	switch event {
	case "no model":
		return errors.New("this program has no model")
	case "panic":
		panic("asked\nfor")
	case "slow":
		time.Sleep(time.Minute)
	case "append": // someone writes to the input
		f, err := os.OpenFile("a", os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("more")
		return errors.Join(err, f.Close())
	case "replace": // someone puts another file in the input's place
		return os.Rename("other", "a")
	case "overtake": // someone makes the output
		return os.WriteFile("a.pith", []byte("mine"), 0o666)
	}
	return nil
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code":   expectCode,
			"bytes":  makeBytes,
			"flip":   flipBit,
			"neural": writeNeural,
			"tiny":   writeTiny,
			"odd":    writeOdd,
			"cut":    cutFile,
			"serve":  serveFolder,
			"temps":  noTemporaries,

			"smaller": smaller,
		},
	})
}

// expectCode runs a command and compares its exit code: code N CMD ARGS…
func expectCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// makeBytes writes N bytes that look random: bytes FILE N
func makeBytes(ts *testscript.TestScript, _ bool, args []string) {
	var n int
	if _, err := fmt.Sscan(args[1], &n); err != nil {
		ts.Fatalf("%v", err)
	}
	data, source := make([]byte, n), splitmix.Source(1)
	for i := range data {
		data[i] = byte(source.Next())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// flipBit changes one bit of a file: flip FILE BYTE
func flipBit(ts *testscript.TestScript, _ bool, args []string) {
	var at int
	if _, err := fmt.Sscan(args[1], &at); err != nil {
		ts.Fatalf("%v", err)
	}
	data := []byte(ts.ReadFile(args[0]))
	data[at] ^= 4
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// writeNeural writes a file with a neural block that decodes to nothing good:
// neural FILE [NUMERICS [MODEL]], by default those of this program; so is @.
func writeNeural(ts *testscript.TestScript, _ bool, args []string) {
	numerics := uint64(codec.Numerics)
	if len(args) > 1 && args[1] != "@" {
		var err error
		numerics, err = strconv.ParseUint(args[1], 10, 64)
		ts.Check(err)
	}
	var file bytes.Buffer
	id := builtin.ID
	if len(args) > 2 {
		model := []byte(ts.ReadFile(args[2]))
		hash := sha256.Sum256(model)
		id = container.ModelID{External: true, Hash: [8]byte(hash[:8]), Size: container.MemoryFor(int64(len(model)))}
	}
	w := container.NewWriter(&file, container.Header{Numerics: numerics, Model: id, Memory: container.MemoryFor(1 << 20)})
	content := []byte("some content")
	ts.Check(w.WriteBlock(&container.Block{Type: container.Neural, Length: len(content), Hash: container.Hash(content),
		Tokens: 3, Streams: 1, Window: 256, Payload: []byte("payload")}))
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file.Bytes(), 0o666))
}

// writeTiny writes a GGUF file, with the seed 2 that of the built-in model: tiny
// FILE [SEED]
func writeTiny(ts *testscript.TestScript, _ bool, args []string) {
	path, c := ts.MkAbs(args[0]), tinymodel.Small()
	c.Seed = 3
	if len(args) > 1 {
		var err error
		c.Seed, err = strconv.ParseUint(args[1], 10, 64)
		ts.Check(err)
	}
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o777))
	ts.Check(os.WriteFile(path, tinymodel.Bytes(c), 0o666))
}

// writeOdd writes a GGUF file that the native engine refuses: odd FILE
func writeOdd(ts *testscript.TestScript, _ bool, args []string) {
	w := tinymodel.New(tinymodel.Small())
	w.Tensor("blk.0.attn_q.bias", 0, 36, 0, make([]float32, 36))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), w.Bytes(), 0o666))
}

// cutFile leaves the first N bytes of a file: cut FILE N
func cutFile(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// serveFolder serves the files of a folder on an address that URL holds from then
// on; the first answer breaks off after N bytes, the second is that there is no such
// file: serve FOLDER [N]
func serveFolder(ts *testscript.TestScript, _ bool, args []string) {
	files, broken, gets := http.FileServer(http.Dir(ts.MkAbs(args[0]))), 0, 0
	if len(args) > 1 {
		var err error
		broken, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			gets++
		}
		switch {
		case broken > 0 && gets == 1:
			w = &breaking{w, broken}
		case broken > 0 && gets == 2 && r.Method == http.MethodGet:
			http.NotFound(w, r)
			return
		}
		files.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	ts.Setenv("URL", server.URL)
}

// breaking breaks off after some bytes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) >= b.left {
		_, _ = b.ResponseWriter.Write(p[:b.left])
		b.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

// smaller fails unless one file is at most half as large as another: smaller A B
func smaller(ts *testscript.TestScript, _ bool, args []string) {
	if a, b := len(ts.ReadFile(args[0])), len(ts.ReadFile(args[1])); a > b/2 {
		ts.Fatalf("%s has %d bytes, %s has %d", args[0], a, args[1], b)
	}
}

// noTemporaries fails if a temporary file is left.
func noTemporaries(ts *testscript.TestScript, _ bool, _ []string) {
	entries, err := os.ReadDir(ts.MkAbs("."))
	ts.Check(err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".tmp") && e.Name() != ".tmp" { // .tmp is testscript's
			ts.Fatalf("%s was left", e.Name())
		}
	}
}
