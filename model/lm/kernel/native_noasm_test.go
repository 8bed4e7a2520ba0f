//go:build !amd64 || purego

package kernel

func expected() []string { return nil }
