// Command mutate seeds faults into packages, one at a time, and tells how many of them
// the packages' tests catch:
//
//	go run ./internal/mutate [-n FAULTS] [-least PERCENT] PACKAGE...
//
// Faults are operators, constants, conditions and statements changed in the syntax tree.
// One that does not compile does not count. Exit status 1 is below the least.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pith-codec/pith/internal/splitmix"
)

func main() {
	most := flag.Int("n", 150, "faults tried in each package, spread over all there are")
	least := flag.Float64("least", 90, "percent that must be caught")
	flag.Parse()
	code := 0
	for _, pkg := range flag.Args() {
		caught, tried, err := check(pkg, *most)
		if err != nil {
			fmt.Fprintln(os.Stderr, "mutate:", err)
			os.Exit(1)
		}
		percent := 100 * float64(caught) / float64(max(tried, 1))
		fmt.Printf("%s: %d of %d faults caught, %.1f %%, want %.0f\n", pkg, caught, tried, percent, *least)
		if tried == 0 || percent < *least {
			code = 1
		}
	}
	os.Exit(code)
}

// check tries faults of a package and prints those that its tests let pass.
func check(pkg string, most int) (caught, tried int, err error) {
	names, err := filepath.Glob(filepath.Join(pkg, "*.go"))
	if err != nil {
		return 0, 0, err
	}
	var all []fault
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return 0, 0, err
		}
		found, err := faults(name, source)
		if err != nil {
			return 0, 0, err
		}
		all = append(all, found...)
	}
	// A fixed choice, so that two runs can be compared.
	source := splitmix.Source(1)
	for i := range all {
		j := i + int(source.Next()%uint64(len(all)-i))
		all[i], all[j] = all[j], all[i]
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	for _, f := range all {
		if tried == most {
			break
		}
		verdict, err := f.try(dir, pkg)
		if err != nil {
			return 0, 0, err
		}
		switch verdict {
		case passed:
			fmt.Printf("%s: %s: not caught\n", f.where, f.what)
			tried++
		case failed:
			caught++
			tried++
		}
	}
	return caught, tried, nil
}

type verdict int

const (
	unbuilt verdict = iota // it does not compile
	passed                 // the tests
	failed
)

// limit is how long tests may take: a fault that hangs is caught.
const limit = time.Minute

// try runs the package's tests with the fault in it.
func (f fault) try(dir, pkg string) (verdict, error) {
	file, err := filepath.Abs(f.file)
	if err != nil {
		return 0, err
	}
	mutant, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {file: mutant}})
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(mutant, f.source, 0o666); err != nil {
		return 0, err
	}
	if err := os.WriteFile(overlay, replace, 0o666); err != nil {
		return 0, err
	}
	binary := filepath.Join(dir, "tests")
	if exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, pkg).Run() != nil {
		return unbuilt, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	// One that takes all memory is caught as well.
	tests := exec.CommandContext(ctx, "sh", "-c", "ulimit -v 4194304; exec "+binary+" -test.short -test.failfast")
	tests.Dir = filepath.Dir(file)
	if tests.Run() == nil {
		return passed, nil
	}
	return failed, nil
}
