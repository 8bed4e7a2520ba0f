package token_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/token"
)

func real(t testing.TB) *token.Tokenizer {
	t.Helper()
	data := shareddata.Read(t, "models/smollm2-135m-pith-00001-of-00003.gguf")
	var rest [][]byte
	for _, n := range []string{"2", "3"} {
		rest = append(rest, shareddata.Read(t, "models/smollm2-135m-pith-0000"+n+"-of-00003.gguf"))
	}
	f, err := gguf.Parse(append([][]byte{data}, rest...)...)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := token.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// The vectors come from the model's original tokenizer.
func TestVectors(t *testing.T) {
	tok := real(t)
	file, err := os.Open(shareddata.Path(t, "vectors/tokenizer.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	count := 0
	for lines.Scan() {
		var v struct {
			Text string
			IDs  []int32
		}
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if got := tok.Encode(nil, []byte(v.Text)); !slices.Equal(got, v.IDs) {
			t.Errorf("%q: %v, want %v", v.Text, got, v.IDs)
		}
		count++
	}
	if err := lines.Err(); err != nil || count != 449 {
		t.Errorf("%d vectors, want 449 (%v)", count, err)
	}
}

func TestWholeFiles(t *testing.T) {
	tok := real(t)
	for _, v := range []struct {
		name   string
		tokens int
		sum    string
	}{
		{"canterbury/alice29.txt", 41933, "f05588dd68f17bdf8f7d98803939a4bb52b7e55dfa85e4f6f31b22b46d9f7272"},
		{"canterbury/fields.c", 4324, "fdc3441753d4906b5817510bdb9a01fbb322038a8c99513f394b0524a5f2f345"},
		{"large/enwik7-1M.txt", 304700, "64cdc6d253763f142d7755705f89d41965a737f6f562fd9731f5759b7f101d08"},
		{"large/bible.txt", 1022850, "7f9a2bc6521ee7ce13dfc1d5a89f0486110113dc4110d6baeb3207b9b6a3fd96"},
	} {
		text := shareddata.Read(t, "corpora/"+v.name)
		for !utf8.Valid(text[max(0, len(text)-4):]) && !utf8.Valid(text) {
			text = text[:len(text)-1]
		}
		ids := tok.Encode(nil, text)
		var raw []byte
		for _, id := range ids {
			raw = binary.LittleEndian.AppendUint32(raw, uint32(id))
		}
		sum := sha256.Sum256(raw)
		if len(ids) != v.tokens || hex.EncodeToString(sum[:]) != v.sum {
			t.Errorf("%s: %d tokens with hash %x, want %d with %s", v.name, len(ids), sum, v.tokens, v.sum)
		}
	}
}

func checkRoundTrip(t *testing.T, tok *token.Tokenizer, text []byte) {
	t.Helper()
	var back []byte
	for _, id := range tok.Encode(nil, text) {
		b := tok.Bytes(id)
		if len(b) == 0 {
			t.Fatalf("%q: special token %d", text, id)
		}
		if int(id) >= tok.Size() != (len(b) == 1 && tok.Escaped(b[0])) {
			t.Fatalf("%q: byte %x as id %d", text, b, id)
		}
		back = append(back, b...)
	}
	if !bytes.Equal(back, text) {
		t.Fatalf("%q came back as %q", text, back)
	}
}

func TestAnyBytes(t *testing.T) {
	tok := real(t)
	missing := 0
	for a := range 256 {
		if tok.Escaped(byte(a)) {
			missing++
		}
		for b := range 256 {
			checkRoundTrip(t, tok, []byte{byte(a), byte(b)})
		}
	}
	if missing != 21 {
		t.Errorf("%d bytes without a token, want 21", missing)
	}
	checkRoundTrip(t, tok, []byte("<|endoftext|><|im_start|>\xff\xc3(\xe2\x82 <repo_name>"))
	state := uint64(1)
	noise := make([]byte, 20000)
	for i := range noise {
		state = state*6364136223846793005 + 1442695040888963407
		noise[i] = byte(state >> 56)
	}
	checkRoundTrip(t, tok, noise)
}

// One piece of a megabyte must not take quadratic time.
func TestLongPieces(t *testing.T) {
	tok := real(t)
	for _, unit := range []string{"a", " ", "=", "\xff", "é"} {
		start := time.Now()
		text := bytes.Repeat([]byte(unit), 1<<20/len(unit))
		checkRoundTrip(t, tok, text)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q repeated took %v", unit, d)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	tok := real(f)
	for _, s := range []string{"", "a b", "\r\n\r\n", "x  1", "\xff\x00", "don't"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkRoundTrip(t, tok, text) })
}

func BenchmarkEncode(b *testing.B) {
	tok := real(b)
	text := shareddata.Read(b, "corpora/canterbury/lcet10.txt")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tok.Encode(nil, text)
	}
}
