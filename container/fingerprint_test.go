package container

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestFields(t *testing.T) {
	got, ok := Fields("engine=x;device=a, b=c;e=")
	if want := []Field{{"engine", "x"}, {"device", "a, b=c"}, {"e", ""}}; !ok || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, ok, want)
	}
	for _, bad := range []string{"", "engine", "x=engine", "engine=x;", "engine=x;engine=y", "engine=\xff", "engine=\t", "Engine=x",
		"engine=" + strings.Repeat("x", 249)} {
		if got, ok := Fields(bad); ok {
			t.Errorf("%q has fields %v", bad, got)
		}
	}
}

// A writer makes no file that a reader would refuse.
func TestWriterOfFingerprints(t *testing.T) {
	for _, h := range []Header{
		{Model: ModelID{Number: 1}, Foreign: "llama"},
		{Model: ModelID{Number: 1}, Foreign: "engine=" + strings.Repeat("x", 249)},
		{Foreign: "engine=x"},
	} {
		w := NewWriter(io.Discard, h)
		if err := w.WriteBlock(stored("a")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err == nil {
			t.Errorf("%+v was written", h)
		}
	}
}

// A fingerprint that is too long loses the text of its longest values, but nothing that
// tells engines apart.
func TestLongFingerprint(t *testing.T) {
	fit := func(features, compiler string) string {
		return Fit("engine=x;compiler=" + compiler + ";features=" + features + ";batch=64")
	}
	short := fit("avx", "gcc")
	if short != "engine=x;compiler=gcc;features=avx;batch=64" {
		t.Errorf("%q", short)
	}
	long, flags := strings.Repeat("x", 230), strings.Repeat("-", 229)
	seen := map[string]string{}
	for _, features := range []string{long[:210], long[:211], long, long + "y", "avx"} {
		for _, compiler := range []string{"gcc", flags, flags + "O", flags[:100] + flags} {
			f := fit(features, compiler)
			fields, ok := Fields(f)
			if !ok || len(fields) != 4 || fields[3] != (Field{"batch", "64"}) {
				t.Fatalf("%q is no fingerprint of four fields", f)
			}
			if other, twice := seen[f]; twice {
				t.Errorf("%q and %q have the fingerprint %q", features+compiler, other, f)
			}
			seen[f] = features + compiler
		}
	}
	// As long as it may be, and one byte more; the hash is that of sha256sum.
	fits := fit(long[:255-len("engine=x;compiler=gcc;features=;batch=64")], "gcc")
	if len(fits) != 255 || strings.Contains(fits, "sha256") {
		t.Errorf("%q", fits)
	}
	if got := fit(strings.Repeat("a", 216), "gcc"); got != "engine=x;compiler=gcc;features=sha256:3f07f22c6d4095fe;batch=64" {
		t.Errorf("%q", got)
	}
	// What cannot be made to fit is left for the writer to refuse.
	for _, odd := range []string{"engine", strings.Repeat("=", 300), "engine=x" + strings.Repeat(";", 300)} {
		if got := Fit(odd); got != odd {
			t.Errorf("%q became %q", odd, got)
		}
	}
}
