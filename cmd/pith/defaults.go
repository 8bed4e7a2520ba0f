package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// environment is the variable that holds options for every run.
const environment = "PITH_OPT"

// harmless are the options that may stand there: those that can neither turn
// compressing into restoring nor lose a file.
var harmless = []string{"level", "fast", "best", "threads", "memlimit", "keep", "verbose", "quiet", "no-progress"}

// defaults returns the options that the environment holds, normalised.
func defaults(value string) ([]string, error) {
	flags, files, err := options.normalise(strings.Fields(value))
	if err == nil && len(files) > 0 {
		err = fmt.Errorf("%q is no option", files[0])
	}
	for _, f := range flags {
		name, _, _ := strings.Cut(strings.TrimPrefix(f, "--"), "=")
		if err == nil && !slices.Contains(harmless, name) {
			err = fmt.Errorf("--%s may stand on the command line only", name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", environment, err)
	}
	return flags, nil
}

// calledAs returns the flags that the name of the program stands for.
func calledAs(program string) []string {
	switch strings.TrimSuffix(filepath.Base(program), ".exe") {
	case "unpith":
		return []string{"--decompress"}
	case "pithcat":
		return []string{"--decompress", "--stdout"}
	}
	return nil
}
