//go:build !(amd64 || arm64) || purego

package kernel

func native() []*Impl { return nil }
