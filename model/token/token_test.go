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
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/internal/splitmix"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/token"
)

var parsed struct {
	sync.Mutex
	file *gguf.File
}

// realFile reads the default model once.
func realFile(t testing.TB) *gguf.File {
	t.Helper()
	parsed.Lock()
	defer parsed.Unlock()
	if parsed.file == nil {
		var parts [][]byte
		for _, n := range []string{"1", "2", "3"} {
			parts = append(parts, shareddata.Read(t, "models/smollm2-135m-pith-0000"+n+"-of-00003.gguf"))
		}
		parsed.file = parse(t, parts...)
	}
	return parsed.file
}

func parse(t testing.TB, parts ...[]byte) *gguf.File {
	t.Helper()
	f, err := gguf.Parse(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func open(t testing.TB, f *gguf.File) *token.Tokenizer {
	t.Helper()
	tok, err := token.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func tinyFile(t testing.TB) *gguf.File { return parse(t, tinymodel.Bytes(tinymodel.Default())) }

// The vectors come from the model's original tokenizer.
func TestVectors(t *testing.T) {
	tok := open(t, realFile(t))
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
	tok := open(t, realFile(t))
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

func TestTinyBytes(t *testing.T) { checkAnyBytes(t, tinyFile(t)) }
func TestRealBytes(t *testing.T) { checkAnyBytes(t, realFile(t)) }

func checkAnyBytes(t *testing.T, f *gguf.File) {
	tok := open(t, f)
	var missing []byte
	for a := range 256 {
		if tok.Escaped(byte(a)) {
			missing = append(missing, byte(a))
		}
		checkRoundTrip(t, tok, []byte{byte(a)})
		for b := range 256 {
			checkRoundTrip(t, tok, []byte{byte(a), byte(b)})
		}
	}
	if want := []byte("\x04\x06\x13\x14\x16\x1D\xC0\xC1\xF1\xF2\xF5\xF6\xF7\xF8\xF9\xFA\xFB\xFC\xFD\xFE\xFF"); !bytes.Equal(missing, want) {
		t.Errorf("bytes without a token: % x, want % x", missing, want)
	}
	for id := range int32(tok.Size()) {
		if tok.IsSpecial(id) != (id < 17) {
			t.Errorf("token %d, %q, is special: %v", id, tok.Bytes(id), id >= 17)
		}
	}
	if tok.BOS() != 0 {
		t.Errorf("BOS is %d", tok.BOS())
	}
	checkRoundTrip(t, tok, nil)
	checkRoundTrip(t, tok, []byte("<|endoftext|><|im_start|><|special3|>\xff\xc3(\xe2\x82 <repo_name>"))
	r := splitmix.Source(1)
	noise := make([]byte, 20000)
	for i := range noise {
		noise[i] = byte(r.Next())
	}
	checkRoundTrip(t, tok, noise)
}

func TestTinyJoins(t *testing.T) { checkJoins(t, tinyFile(t)) }
func TestRealJoins(t *testing.T) { checkJoins(t, realFile(t)) }

// Joining is what the definition says: as long as any pair can join, of those
// with the first rule the leftmost joins.
func checkJoins(t *testing.T, f *gguf.File) {
	tok := open(t, f)
	list, err := f.Strings("tokenizer.ggml.merges")
	if err != nil {
		t.Fatal(err)
	}
	ranks := map[string]int{}
	for rank, pair := range list {
		ranks[pair] = rank
	}
	r := splitmix.Source(1)
	for range 20000 {
		letters := "aeiouhnrst"
		if r.Below(2) == 0 {
			letters = "ab"
		}
		text := ""
		for range 1 + r.Below(24) {
			text += string(letters[r.Below(len(letters))])
		}
		parts := strings.Split(text, "")
		for {
			best, at := len(list), 0
			for i := range len(parts) - 1 {
				if rank, ok := ranks[parts[i]+" "+parts[i+1]]; ok && rank < best {
					best, at = rank, i
				}
			}
			if best == len(list) {
				break
			}
			parts = slices.Replace(parts, at, at+2, parts[at]+parts[at+1])
		}
		var got []string
		for _, id := range tok.Encode(nil, []byte(text)) {
			got = append(got, string(tok.Bytes(id)))
		}
		if !slices.Equal(got, parts) {
			t.Fatalf("%q is %q, want %q", text, got, parts)
		}
	}
}

// description is the metadata of a tokenizer with the tokens <s>, a, b and ab.
type description struct {
	model, pre, key string
	tokens          []string
	kinds           []int32
	merges          []string
	bos             uint32
}

func good() description {
	return description{"gpt2", "gpt-2", "tokenizer.ggml.merges", []string{"<s>", "a", "b", "ab"}, []int32{3, 1, 1, 1}, []string{"a b"}, 0}
}

func (d description) bytes() []byte {
	var w tinymodel.Writer
	w.String("tokenizer.ggml.model", d.model)
	w.String("tokenizer.ggml.pre", d.pre)
	w.Strings("tokenizer.ggml.tokens", d.tokens)
	w.Int32s("tokenizer.ggml.token_type", d.kinds)
	w.Strings(d.key, d.merges)
	w.Uint32("tokenizer.ggml.bos_token_id", d.bos)
	return w.Bytes()
}

func (d description) file(t *testing.T) *gguf.File { return parse(t, d.bytes()) }

func TestRefused(t *testing.T) {
	open(t, good().file(t))
	for name, change := range map[string]func(d *description){
		"model":            func(d *description) { d.model = "bert" },
		"no scores":        func(d *description) { d.model = "llama" },
		"no tokens":        func(d *description) { d.tokens, d.kinds = nil, nil },
		"fewer types":      func(d *description) { d.kinds = d.kinds[1:] },
		"empty token":      func(d *description) { d.tokens[2] = "" },
		"space in a token": func(d *description) { d.tokens[2] = " b" },
		"other characters": func(d *description) { d.tokens[2] = "\u0144" },
		"high characters":  func(d *description) { d.tokens[2] = "中" },
		"invalid UTF-8":    func(d *description) { d.tokens[2] = "\xff" },
		"BOS":              func(d *description) { d.bos = 4 },
		"no merges":        func(d *description) { d.key = "other" },
		"only special":     func(d *description) { d.kinds = []int32{3, 3, 4, 2} },
		"long token":       func(d *description) { d.tokens[2] = strings.Repeat("b", 4096) },
	} {
		d := good()
		change(&d)
		if _, err := token.New(d.file(t)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Vocabularies that are odd are used as far as they make sense.
func TestOddVocabularies(t *testing.T) {
	for name, c := range map[string]struct {
		change func(d *description)
		text   string
		want   []int32
	}{
		"as it is":             {func(d *description) {}, "abc", []int32{3, 4 + 'c'}},
		"no merges":            {func(d *description) { d.merges = nil }, "ab", []int32{1, 2}},
		"unknown parts":        {func(d *description) { d.merges = []string{"a c", "c b", "a b"} }, "ab", []int32{3}},
		"unknown result":       {func(d *description) { d.merges = []string{"b a"} }, "ba", []int32{2, 1}},
		"special part":         {func(d *description) { d.tokens[0], d.merges = "x", []string{"x a"} }, "xa", []int32{4 + 'x', 1}},
		"special result":       {func(d *description) { d.kinds[3] = 4 }, "ab", []int32{1, 2}},
		"no merge at all":      {func(d *description) { d.merges = []string{"", " ", "ab", "a b b", "\xff b"} }, "ab", []int32{1, 2}},
		"same bytes twice":     {func(d *description) { d.tokens[2] = "a"; d.merges = []string{"a a"} }, "aa", []int32{1, 1}},
		"special before equal": {func(d *description) { d.tokens[0] = "b" }, "b", []int32{2}},
		"in no token alone":    {func(d *description) { d.tokens[1] = "aa" }, "aab", []int32{4 + 'a', 4 + 'a', 2}},
		"merge twice": {func(d *description) {
			d.tokens[0], d.kinds[0], d.merges = "ba", 1, []string{"a b", "b a", "a b"}
		}, "aba", []int32{3, 1}},
		"byte type":           {func(d *description) { d.kinds[2] = 6 }, "ab", []int32{3}},
		"other pre-tokenizer": {func(d *description) { d.pre = "qwen2" }, "ab", []int32{3}},
	} {
		d := good()
		c.change(&d)
		tok := open(t, d.file(t))
		if got := tok.Encode(nil, []byte(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is %v, want %v", name, c.text, got, c.want)
		}
		checkRoundTrip(t, tok, []byte(c.text))
	}
}

func TestAppends(t *testing.T) {
	tok := open(t, good().file(t))
	dst := []int32{9}
	if got := tok.Encode(dst, []byte("ab")); !slices.Equal(got, []int32{9, 3}) {
		t.Error(got)
	}
}

func TestConcurrent(t *testing.T) {
	tok := open(t, tinyFile(t))
	text := []byte(strings.Repeat("several at once, from the first call on\r\n", 20))
	var wait sync.WaitGroup
	results := make([][]int32, 8)
	for i := range results {
		wait.Go(func() { results[i] = tok.Encode(nil, text) })
	}
	wait.Wait()
	for _, r := range results {
		if !slices.Equal(r, results[0]) {
			t.Error("results differ")
		}
	}
}

// One piece of a megabyte must not take quadratic time.
func TestLongPieces(t *testing.T) {
	tok := open(t, tinyFile(t))
	for _, unit := range []string{"a", "ab", " ", "\n ", "=", "\xff", "é", "1"} {
		start := time.Now()
		checkRoundTrip(t, tok, bytes.Repeat([]byte(unit), 1<<20/len(unit)))
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q repeated took %v", unit, d)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	tok := open(f, tinyFile(f))
	for _, s := range []string{"", "a b", "\r\n\r\n", "x  1", "\xff\x00", "don't"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkRoundTrip(t, tok, text) })
}

// FuzzNew takes files that nobody checked: what is accepted works.
func FuzzNew(f *testing.F) {
	f.Add(good().bytes(), []byte("abc"))
	f.Add(newScored("a", "▁a", "aa", "é").bytes(), []byte(" aaé"))
	f.Fuzz(func(t *testing.T, data, text []byte) {
		file, err := gguf.Parse(data)
		if err != nil {
			return
		}
		if tok, err := token.New(file); err == nil {
			checkRoundTrip(t, tok, text)
		}
	})
}

// BenchmarkNew is what starting a decoder takes, BenchmarkFirst an encoder.
func BenchmarkNew(b *testing.B) {
	f := realFile(b)
	for b.Loop() {
		open(b, f)
	}
}

func BenchmarkFirst(b *testing.B) {
	f := realFile(b)
	for b.Loop() {
		open(b, f).Encode(nil, []byte("a"))
	}
}

func BenchmarkEncode(b *testing.B) {
	tok := open(b, realFile(b))
	text := shareddata.Read(b, "corpora/canterbury/lcet10.txt")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tok.Encode(nil, text)
	}
}
