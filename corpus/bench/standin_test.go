package bench

import (
	"bytes"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Every library at its ends restores what it made, and programs that are installed
// restore it too.
func TestStandIns(t *testing.T) {
	text := bytes.Repeat([]byte("some text, and some more of it\n"), 300)
	for name, l := range libraries {
		for _, level := range slices.Compact([]string{programs[name].level, "1"}) {
			if l.most == 0 {
				level = ""
			}
			var coded, back bytes.Buffer
			if err := RunStandIn(name+"-"+level, bytes.NewReader(text), &coded); err != nil {
				t.Fatal(name, level, err)
			}
			if coded.Len() == 0 || coded.Len() > len(text)/10 {
				t.Errorf("%s-%s makes %d bytes of %d", name, level, coded.Len(), len(text))
			}
			if err := RunStandIn(name, bytes.NewReader(coded.Bytes()), &back); err != nil || !bytes.Equal(back.Bytes(), text) {
				t.Errorf("%s-%s: %d bytes back, %v", name, level, back.Len(), err)
			}
			if err := RunStandIn(name, bytes.NewReader(coded.Bytes()[:coded.Len()/2]), io.Discard); err == nil {
				t.Errorf("%s-%s: half of a file was taken for all", name, level)
			}
			if _, err := exec.LookPath(name); err != nil {
				continue
			}
			program := exec.Command(name, "-dc")
			program.Stdin = &coded
			if out, err := program.Output(); err != nil || !bytes.Equal(out, text) {
				t.Errorf("the program %s restores %d bytes, %v", name, len(out), err)
			}
		}
	}
}

func TestFindLibrary(t *testing.T) {
	c, err := Find("go-gzip-7", "/self")
	if err != nil || strings.Join(c.Compress, " ") != "/self bench stand-in gzip-7" || strings.Join(c.Restore, " ") != "/self bench stand-in gzip" || !strings.Contains(c.Version, "a library, ") {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := Find("go-xz", "/self"); err != nil || c.Name != "go-xz" || c.Compress[3] != "xz-" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"go-", "go-zpaq", "go-gzip-10", "go-gzip-x", "go-brotli--1"} {
		if _, err := Find(bad, ""); err == nil {
			t.Errorf("%s was found", bad)
		}
	}
	if s, ok := StandIn(Codec{Name: "zstd-19"}, ""); !ok || s.Name != "go-zstd-19" {
		t.Errorf("%+v", s)
	}
	if _, ok := StandIn(Codec{Name: "zpaq-5"}, ""); ok {
		t.Error("something stands in for zpaq")
	}
	for _, bad := range []string{"nonesuch", "gzip-", "gzip-0", "gzip-10"} {
		if err := RunStandIn(bad, strings.NewReader("x"), io.Discard); err == nil {
			t.Errorf("%s ran", bad)
		}
	}
}
