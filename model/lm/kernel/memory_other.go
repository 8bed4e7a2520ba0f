//go:build !linux

package kernel

func allocate(n int) []byte { return make([]byte, n) }
