package codec

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/refdec"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/paq"
)

var freeze = flag.Bool("freeze", false, "add files to testdata/frozen that are missing there")

// frozen holds files of format version 1 and a list of the SHA-256 of their content. They
// were made when the version was frozen and are never made anew: whatever becomes
// of the program, it must restore them. Their models are of internal/tinymodel,
// which cannot change therefore.
const frozen = "testdata/frozen"

// frozenModel returns the tiny model that files whose names begin with name need.
func frozenModel(name string) (id container.ModelID, file []byte) {
	if name == "default" {
		return container.ModelID{Number: tinyID.Number + 1}, tinymodel.Bytes(tinymodel.Default())
	}
	return tinyID, tinymodel.Bytes(tinymodel.Small())
}

// frozenLevels is how the files were made, by name of model and level.
func frozenLevels(model string) map[string]level {
	if model == "default" {
		return map[string]level{"streams": {profile: paq.Strong, window: 128, stream: 30, streams: 8, block: 1 << 20, prefer: true}}
	}
	return map[string]level{
		"zstd":    {zstd: true, block: 1 << 20},
		"fast":    {profile: paq.Fast, log: 18, block: 1 << 20},
		"strong":  {profile: paq.Strong, log: 20, block: 1 << 20},
		"streams": {profile: paq.Strong, window: 128, stream: 30, streams: 8, block: 1 << 20, prefer: true},
		"single":  {profile: paq.Strong, window: 256, stream: 1 << 20, streams: 1, block: 1 << 20, prefer: true},
		"blocks":  {profile: paq.Fast, log: 12, window: 128, stream: 50, streams: 2, block: 300, prefer: true},
	}
}

// eachFrozen calls f with every frozen file, what it needs, and the hash of its content.
func eachFrozen(t *testing.T, f func(name string, file []byte, m *Model, d *Dictionary, sum string)) {
	list, err := os.ReadFile(filepath.Join(frozen, "SHA256"))
	if err != nil {
		t.Fatal(err)
	}
	dictionary, err := os.ReadFile(filepath.Join(frozen, "dictionary"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDictionary(dictionary)
	if err != nil {
		t.Fatal(err)
	}
	models := map[string]*Model{}
	tried := 0
	for line := range strings.Lines(string(list)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		file, err := os.ReadFile(filepath.Join(frozen, name))
		if err != nil {
			t.Fatal(err)
		}
		model, rest, _ := strings.Cut(name, ".")
		if models[model] == nil {
			if models[model], err = OpenModel(frozenModel(model)); err != nil {
				t.Fatal(err)
			}
		}
		primed := d
		if !strings.Contains(rest, ".primed.") {
			primed = nil
		}
		f(name, file, models[model], primed, sum)
		tried++
	}
	if tried < 100 {
		t.Errorf("%d files, want 100 or more", tried)
	}
	t.Logf("%s tried %d files", t.Name(), tried)
}

// hashed returns the SHA-256 of content as the list has it.
func hashed(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// TestGoldenFrozen decodes all frozen files.
func TestGoldenFrozen(t *testing.T) {
	if *freeze {
		addFrozen(t)
	}
	eachFrozen(t, func(name string, file []byte, m *Model, d *Dictionary, sum string) {
		decoder := NewDecoder(bytes.NewReader(file), DecoderOptions{Threads: 1, Dictionary: d,
			Model: func(container.ModelID) (*Model, error) { return m, nil }})
		defer decoder.Close()
		var content bytes.Buffer
		if _, err := content.ReadFrom(decoder); err != nil || hashed(content.Bytes()) != sum {
			t.Errorf("%s: %d bytes of another hash, %v", name, content.Len(), err)
		}
	})
}

// The second decoder restores them as well, but for those whose vocabulary takes it long.
func TestSecondDecoderFrozen(t *testing.T) {
	if testing.Short() {
		t.Skip("a plain decoder takes long")
	}
	id, file := frozenModel("small")
	eachFrozen(t, func(name string, data []byte, _ *Model, d *Dictionary, sum string) {
		in := refdec.Inputs{Model: [][]byte{file}, Number: id.Number}
		if d != nil {
			in.Dictionary = d.data
		}
		if strings.HasPrefix(name, "default.") {
			return
		}
		if content, err := refdec.Decode(data, in); err != nil || hashed(content) != sum {
			t.Errorf("%s: %d bytes of another hash, %v", name, len(content), err)
		}
	})
}

// addFrozen makes the files that are missing, and adds them to the list.
func addFrozen(t *testing.T) {
	dictionary := append(messages(0, 3), prose(300)...)
	list, err := os.OpenFile(filepath.Join(frozen, "SHA256"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	add := func(name string, file, content []byte) {
		f, err := os.OpenFile(filepath.Join(frozen, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(file); err != nil {
			t.Fatal(err)
		}
		if name != "dictionary" {
			fmt.Fprintf(list, "%s  %s\n", hashed(content), name)
		}
	}
	add("dictionary", dictionary, nil)
	d, err := NewDictionary(dictionary)
	if err != nil {
		t.Fatal(err)
	}
	contents := second()
	contents["messages"] = messages(9, 4)
	for _, model := range []string{"small", "default"} {
		m, err := OpenModel(frozenModel(model))
		if err != nil {
			t.Fatal(err)
		}
		var joined, whole []byte
		levels := frozenLevels(model)
		for _, l := range slices.Sorted(maps.Keys(levels)) {
			for what, content := range contents {
				what = strings.ReplaceAll(what, " ", "-")
				if model == "default" && what != "prose" && what != "controls" && what != "repeats" && what != "messages" {
					continue
				}
				add(fmt.Sprintf("%s.%s.%s.pith", model, l, what), write(t, content, levels[l], m, nil), content)
				if what == "messages" || what == "prose" || what == "crlf" {
					add(fmt.Sprintf("%s.%s.primed.%s.pith", model, l, what), write(t, content, levels[l], m, d), content)
				}
			}
			joined, whole = append(joined, write(t, prose(400), levels[l], m, nil)...), append(whole, prose(400)...)
		}
		add(model+".members.pith", joined, whole)
	}
}
