package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/paq"
)

// unprimed is what streams begin with without a dictionary.
var unprimed *primed

func dictionary(t testing.TB, data []byte) *Dictionary {
	t.Helper()
	d, err := NewDictionary(data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func restoreWith(file []byte, d *Dictionary) ([]byte, error) {
	r := NewDecoder(bytes.NewReader(file), DecoderOptions{Threads: 2, Model: tinyOnly, Dictionary: d})
	defer r.Close()
	return io.ReadAll(r)
}

// messages are short and alike.
func messages(from, n int) (text []byte) {
	for i := range n {
		text = fmt.Appendf(text, "{\"time\":%d,\"level\":\"%s\",\"message\":\"request for page %d was answered\"}\n",
			1700000000+37*(from+i), []string{"info", "warning"}[(from+i)%3%2], (from+i)*(from+i)%97)
	}
	return text
}

var primedLevels = map[string]level{
	"zstd": levels[1], "fast": {profile: paq.Fast, log: 16, block: 3000}, "strong": {profile: paq.Strong, log: 18, block: 1 << 20},
	"neural": short,
}

// Each way of coding gains by a dictionary of the same kind and restores with it,
// the second time as the first.
func TestDictionary(t *testing.T) {
	for name, l := range primedLevels {
		for kind, data := range map[string][]byte{
			"alike": messages(0, 40), "one byte": {'x'}, "noise": noise(3000, 5),
			"escapes": bytes.Repeat([]byte{0xFF, 4, 0xC0}, 99), "escape last": append(prose(300), 0xFF),
		} {
			d := dictionary(t, data)
			for _, content := range [][]byte{messages(100, 3), messages(200, 100), prose(700), []byte("x"), nil, data} {
				plain := compress(t, content, l, 2)
				l.dictionary = d
				file := compress(t, content, l, 2)
				l.dictionary = nil
				if got, err := restoreWith(file, d); err != nil || !bytes.Equal(got, content) {
					t.Fatalf("%s, %s: %d bytes not restored: %v", name, kind, len(content), err)
				}
				if alike := bytes.Equal(data, content) || kind == "alike" && len(content) == len(messages(100, 3)); alike && len(plain) > 99 && len(file) >= len(plain)*3/4 {
					t.Errorf("%s, %s: %d bytes make %d with the dictionary, %d without", name, kind, len(content), len(file), len(plain))
				}
			}
		}
	}
}

// A context mixer that is too large to be kept learns the dictionary each time.
func TestDictionaryLargeTables(t *testing.T) {
	d, content := dictionary(t, messages(0, 40)), messages(100, 9)
	x := mixing{paq.Fast, 20}
	if paq.Memory(x.log, len(content)) <= kept {
		t.Fatal("the tables are kept")
	}
	large := encodeMixing(content, x, d, func(int) {})
	got, err := decodeMixing(large, x, len(content), d, func(int) {})
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("not restored: %v", err)
	}
	if small := encodeMixing(content, mixing{paq.Fast, 19}, d, func(int) {}); len(large) > len(small)+9 {
		t.Errorf("%d bytes, %d with tables that are kept", len(large), len(small))
	}
}

// What a dictionary keeps from other blocks makes no difference to a file.
func TestDictionaryKeeps(t *testing.T) {
	data := messages(0, 300)
	for name, l := range primedLevels {
		l.dictionary = dictionary(t, data)
		first := compress(t, messages(900, 9), l, 1)
		compress(t, messages(400, 80), l, 2)
		l.dictionary.neural = nil
		compress(t, prose(4000), l, 2)
		if again := compress(t, messages(900, 9), l, 2); !bytes.Equal(again, first) {
			t.Errorf("%s: the same content is coded in another way later", name)
		}
	}
}

// Only the right dictionary serves, and files that need none ask for none.
func TestDictionaryNeeded(t *testing.T) {
	content, right, wrong := messages(100, 30), dictionary(t, messages(0, 40)), dictionary(t, messages(1, 40))
	for name, l := range primedLevels {
		unprimed := compress(t, content, l, 1)
		if got, err := restoreWith(unprimed, wrong); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: a file without a dictionary: %v", name, err)
		}
		l.dictionary = right
		file := compress(t, content, l, 1)
		for given, d := range map[string]*Dictionary{"none": nil, "another": wrong} {
			var need *DictionaryError
			if got, err := restoreWith(file, d); !errors.As(err, &need) || need.Need != right.ID() || len(got) > 0 {
				t.Errorf("%s with %s: %d bytes, %v", name, given, len(got), err)
			}
		}
		both := append(bytes.Clone(file), unprimed...)
		if got, err := restoreWith(both, right); err != nil || len(got) != 2*len(content) {
			t.Errorf("%s: two members, one with a dictionary: %v", name, err)
		}
		members, err := container.List(bytes.NewReader(both), int64(len(both)))
		if err != nil || !members[0].Header.Primed || members[0].Header.Dictionary != right.ID() || members[1].Header.Primed {
			t.Errorf("%s: headers: %v", name, err)
		}
		if file := compress(t, noise(99, 1), l, 1); bytes.Contains(file, right.id[:]) {
			t.Errorf("%s: a stored block names a dictionary", name)
		}
	}
}

func TestDictionarySizes(t *testing.T) {
	for n, good := range map[int]bool{0: false, 1: true, MaxDictionary: true, MaxDictionary + 1: false} {
		if _, err := NewDictionary(make([]byte, n)); (err == nil) != good {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// A dictionary with the line ends of DOS serves text whose line ends were
// transformed.
func TestDictionaryLineEnds(t *testing.T) {
	dos := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }
	l := short
	l.dictionary = dictionary(t, messages(0, 40))
	unix := len(compress(t, messages(100, 20), l, 1))
	l.dictionary = dictionary(t, dos(messages(0, 40)))
	if n := len(compress(t, dos(messages(100, 20)), l, 1)); n > unix+8 {
		t.Errorf("%d bytes, %d without CR", n, unix)
	}
}

// The memory that decoding needs is stated, dictionary included.
func TestDictionaryMemory(t *testing.T) {
	d := dictionary(t, []byte(strings.Repeat("much the same text again and again, ", 10000)))
	for name, l := range primedLevels {
		l.dictionary = d
		file := compress(t, messages(0, 20), l, 1)
		members, err := container.List(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		stated := members[0].Header.Memory.Bytes()
		for limit, good := range map[int64]bool{stated: true, int64(len(d.data)) / 2: false} {
			r := NewDecoder(bytes.NewReader(file), DecoderOptions{Model: tinyOnly, Dictionary: d, Memory: limit})
			var tooMuch *LimitError
			if _, err := io.ReadAll(r); good && err != nil || !good && !errors.As(err, &tooMuch) {
				t.Errorf("%s: with %d bytes, %d stated: %v", name, limit, stated, err)
			}
			r.Close()
		}
	}
}
