package pick

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/corpus/length"
	"github.com/pith-codec/pith/internal/tinymodel"
)

func TestRankCorrelation(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{10, 20, 90}, 1}, {[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		{[]float64{1, 1, 1}, []float64{3, 2, 1}, 0}, {nil, nil, 0},
		{[]float64{1, 2, 3, 4}, []float64{2, 1, 4, 3}, 0.6}, // 1 − 6·4/(4·15)
		{[]float64{1, 2, 2, 4}, []float64{1, 3, 3, 4}, 1},
	} {
		if got := RankCorrelation(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v, %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// By hand: the target has the word x twice, which counts 1 + ln 2 or 433/256, the pair
// x x and the run of bytes "x X", 945/256 in all; the background as much of others, and
// half a feature more of each of 2^18.
func TestNgram(t *testing.T) {
	g := newNgram()
	g.Target([]byte("x X"))
	g.Background([]byte("y\ty"))
	g.Ready()
	of := func(near, far float64) float64 {
		return math.Log2(0.99 + 0.01*near/945/((far+128)/(945+128*(1<<18))))
	}
	x, xx, none := of(433, 0), of(256, 0), math.Log2(0.99)
	for text, want := range map[string]float64{
		"x": x, "x x": (2*x + xx + none) / 4, " Y ": (none + none) / 2, "": 0, "  \n": none, " \n": 0, "z": none,
	} {
		if got := g.Score([]byte(text)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	var words []uint32
	features([]byte("Don't_ \xff stop"), func(f uint32) { words = append(words, f) })
	if len(words) != 9+11+10+9 { // don ' t_ \xff stop, four pairs; runs of 13 bytes
		t.Errorf("%d features", len(words))
	}
	// A text is scored without what it adds itself.
	g.Target([]byte("z z"))
	if got, want := g.Without([]byte("z z")), g.Score([]byte("q r")); math.Abs(got-want) > 1e-12 {
		t.Errorf("a text that has nothing of the rest: %v, want %v", got, want)
	}
	if got := g.Without([]byte("x X")); math.Abs(got-none) > 1e-12 {
		t.Errorf("a text that the rest has nothing of: %v, want %v", got, none)
	}
}

// A source in which documents are cut in every way keeps each byte once.
func TestSplit(t *testing.T) {
	dir := t.TempDir()
	records := `{"text":"one","n":1}` + "\n\n" + `{"n":{"text":"two"},"text":"zwei"}` + "\r\n" + `{"text":"drei 日"}`
	for name, text := range map[string]string{"b.jsonl": records, "a/x": "plain"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	read := func(s Split, path string) (got []string, err error) {
		err = s.Each(path, func(u Unit) error {
			got = append(got, fmt.Sprintf("%d:%s", u.Offset, u.Text))
			return nil
		})
		return got, err
	}
	file := filepath.Join(dir, "b.jsonl")
	for _, c := range []struct {
		split Split
		path  string
		want  []string
	}{
		{Split{As: "file"}, dir, []string{"0:plain", "0:" + records}},
		{Split{As: "jsonl", Field: "text"}, file, []string{"0:one", "22:zwei", "58:drei 日"}},
		{Split{As: "chunk", Chunk: 3}, filepath.Join(dir, "a"), []string{"0:pla", "3:in"}},
		{Split{As: "line"}, filepath.Join(dir, "a/x"), []string{"0:plain"}},
	} {
		if got, err := read(c.split, c.path); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, %v, want %q", c.split, got, err, c.want)
		}
	}
	for want, split := range map[string]Split{
		`line 1: it has no field "n.text"`: {As: "jsonl", Field: "n.text"}, `line 1: its field "n" is no text`: {As: "jsonl", Field: "n"},
	} {
		if want == `line 1: it has no field "n.text"` {
			want = "line 1: it is not an object of JSON" // n is a number there
		}
		if _, err := read(split, file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", split, err, want)
		}
	}
	stop := errors.New("stop")
	if err := (Split{As: "line"}).Each(file, func(Unit) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// What is chosen is what sorting all would choose, with copies and exclusions.
func TestChooser(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for k := 1; k < 30; k += 7 {
		c := &Chooser{Most: k, Least: -5, Exclude: map[[32]byte]bool{Sum([]byte("no")): true}}
		type item struct {
			text  string
			score float64
		}
		var all []item
		for range 300 {
			text := []string{"no", "", fmt.Sprint("text ", r.IntN(90))}[min(2, r.IntN(12))]
			// The score of a text is the same wherever it stands.
			score := float64(len(text)*31%7) - 2
			if len(text) > 5 {
				score = float64(int(text[len(text)-1])%9) - 6
			}
			c.Add(Unit{Text: []byte(text), Raw: []byte(text)}, score)
			if text != "no" && text != "" && score >= -5 && !slices.ContainsFunc(all, func(i item) bool { return i.text == text }) {
				all = append(all, item{text, score})
			}
		}
		slices.SortStableFunc(all, func(a, b item) int { return int(b.score - a.score) })
		best := c.Best()
		if len(best) != min(k, len(all)) {
			t.Fatalf("k = %d: %d chosen", k, len(best))
		}
		for i, p := range best {
			if string(p.Text) != all[i].text {
				t.Errorf("k = %d: place %d has %q, want %q", k, i, p.Text, all[i].text)
			}
		}
		if c.Seen != 300 || c.Excluded == 0 || c.Empty == 0 {
			t.Errorf("%d seen, %d excluded, %d empty", c.Seen, c.Excluded, c.Empty)
		}
	}
}

// A budget of bytes keeps what sorting all and cutting would keep, with or without one of
// documents, and does not keep more meanwhile than a document beyond it.
func TestChooserBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for _, most := range []int{0, 3, 1000} {
		for budget := int64(1); budget < 2000; budget = budget*3 + 1 {
			c := &Chooser{Most: most, Bytes: budget, Least: -1e9}
			var all []Pick
			for i := range 200 {
				text := []byte(fmt.Sprint(i, strings.Repeat("x", r.IntN(60))))
				score := float64(r.IntN(50))
				c.Add(Unit{Text: text}, score)
				all = append(all, Pick{Unit: Unit{Text: text}, Score: score})
				if c.size > budget+64 {
					t.Fatalf("%d bytes are kept of %d", c.size, budget)
				}
			}
			slices.SortStableFunc(all, func(a, b Pick) int { return int(b.Score - a.Score) })
			var want []string
			total := int64(0)
			for _, p := range all {
				if total += int64(len(p.Text)); total > budget || most > 0 && len(want) == most {
					break
				}
				want = append(want, string(p.Text))
			}
			var got []string
			for _, p := range c.Best() {
				got = append(got, string(p.Text))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d documents, %d bytes: %q, want %q", most, budget, got, want)
			}
		}
	}
}

// byLast scores a text by its last letter, cheaply or not.
type byLast string

func (b byLast) Score(text []byte) float64 {
	return float64(strings.IndexByte(string(b), text[len(text)-1]))
}

// A filter keeps what the cheap scorer likes, in order, and tells how much of the choice
// is lost by it.
func TestPrefilter(t *testing.T) {
	for _, c := range []struct {
		cheap       byLast
		least, most float64 // of the recall
	}{{"abcdefghij", 1, 1}, {"jihgfedcba", 0, 0.15}} {
		p := &Prefilter{Cheap: Chooser{Most: 300, Least: -1e9, Exclude: map[[32]byte]bool{Sum([]byte("no j")): true}}}
		var all []Unit
		for i := range 1000 {
			all = append(all, Unit{Text: fmt.Appendf(nil, "%d %c", i, "abcdefghij"[i%10]), Offset: int64(i)})
		}
		all = append(all, Unit{Text: []byte("no j")}, Unit{}, all[9])
		for _, u := range all {
			score := 0.0
			if len(u.Text) > 0 {
				score = c.cheap.Score(u.Text)
			}
			p.Add(u, score)
		}
		kept := p.Units()
		if len(kept) != 300 || !slices.IsSortedFunc(kept, func(a, b Unit) int { return int(a.Offset - b.Offset) }) {
			t.Fatalf("%d documents are kept, or not in order", len(kept))
		}
		choice := &Chooser{Most: 100, Least: -1e9}
		for _, u := range kept {
			choice.Add(u, byLast("abcdefghij").Score(u.Text))
		}
		left, n := p.Left()
		// The copy was counted once: where it was kept.
		if want := 700 + (1 - p.Cheap.Copies); n != want || len(left) < 30 || len(left) > 60 {
			t.Errorf("%s: %d of %d others, want %d", c.cheap, len(left), n, want)
		}
		scores := ScoreAll(byLast("abcdefghij"), left, 1)
		if recall := p.Recall(choice, scores, n); recall < c.least || recall > c.most {
			t.Errorf("%s: a recall of %.2f, want %.2f to %.2f", c.cheap, recall, c.least, c.most)
		}
	}
}

// Records pass as they are but for what is added.
func TestJSON(t *testing.T) {
	for _, record := range []string{
		`{"text":"a"}`, `{}`, ` { "text" : "x}" } `, `{"a":{"b":{}}}`, `{"t":"\u00e9 é","big":12345678901234567890,"a":[1,{}] }`, `{ }`, `{"text":"ends }"}`,
	} {
		p := &Pick{Unit: Unit{Raw: []byte(record), Text: []byte("abc")}, Score: 1.5}
		line, err := p.JSON(3, "jsonl")
		if err != nil {
			t.Fatal(err)
		}
		var before, after map[string]json.RawMessage
		if err := json.Unmarshal([]byte(record), &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &after); err != nil {
			t.Fatalf("%s became %s: %v", record, line, err)
		}
		if string(after["_rank"]) != "3" || string(after["_score"]) != "1.500000" || string(after["_bytes"]) != "3" || len(after) != len(before)+3 {
			t.Errorf("%s became %s", record, line)
		}
		for name, value := range before {
			if !bytes.Equal(after[name], value) {
				t.Errorf("%s: %s became %s", record, name, after[name])
			}
		}
	}
	p := &Pick{Unit: Unit{Source: "f<", Offset: 7, Text: []byte("a\"b\xff")}, Score: -0.25}
	for as, want := range map[string]string{
		"line": `{"_rank":1,"_score":-0.250000,"_bytes":4,"_src":"f<","_offset":7,"text":"a\"b` + "\uFFFD" + `"}`,
		"file": `{"_rank":1,"_score":-0.250000,"_bytes":4,"_src":"f<","_offset":7}`,
	} {
		line, err := p.JSON(1, as)
		if got := strings.ReplaceAll(string(line), `\ufffd`, "\uFFFD"); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", as, got, err, want)
		}
	}
}

// engine returns an engine, nil for n-grams; neural is one with a tiny model.
func engine(t *testing.T, name string) length.Engine {
	t.Helper()
	if name == "ngram" {
		return nil
	}
	e, err := length.New(name)
	if name == "neural" {
		var m *codec.Model
		if m, err = codec.OpenModel(container.ModelID{Number: 1}, tinymodel.Bytes(tinymodel.Small())); err == nil {
			e, err = length.Neural(m, 5)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Records read from a file come out byte for byte, but for what is added.
func TestRecordsUntouched(t *testing.T) {
	records := []string{
		`{"text":"a","id":12345678901234567890}`, "\t{ \"text\" : \"\\u00e9 é 日\\ud83d\" , \"n\":{\"x\":[1,{}]} } ",
		`{"text":"` + strings.Repeat("long \\n", 1<<17) + `","after":"}"}`, `{"a":1.0e5,"text":""}`,
	}
	file := filepath.Join(t.TempDir(), "x.jsonl")
	if err := os.WriteFile(file, []byte(strings.Join(records, "\r\n")+"\r\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := Split{As: "jsonl", Field: "text"}.Each(file, func(u Unit) error {
		line, err := (&Pick{Unit: u}).JSON(1, "jsonl")
		added := fmt.Sprintf(`,"_rank":1,"_score":0.000000,"_bytes":%d`, len(u.Text))
		if got := strings.Replace(string(line), added, "", 1); got != records[n] || len(line) != len(records[n])+len(added) {
			t.Errorf("%.60q became %.60q", records[n], line)
		}
		n++
		return err
	})
	if err != nil || n != len(records) {
		t.Error(n, err)
	}
}

// What a language model does not read at once ends with pieces of texts from everywhere.
func TestContext(t *testing.T) {
	var texts [][]byte
	for c := range byte(40) {
		texts = append(texts, bytes.Repeat([]byte{c}, 100))
	}
	e := engine(t, "neural")
	size := e.Tail() / 16
	if got := context(e, texts[:e.Tail()/100]); len(got) != e.Tail()/100*100 {
		t.Errorf("%d bytes of as many as are read", len(got))
	}
	got := context(e, texts)
	if len(got) != 4000+16*(size+1) || got[4000] != 0 || got[4000+15*(size+1)] != 37 || got[len(got)-1] != '\n' {
		t.Errorf("%d bytes, %d first and %d last behind the texts", len(got), got[4000], got[4000+15*(size+1)])
	}
	if got := context(engine(t, "deflate"), texts); len(got) != 4000 {
		t.Errorf("%d bytes without a language model", len(got))
	}
}

// Documents in the language of the target are found by every engine, in spite of their
// lengths, and the number of threads makes no difference.
func TestMethods(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	words := map[bool][]string{
		true:  strings.Fields("der die und in den von zu das mit sich des auf ist im dem nicht ein eine als auch"),
		false: strings.Fields("the of and to in is you that it he was for on are as with his they at be"),
	}
	text := func(like bool) []byte {
		var b strings.Builder
		for range 20 + r.IntN(150) {
			b.WriteString(words[like][r.IntN(20)] + " ")
		}
		return []byte(b.String())
	}
	var target [][]byte
	for range 8 {
		target = append(target, text(true))
	}
	var units []Unit
	for i := range 60 {
		units = append(units, Unit{Text: text(i%6 == 0), Offset: int64(i)})
	}
	for _, way := range [][2]string{{"contrast", "ngram"}, {"contrast", "deflate"}, {"contrast", "zstd"}, {"contrast", "cm"}, {"gain", "cm"}, {"gain", "deflate"}, {"contrast", "neural"}} {
		training := Train(engine(t, way[1]), target)
		training.Background(units, 2)
		scorer, err := training.Scorer(way[0])
		if err != nil {
			t.Fatal(err)
		}
		one, four := ScoreAll(scorer, units, 1), ScoreAll(scorer, units, 4)
		if !slices.Equal(one, four) {
			t.Errorf("%v: other scores with four threads", way)
		}
		c := &Chooser{Most: 10, Least: -1e9}
		for i, u := range units {
			c.Add(u, one[i])
		}
		right := 0
		for _, p := range c.Best() {
			if p.Offset%6 == 0 {
				right++
			}
		}
		if right < 6 { // of ten; by chance it would be one or two
			t.Errorf("%v: %d documents of ten are in the language", way, right)
		}
	}
	for _, way := range [][2]string{{"ncd", "cm"}, {"gain", "ngram"}} {
		if _, err := Train(engine(t, way[1]), target).Scorer(way[0]); err == nil {
			t.Errorf("%v is taken", way)
		}
	}
}
