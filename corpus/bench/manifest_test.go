package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pith-codec/pith/internal/shareddata"
)

const (
	emptySum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // of no bytes
	abcSum   = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
)

func TestParseManifest(t *testing.T) {
	good := "# a corpus\n\nabc\t3\t" + abcSum + "\tnone\tFIPS 180-2\r\nd/e\t0\t" + emptySum + "\t\t\n"
	m, err := ParseManifest("m", good)
	if err != nil || len(m.Files) != 2 || m.Files[0] != (Entry{"abc", 3, abcSum, "none", "FIPS 180-2"}) || m.Files[1].Name != "d/e" {
		t.Errorf("%+v, %v", m, err)
	}
	line := func(fields ...string) string { return strings.Join(fields, "\t") }
	for name, bad := range map[string]string{
		"empty": "# nothing", "fields": "abc\t3", "size": line("a", "x", abcSum, "", ""), "negative": line("a", "-1", abcSum, "", ""),
		"sum": line("a", "1", "12", "", ""), "upper": line("a", "1", strings.ToUpper(abcSum), "", ""),
		"outside": line("../a", "1", abcSum, "", ""), "absolute": line("/a", "1", abcSum, "", ""),
		"twice": line("a", "1", abcSum, "", "") + "\n" + line("a", "1", abcSum, "", ""),
	} {
		if m, err := ParseManifest("m", bad); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestBuiltin(t *testing.T) {
	names := BuiltinNames()
	if len(names) < 3 {
		t.Errorf("corpora: %v", names)
	}
	for _, name := range names {
		if _, ok := Builtin(name); !ok {
			t.Errorf("%s is not there", name)
		}
	}
	if _, ok := Builtin("../manifest"); ok {
		t.Error("a manifest from outside")
	}
	m, _ := Builtin("canterbury")
	total := int64(0)
	for _, e := range m.Files {
		total += e.Size
	}
	if len(m.Files) != 11 || total != 2810784 { // as published
		t.Errorf("%d files of %d bytes", len(m.Files), total)
	}
	inputs, err := m.Inputs(shareddata.Path(t, "corpora/canterbury"))
	if err != nil || len(inputs) != 11 {
		t.Error(inputs, err)
	}
}

func TestInputs(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"abc": "abc", "sub/x": "1", "sub/deep/y": "22", "odd:3": "colon",
		"m.tsv": "abc\t3\t" + abcSum + "\t\t\n", "short.tsv": "abc\t4\t" + abcSum + "\t\t\n", "gone.tsv": "gone\t4\t" + abcSum + "\t\t\n", "bad.tsv": "x",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	parse := func(s string) (int64, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, errors.New("no size")
		}
		return n, nil
	}
	for argument, want := range map[string]string{
		"abc": "abc/0", "abc:2": "abc:2/2", "sub": "deep/y/0 x/0", "sub:1": "deep/y:1/1 x:1/1", "odd:3": "odd:3/0", "odd:3:2": "odd:3:2/2",
		"m.tsv": "abc/0", "m.tsv:2": "abc:2/2",
	} {
		inputs, err := Inputs(filepath.Join(dir, argument), parse)
		var got []string
		for _, in := range inputs {
			got = append(got, in.Name+"/"+strconv.FormatInt(in.Most, 10))
			if strings.HasPrefix(argument, "m.tsv") && in.Want != abcSum {
				t.Errorf("%s: no sum", argument)
			}
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v, want %s", argument, got, err, want)
		}
	}
	for _, bad := range []string{"none", "abc:x", "abc:0", "none:3", "short.tsv", "gone.tsv", "bad.tsv", "canterbury=" + dir, "nocorpus=" + dir} {
		if !strings.Contains(bad, "=") {
			bad = filepath.Join(dir, bad)
		}
		if inputs, err := Inputs(bad, parse); err == nil {
			t.Errorf("%s: %v", bad, inputs)
		}
	}
}
