//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileSizeSignal makes a write beyond the limit of a file's size an
// ordinary error; the signal would end the program without a chance to clean up.
func ignoreFileSizeSignal() { signal.Ignore(syscall.SIGXFSZ) }
