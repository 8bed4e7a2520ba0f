package hugepage

import "unsafe"

// Of returns n zeroed elements in memory that Make returns. T holds no pointers, for
// the garbage collector would not see them.
func Of[T any](n int) []T {
	var zero T
	memory := Make(n * int(unsafe.Sizeof(zero)))
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(memory))), n)
}
