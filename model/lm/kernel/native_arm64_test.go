//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// expected names the implementations in assembly that must be there, from the
// processor alone.
func expected() []string {
	names := []string{"neon"}
	if cpu.ARM64.HasASIMDDP {
		names = append(names, "neondot")
	}
	if cpu.ARM64.HasI8MM {
		names = append(names, "neoni8mm")
	}
	return names
}
