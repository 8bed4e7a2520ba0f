//go:build !amd64 || purego

package mix

func dot(x, w []int32) int64 { return dotGeneric(x, w) }

func train(x, w []int32, step int32) { trainGeneric(x, w, step) }
