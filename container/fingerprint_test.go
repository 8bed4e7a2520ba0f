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
