// Command pith compresses and restores files with a language model.
package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/pith-codec/pith/internal/atomicfile"
	"github.com/pith-codec/pith/internal/progress"
)

func main() { os.Exit(run()) }

// run returns the exit code. The work is done beside it, so that a signal
// finds the program ready to clean up at any time.
func run() int {
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as under nohup
			signal.Notify(signals, s)
		}
	}
	ignoreFileSizeSignal()
	done := make(chan int, 1)
	go func() {
		defer func() {
			if fault := recover(); fault != nil {
				progress.Stop()
				done <- panicked(os.Stderr, fault)
			}
		}()
		done <- command(os.Args[1:])
	}()
	select {
	case code := <-done:
		atomicfile.DiscardAll()
		return code
	case s := <-signals:
		windUp.run()
		progress.Stop()
		atomicfile.DiscardAll()
		return 128 + int(s.(syscall.Signal))
	}
}

// windUp is what has to be done before a signal ends the program.
var windUp ending

type ending struct {
	lock sync.Mutex
	do   func()
}

// set has do run when a signal comes, nothing if it is nil.
func (e *ending) set(do func()) {
	e.lock.Lock()
	defer e.lock.Unlock()
	e.do = do
}

func (e *ending) run() {
	e.lock.Lock()
	do := e.do
	e.lock.Unlock()
	if do != nil {
		do()
	}
}
