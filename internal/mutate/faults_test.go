package main

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Every fault changes the file in one place and still parses.
func TestFaults(t *testing.T) {
	source := `package p

func f(a, b int, ok bool) (c int) {
	if a < b && !ok {
		c = a + 7
		c++
	}
	c <<= 2
	f(1, 2, true)
	if c == 0 {
		panic("it is " + "zero")
	}
	return c
}

func g() bool { return true }
`
	all, err := faults("p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range all {
		if string(f.source) == source {
			t.Errorf("%s changes nothing", f.what)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "p.go", f.source, 0); err != nil {
			t.Errorf("%s: %v", f.what, err)
		}
		seen[string(f.source)] = true
	}
	if len(seen) != len(all) {
		t.Errorf("%d faults, %d of them different", len(all), len(seen))
	}
	for _, want := range []string{"a <= b && !ok", "a < b || !ok", "a < b && ok", "if !(a < b && !ok)", "a - 7", "a + 8", "c--", "c >>= 2", "c <<= 3", "\n\t\t\n\t\tc++", "f(2, 2,", "f(1, 3,", "c != 0", "c == 1", "return false"} {
		found := false
		for s := range seen {
			found = found || strings.Contains(s, want)
		}
		if !found {
			t.Errorf("no fault makes %q", want)
		}
	}
	if len(all) != 18 { // the 14 above, f and panic left out, the last condition turned, and the first 2 made 3
		t.Errorf("%d faults", len(all))
	}
}
