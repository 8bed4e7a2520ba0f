package align

import (
	"sync"
	"sync/atomic"
)

// inParallel calls work for 0…n−1 from as many goroutines, and tick with the number
// done, never at once.
func inParallel(threads, n int, work, tick func(int)) {
	var (
		next atomic.Int64
		lock sync.Mutex
		all  sync.WaitGroup
		done int
	)
	for range max(1, min(threads, n)) {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				work(i)
				lock.Lock()
				done++
				tick(done)
				lock.Unlock()
			}
		})
	}
	all.Wait()
}
