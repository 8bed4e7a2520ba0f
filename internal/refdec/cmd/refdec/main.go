// Command refdec restores a .pith file from standard input to standard output, slowly, by the second decoder. In the
// root of a checkout it finds the built-in model by itself.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pith-codec/pith/internal/refdec"
)

// builtin are the parts of the model with the number 1, in order.
const builtin = "model/builtin/weights/*.gguf"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "refdec:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	dictionary := flag.String("D", "", "the dictionary `file` that the input needs")
	number := flag.Uint64("n", 0, "the `number` of the model, if files name it by one")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: refdec [-D FILE] [-n NUMBER] [PART OF A GGUF MODEL]... < FILE.pith > FILE")
		flag.PrintDefaults()
	}
	flag.Parse()
	in := refdec.Inputs{Number: *number}
	parts := flag.Args()
	if len(parts) == 0 {
		in.Number = 1
		if parts, err = filepath.Glob(builtin); err != nil {
			return err
		}
	}
	for _, name := range parts {
		part, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		in.Model = append(in.Model, part)
	}
	if *dictionary != "" {
		if in.Dictionary, err = os.ReadFile(*dictionary); err != nil {
			return err
		}
	}
	file, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	content, err := refdec.Decode(file, in)
	if _, e := os.Stdout.Write(content); e != nil {
		return e
	}
	return err
}
