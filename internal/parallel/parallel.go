// Package parallel spreads independent work over goroutines.
package parallel

import (
	"sync"
	"sync/atomic"
)

// Each calls work for 0…n−1, each once and in any order, from as many goroutines, and
// returns when all is done.
func Each(threads, n int, work func(i int)) {
	var (
		next    atomic.Int64
		workers sync.WaitGroup
	)
	for range max(1, min(threads, n)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	workers.Wait()
}
