package bench

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// results are of two files, 100 and 300 bytes, and three codecs.
func results() []*Result {
	cost := func(walls ...float64) (all []Cost) {
		for _, w := range walls {
			all = append(all, Cost{Wall: w, CPU: w / 2, Peak: 3 << 20})
		}
		return all
	}
	return []*Result{
		{File: "a", Size: 100, SHA256: "1", Codec: "x", Version: "1", Coded: 50, Extra: 1000, Compress: cost(2, 1, 4), Restore: cost(1)},
		{File: "a", Size: 100, SHA256: "1", Codec: "y", Version: "1", Coded: 25, Compress: cost(8, 8), Restore: cost(8)},
		{File: "a", Size: 100, SHA256: "1", Codec: "z", Version: "1", Error: "restoring: took too long"},
		{File: "b", Size: 300, SHA256: "2", Codec: "x", Version: "1", Coded: 30, Extra: 1000, Compress: cost(3), Restore: cost(1)},
		{File: "b", Size: 300, SHA256: "2", Codec: "y", Version: "1", Coded: 15, Compress: cost(8), Restore: cost(8)},
		{File: "empty", Size: 0, Codec: "x", Version: "1", Coded: 20, Compress: cost(1), Restore: cost(1)},
	}
}

// The sums are by hand.
func TestSummaries(t *testing.T) {
	all := Summaries(results())
	if len(all) != 3 || all[0].Codec != "x" || all[2].Failed != 1 || all[2].Files != 0 {
		t.Fatalf("%+v", all)
	}
	x := all[0]
	// 4 bits a byte of a, 0.8 of b; together 100 of 400 bytes, and 20 of the empty file.
	if x.Size != 400 || x.Coded != 100 || x.Bits() != 2 || x.Ratio() != 4 || math.Abs(x.Mean-2.4) > 1e-12 {
		t.Errorf("%+v: %g bits, ratio %g", x, x.Bits(), x.Ratio())
	}
	if x.Compress != 1+3+1 || x.Restore != 3 || x.Peak != 3<<20 || x.Files != 3 {
		t.Errorf("%+v", x)
	}
	if m := median([]Cost{{Wall: 4}, {Wall: 1}, {Wall: 2}}); m != 2 {
		t.Errorf("median of three is %g", m)
	}
	if m := median([]Cost{{Wall: 4}, {Wall: 1}}); m != 2.5 {
		t.Errorf("median of two is %g", m)
	}
}

func TestFormats(t *testing.T) {
	var text, markdown, table bytes.Buffer
	m := Machine{CPU: "a processor", Cores: 3, OS: "an os", Arch: "an arch", When: time.Date(2020, 5, 6, 7, 8, 9, 0, time.UTC)}
	WriteText(&text, m, results())
	WriteMarkdown(&markdown, m, results())
	if err := WriteCSV(&table, results()); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"text": text.String(), "markdown": markdown.String()} {
		for _, want := range []string{"z on a failed: restoring: took too long", "0 (1 failed)", "4.000", "2.400", "1100", "Measured on a processor, 3 cores, an os/an arch, 2020-05-06: x is 1; "} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, out)
			}
		}
	}
	for _, line := range strings.Split(markdown.String(), "\n")[:3] {
		if strings.Count(line, "|") != 6 { // file, bytes, x, y, z
			t.Errorf("row %q", line)
		}
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(rows) != 7 || rows[1][6] != "1.0000" || rows[1][7] != "2.0000" || rows[3][13] != "restoring: took too long" {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestPlot(t *testing.T) {
	untimed := results()
	for _, r := range untimed {
		r.Compress, r.Restore = nil, nil
	}
	many := results()
	for i := range 14 {
		many = append(many, &Result{File: "a", Size: 100, Codec: strings.Repeat("m", i+1), Coded: int64(20 + i), Compress: []Cost{{Wall: float64(i + 1)}}})
	}
	for name, all := range map[string][]*Result{"timed": results(), "untimed": untimed, "one": results()[:1], "many": many} {
		var picture bytes.Buffer
		if err := Plot(&picture, "png", all); err != nil {
			t.Fatal(name, err)
		}
		decoded, err := png.Decode(&picture)
		if err != nil || decoded.Bounds().Dx() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, _, alpha := decoded.At(0, 0).RGBA(); alpha != 0xFFFF {
			t.Errorf("%s: the ground is not opaque", name)
		}
		picture.Reset()
		if err := Plot(&picture, "svg", all); err != nil {
			t.Fatal(name, err)
		}
		if !strings.Contains(picture.String(), "Bits per byte by file") {
			t.Errorf("%s: no title", name)
		}
		for d := xml.NewDecoder(&picture); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if err := Plot(io.Discard, "png", results()[2:3]); err == nil {
		t.Error("a picture of nothing")
	}
	if err := Plot(io.Discard, "gif", results()); err == nil {
		t.Error("a gif")
	}
}

// x is fastest, y smallest; a codec beaten in both is not on the line.
func TestFront(t *testing.T) {
	all := []*Summary{
		{Codec: "y", Size: 100, Coded: 10, Compress: 9}, {Codec: "beaten", Size: 100, Coded: 60, Compress: 5},
		{Codec: "x", Size: 100, Coded: 50, Compress: 1}, {Codec: "same size", Size: 100, Coded: 50, Compress: 2},
	}
	var names []string
	for _, s := range front(all) {
		names = append(names, s.Codec)
	}
	if strings.Join(names, " ") != "x y" {
		t.Error(names)
	}
}

func TestChanges(t *testing.T) {
	after := results()
	after[0].Coded = 51                                  // worse by 2 %
	after[1].Compress = []Cost{{Wall: 8.2}, {Wall: 8.3}} // within noise of 3 %
	after[2].Error = ""                                  // mended
	after[3].Compress, after[3].Error = nil, "it broke"  // broken
	after[4].Compress = []Cost{{Wall: 12}}               // 50 %, and noise is 20 %
	after[5].SHA256 = "another"                          // not the same file
	changes, compared := Changes(results(), after)
	var got []string
	for _, c := range changes {
		got = append(got, c.Codec+" "+c.File+" "+c.What+map[bool]string{true: " worse", false: " better"}[c.Worse])
	}
	want := "x a size worse, z a result better, x b result worse, y b compressing worse"
	if strings.Join(got, ", ") != want || compared != 5 {
		t.Errorf("%d compared: %v, want %s", compared, got, want)
	}
	// Runs that differ much among themselves say little.
	before := results()[4:5]
	before[0].Compress = []Cost{{Wall: 8}, {Wall: 16}}
	if changes, _ := Changes(before, after[4:5]); len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
}

func TestLast(t *testing.T) {
	l := &Log{Results: append(results(), &Result{File: "a", Codec: "y", Coded: 7})}
	last := l.Last()
	if len(last) != 6 || last[5].Coded != 7 {
		t.Errorf("%d results, the last %+v", len(last), last[len(last)-1])
	}
	for _, r := range last[:5] {
		if r.File == "a" && r.Codec == "y" {
			t.Errorf("%+v is there still", r)
		}
	}
}

func TestLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	for i, r := range results() {
		l, err := OpenLog(name) // again and again, as a run that is stopped
		if err != nil || len(l.Results) != i || l.Machine.OS == "" {
			t.Fatal(i, len(l.Results), err)
		}
		if err := l.Add(r); err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
	whole, _ := os.ReadFile(name)
	if err := os.WriteFile(name, whole[:len(whole)-9], 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLog(name)
	if err != nil || len(l.Results) != 5 {
		t.Fatalf("with the last line cut: %d results, %v", len(l.Results), err)
	}
	if err := l.Add(results()[5]); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if again, _ := os.ReadFile(name); !bytes.Equal(again, whole) {
		t.Errorf("the log is\n%s\nwant\n%s", again, whole)
	}
	x, z := Codec{Name: "x", Version: "1"}, Codec{Name: "z", Version: "1"}
	timed := Options{Timed: true, Runs: 3}
	for _, c := range []struct {
		codec Codec
		in    Input
		size  int64
		o     Options
		known bool
	}{
		{x, Input{Name: "a"}, 100, timed, true}, {x, Input{Name: "a"}, 100, Options{}, true},
		{x, Input{Name: "a"}, 101, timed, false}, {x, Input{Name: "b"}, 300, timed, false}, // one run
		{Codec{Name: "x", Version: "2"}, Input{Name: "a"}, 100, timed, false}, {z, Input{Name: "a"}, 100, Options{}, false}, // failed
		{x, Input{Name: "a", Want: "another"}, 100, timed, false},
	} {
		if got := l.Done(c.codec, c.in, c.size, c.o); (got != nil) != c.known {
			t.Errorf("%+v: %v", c, got)
		}
	}
	for _, other := range []func(*Machine){
		func(m *Machine) { m.CPU += "X" }, func(m *Machine) { m.Cores++ }, func(m *Machine) { m.Arch = "none" },
	} {
		m := ThisMachine()
		other(&m)
		var text bytes.Buffer
		if err := WriteJSONL(&text, m, results()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenLog(name); err == nil {
			t.Errorf("the log of %+v was gone on with", m)
		}
	}
	for _, bad := range []string{"no log\n", "{}\n", "[]\n", string(whole) + "rubbish\n"} {
		if err := os.WriteFile(name, []byte(bad), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenLog(name); err == nil {
			t.Errorf("%q was taken for a log", bad)
		}
	}
}
