//go:build !purego

package mix

import (
	"os"

	"golang.org/x/sys/cpu"
)

var vectors = cpu.X86.HasAVX2 && os.Getenv("PITH_KERNELS") != "generic"

func dot(x, w []int32) int64 {
	if vectors {
		return dotAVX2(x, w)
	}
	return dotGeneric(x, w)
}

func train(x, w []int32, step int32) {
	if vectors {
		trainAVX2(x, w, step)
		return
	}
	trainGeneric(x, w, step)
}

func dotRows(x *int32, n int, w *int32, at *[Sets]int) int64 {
	return dotRowsAVX2(x, n, w, (*[4]int)(at))
}

func trainRows(x *int32, n int, w *int32, at *[Sets]int, step int32) {
	trainRowsAVX2(x, n, w, (*[4]int)(at), step)
}
