//go:build !amd64 || purego

package mix

func dot(x, w []int32) int64 { return dotGeneric(x, w) }

func train(x, w []int32, step int32) { trainGeneric(x, w, step) }

const vectors = false

func dotRows(*int32, int, *int32, *[Sets]int) int64 { panic("mix: no vectors") }

func trainRows(*int32, int, *int32, *[Sets]int, int32) { panic("mix: no vectors") }
