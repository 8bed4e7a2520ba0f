// Command write makes the file of a tiny model.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/pith-codec/pith/internal/tinymodel"
)

func main() {
	out := flag.String("o", "tiny.gguf", "file to write")
	small := flag.Bool("small", false, "the smallest model")
	flag.Parse()
	c := tinymodel.Default()
	if *small {
		c = tinymodel.Small()
	}
	if err := os.WriteFile(*out, tinymodel.Bytes(c), 0o644); err != nil {
		log.Fatal(err)
	}
}
