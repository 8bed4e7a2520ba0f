//go:build llama

package llama

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// available returns the bytes of memory that the system can still give, or those that
// the library believes in where the system does not tell.
func (d device) available() int64 {
	if d.kind != deviceCPU {
		return d.free
	}
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return d.free
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib int64
		if n, _ := fmt.Sscanf(strings.TrimSpace(lines.Text()), "MemAvailable: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return d.free
}
