// Command refdec restores a .pith file from standard input to standard output, slowly, by the second decoder.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/pith-codec/pith/internal/refdec"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "refdec:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	dictionary := flag.String("D", "", "the dictionary `file` that the input needs")
	flag.Parse()
	var in refdec.Inputs
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
