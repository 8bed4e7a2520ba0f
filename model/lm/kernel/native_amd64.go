//go:build !purego

package kernel

func native() []*Impl { return nil }
