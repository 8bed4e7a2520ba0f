//go:build !amd64 || purego

package kernel

func native() []*Impl { return nil }
