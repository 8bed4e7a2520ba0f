//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// expected names the implementations in assembly that must be there, from the
// processor alone.
func expected() []string {
	if cpu.ARM64.HasASIMDDP {
		return []string{"neon", "neondot"}
	}
	return []string{"neon"}
}
