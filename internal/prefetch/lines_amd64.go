//go:build !purego

package prefetch

import "unsafe"

//go:noescape
func lines(addresses []unsafe.Pointer)
