package align

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/corpus/length"
	"github.com/pith-codec/pith/internal/tinymodel"
)

// letters is an engine that takes 8 bits for each byte value that it has not seen.
type letters struct {
	seen     []byte
	additive bool
}

func (l letters) Reach() int                         { return 1000 }
func (l letters) Tail() int                          { return 0 }
func (l letters) Unread([]byte) int                  { return 0 }
func (l letters) Additive() bool                     { return l.additive }
func (l letters) After(context []byte) length.Reader { return letters{seen: context} }
func (l letters) Bits(text []byte) (n float64) {
	seen := slices.Clone(l.seen)
	for _, c := range text {
		if !bytes.Contains(seen, []byte{c}) {
			seen, n = append(seen, c), n+8
		}
	}
	return n
}

// By hand: C(abc) = 24, C(bcde) = 32, C(both) = 40, C(abc|bcde) = 8, C(bcde|abc) = 16.
func TestMetrics(t *testing.T) {
	texts := [][]byte{[]byte("abc"), []byte("bcde")}
	for m, want := range map[Metric][2]float64{
		NCD: {16.0 / 32, 0}, CDM: {40.0 / 56, 24.0 / 48}, NCCD: {16.0 / 32, 0}, Gain: {1 - 8.0/24, 1}, ZIPFIT: {1 - 16.0/176, 1},
	} {
		v := New(letters{}, m, []string{"x", "y"}, texts, 2, func(int) {}).Values
		if again := New(letters{additive: true}, m, []string{"x", "y"}, texts, 2, func(int) {}).Values; !reflect.DeepEqual(v, again) {
			t.Errorf("%s: %v, by reading once %v", m, v, again)
		}
		if math.Abs(v[0][1]-want[0]) > 1e-15 || v[0][0] != want[1] {
			t.Errorf("%s: %v of both, %v with itself, want %v", m, v[0][1], v[0][0], want)
		}
		if m.Symmetric() && v[0][1] != v[1][0] {
			t.Errorf("%s: %v and %v", m, v[0][1], v[1][0])
		}
	}
	if v := New(letters{}, Gain, []string{"x", "y"}, texts, 1, func(int) {}).Values; v[1][0] != 0.5 { // 1 − 16/32
		t.Errorf("gain the other way is %v", v[1][0])
	}
	if _, err := ParseMetric("NCD"); err == nil {
		t.Error("a metric in capitals")
	}
}

// ZIP-FIT as published, by a compressor of its own.
func TestZIPFITReference(t *testing.T) {
	gzip := func(x []byte) float64 {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 9)
		w.Write(x)
		w.Close()
		return float64(b.Len() + 18) // header and trailer of RFC 1952
	}
	e, _ := length.New("deflate")
	r := rand.New(rand.NewPCG(1, 2))
	var names []string
	var texts [][]byte
	for i := range 12 {
		names = append(names, fmt.Sprint(i))
		texts = append(texts, []byte(strings.Repeat("some words, ", r.IntN(30))+strings.Repeat("others. ", r.IntN(60))+fmt.Sprint(r.Uint64())))
	}
	m := New(e, ZIPFIT, names, texts, 3, func(int) {})
	for i, x := range texts {
		for j, y := range texts {
			cx, cy, both := gzip(x), gzip(y), gzip(slices.Concat(x, y))
			want := 1 - (both-min(cx, cy))/max(cx, cy)
			if math.Abs(m.Values[i][j]-want) > 1e-12 {
				t.Errorf("%d, %d: %v, want %v", i, j, m.Values[i][j], want)
			}
		}
	}
}

// engine returns an engine, neural with a tiny model.
func engine(t *testing.T, name string) length.Engine {
	t.Helper()
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

// A text is near to itself for all engines, within their reach, and the number of
// threads makes no difference.
func TestIdentity(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 8000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	names, texts := []string{"noise", "text"}, [][]byte{noise, []byte(strings.Repeat("It was the best of times. ", 40) + "It was the worst.")}
	for _, name := range length.Names() {
		e := engine(t, name)
		for _, metric := range []Metric{NCD, NCCD} {
			m := New(e, metric, names, texts, 1, func(int) {})
			if d := m.Values[0][0]; d > 0.05 {
				t.Errorf("%s, %s: noise is %.3f from itself", name, metric, d)
			}
			if m.Values[0][1] < 0.8 {
				t.Errorf("%s, %s: noise is %.3f from text", name, metric, m.Values[0][1])
			}
			again := New(e, metric, names, texts, 4, func(int) {})
			if !reflect.DeepEqual(m, again) {
				t.Errorf("%s, %s: other values with four threads", name, metric)
			}
		}
	}
	long := New(letters{}, NCD, names, texts, 1, func(int) {})
	if len(long.Beyond) != 2 {
		t.Errorf("beyond the reach: %v", long.Beyond)
	}
	if _, err := length.New("store"); err == nil {
		t.Error("an engine that stores")
	}
}

func sample() *Matrix {
	return &Matrix{Metric: NCD, Names: []string{"a b", "c", "d'(e", "f"}, Values: [][]float64{
		{0, 0.2, 0.8, 0.8}, {0.2, 0, 0.8, 0.8}, {0.8, 0.8, 0, 1.0 / 3}, {0.8, 0.8, 1.0 / 3, 0},
	}}
}

func TestFormats(t *testing.T) {
	m := sample()
	out := map[string]string{}
	for _, f := range Formats {
		var b bytes.Buffer
		if err := m.Write(&b, f); err != nil {
			t.Fatal(f, err)
		}
		out[f] = b.String()
	}
	for f, comma := range map[string]rune{"csv": ',', "tsv": '\t'} {
		c := csv.NewReader(strings.NewReader(out[f]))
		c.Comma = comma
		rows, err := c.ReadAll()
		if err != nil || len(rows) != 5 || rows[3][0] != "d'(e" || rows[3][4] != "0.3333333333333333" {
			t.Errorf("%s: %v, %v", f, rows, err)
		}
	}
	var line struct {
		Name   string
		Values []float64
	}
	if err := json.Unmarshal([]byte(strings.Split(out["jsonl"], "\n")[2]), &line); err != nil || line.Values[3] != 1.0/3 || line.Name != "d'(e" {
		t.Errorf("%+v, %v", line, err)
	}
	npy := out["npy"]
	head := 10 + int(npy[8]) + int(npy[9])<<8
	if head%64 != 0 || !strings.Contains(npy[:head], "'shape': (4, 4)") || npy[head-1] != '\n' || len(npy) != head+4*4*8 {
		t.Errorf("%q", npy[:head])
	}
	if v := math.Float64frombits(binary.LittleEndian.Uint64([]byte(npy[head+8*11:]))); v != 1.0/3 {
		t.Errorf("npy has %v", v)
	}
	if want := "4\na_b 0.000000 0.200000 0.800000 0.800000\n"; !strings.HasPrefix(out["phylip"], want) {
		t.Errorf("phylip: %s", out["phylip"])
	}
	// a and c join at 0.1, d and f at 1/6, all at 0.4.
	if want := "((a_b:0.100000,c:0.100000):0.300000,(d__e:0.166667,f:0.166667):0.233333);\n"; out["newick"] != want {
		t.Errorf("newick: %s, want %s", out["newick"], want)
	}
	if err := m.Write(&bytes.Buffer{}, "xml"); err == nil {
		t.Error("a format that there is not")
	}
	m.Metric = Gain
	if err := m.Write(&bytes.Buffer{}, "newick"); err == nil {
		t.Error("a tree of similarities")
	}
}

func TestTreeText(t *testing.T) {
	tree, err := sample().Tree()
	if err != nil {
		t.Fatal(err)
	}
	want := "┐ 0.800\n├─┐ 0.200\n│ ├─a b\n│ └─c\n└─┐ 0.333\n  ├─d'(e\n  └─f\n"
	if tree.Text() != want {
		t.Errorf("\n%s want\n%s", tree.Text(), want)
	}
	one := &Matrix{Metric: NCD, Names: []string{"only"}, Values: [][]float64{{0}}}
	if tree, err := one.Tree(); err != nil || tree.Newick() != "only;" {
		t.Error(tree, err)
	}
}

func TestOuter(t *testing.T) {
	for _, c := range [][]string{
		{"a/b/c", "a/b/d", "c", "d"}, {"a/b/c", "a/d", "b/c", "d"}, {"/x", "y", "/x", "y"}, {"a", "a", "a", "a"},
		{"ab/c", "a/c", "ab/c", "a/c"}, {"a/" + strings.Repeat("x", 40), "a/y", "…" + strings.Repeat("x", 27), "y"},
	} {
		if got := outer(c[:2]); !slices.Equal(got, c[2:]) {
			t.Errorf("%q: %q", c, got)
		}
	}
	for want, m := range map[scale]*Matrix{
		{0.5 - 0.025, 0.7}: {Metric: NCD, Values: [][]float64{{0, 0.5}, {0.7, 0}}}, {0.5, 0.7 + 0.025}: {Metric: Gain, Values: [][]float64{{1, 0.5}, {0.7, 1}}},
		{0, 1}: {Metric: NCD, Values: [][]float64{{0}}},
	} {
		if got := m.span(); math.Abs(got.least-want.least) > 1e-12 || math.Abs(got.most-want.most) > 1e-12 {
			t.Errorf("%v: %v, want %v", m.Values, got, want)
		}
	}
}

func TestHeatmap(t *testing.T) {
	for _, n := range []int{1, 2, 5, 50, 70, 501} {
		m := &Matrix{Metric: NCD}
		for i := range n {
			m.Names = append(m.Names, fmt.Sprintf("file-%d.txt", i))
			m.Values = append(m.Values, make([]float64, n))
			for j := range n {
				m.Values[i][j] = abs(float64(i-j)) / float64(n)
			}
		}
		var b bytes.Buffer
		if n < 100 { // a larger picture takes long
			if err := m.Heatmap(&b, "png"); err != nil {
				t.Fatal(n, err)
			}
			if _, err := png.Decode(&b); err != nil {
				t.Error(n, err)
			}
			b.Reset()
		}
		if err := m.Heatmap(&b, "svg"); err != nil || !strings.Contains(b.String(), "</svg>") || strings.Contains(b.String(), "image/jpg") {
			t.Error(n, err)
		}
		if named := strings.Contains(b.String(), fmt.Sprintf(">file-%d.txt %d<", 0, 1)); named != (n <= 500) && n > 2 {
			t.Errorf("%d texts: named is %v", n, named)
		}
	}
}
