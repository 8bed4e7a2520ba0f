//go:build !linux

package hugepage

// Size is that of a huge page on most processors.
const Size = 2 << 20

// Make returns n zeroed bytes.
func Make(n int) []byte { return make([]byte, n) }
