package lm

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// team is a fixed set of workers that run one function together and meet at
// barriers within it. The steps between barriers last microseconds, so a
// waiting worker spins before it sleeps.
type team struct {
	size    int
	jobs    []chan func(worker int)
	done    sync.WaitGroup // the function at hand, but for worker 0
	ended   sync.WaitGroup // the workers themselves
	arrived atomic.Int32
	round   atomic.Uint32
	mu      sync.Mutex
	wake    *sync.Cond
}

func newTeam(size int) *team {
	t := &team{size: max(size, 1)}
	t.wake = sync.NewCond(&t.mu)
	for w := 1; w < t.size; w++ {
		job := make(chan func(int))
		t.jobs = append(t.jobs, job)
		t.ended.Go(func() {
			for f := range job {
				f(w)
				t.done.Done()
			}
		})
	}
	return t
}

// run calls f once on every worker, the caller being worker 0, and returns
// when all are done.
func (t *team) run(f func(worker int)) {
	t.done.Add(len(t.jobs))
	for _, job := range t.jobs {
		job <- f
	}
	f(0)
	t.done.Wait()
}

// close ends the workers and returns when they are gone.
func (t *team) close() {
	for _, job := range t.jobs {
		close(job)
	}
	t.ended.Wait()
	t.jobs, t.size = nil, 1
}

// Waking a sleeping worker takes longer than most steps, so one spins for some
// twenty microseconds first, letting others run in between: there may be
// more workers than processors.
const (
	spins = 50000
	yield = 2000
)

// barrier returns when every worker of the running function has called it.
func (t *team) barrier() {
	if t.size == 1 {
		return
	}
	round := t.round.Load()
	if int(t.arrived.Add(1)) == t.size {
		t.arrived.Store(0)
		t.mu.Lock()
		t.round.Add(1)
		t.mu.Unlock()
		t.wake.Broadcast()
		return
	}
	for spin := range spins {
		if t.round.Load() != round {
			return
		}
		if spin%yield == yield-1 {
			runtime.Gosched()
		}
	}
	t.mu.Lock()
	for t.round.Load() == round {
		t.wake.Wait()
	}
	t.mu.Unlock()
}

// part returns the range of n items that worker w of size owns.
func part(n, w, size int) (lo, hi int) { return n * w / size, n * (w + 1) / size }
