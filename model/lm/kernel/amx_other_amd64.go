//go:build !purego && !linux

package kernel

// haveAMX is false where it is not known how to ask for tile registers.
func haveAMX() bool { return false }
