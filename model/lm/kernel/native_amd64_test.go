//go:build !purego

package kernel

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// expected names the implementations in assembly that must be there, from the
// processor alone.
func expected() (names []string) {
	if cpu.X86.HasAVX2 {
		names = append(names, "avx2")
	}
	if cpu.X86.HasAVXVNNI {
		names = append(names, "avxvnni")
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VNNI {
		names = append(names, "avx512vnni")
		if runtime.GOOS == "linux" && cpu.X86.HasAMXTile && cpu.X86.HasAMXInt8 {
			names = append(names, "amx")
		}
	}
	return names
}
