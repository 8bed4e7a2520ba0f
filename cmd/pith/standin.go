package main

import (
	"bufio"
	"errors"
	"os"

	"github.com/pith-codec/pith/corpus/bench"
)

// standIn is the word by which pith bench calls itself to run a library of Go as if
// it were a program.
const standIn = "stand-in"

func runStandIn(u *ui, words []string) int {
	if len(words) != 1 {
		return u.usage(errors.New("stand-in needs the name of a library"))
	}
	out := bufio.NewWriter(os.Stdout)
	err := bench.RunStandIn(words[0], os.Stdin, out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return u.failed(words[0], err)
	}
	return exitOK
}
