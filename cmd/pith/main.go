// Command pith compresses and restores files with a language model.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/pith-codec/pith/internal/atomicfile"
)

func main() { os.Exit(run()) }

// run returns the exit code. The work is done beside it, so that a signal
// finds the program ready to clean up at any time.
func run() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan int, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				fmt.Fprintf(os.Stderr, "pith: internal error: %v: please report this with what follows\n%s", r, debug.Stack())
				done <- exitInternal
			}
		}()
		done <- command(os.Args)
	}()
	select {
	case code := <-done:
		if code != exitOK {
			atomicfile.DiscardAll()
		}
		return code
	case s := <-signals:
		atomicfile.DiscardAll()
		return 128 + int(s.(syscall.Signal))
	}
}
