// Package prefetch asks the processor for memory that will soon be read.
package prefetch

import "unsafe"

// Lines asks for the cache lines that addresses point into. It has no effect but on
// time, and none at all where there is no implementation.
func Lines(addresses []unsafe.Pointer) { lines(addresses) }
