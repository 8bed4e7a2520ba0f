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
	fault   atomic.Pointer[any] // what the first worker panicked with
}

func newTeam(size int) *team {
	t := &team{size: max(size, 1)}
	t.wake = sync.NewCond(&t.mu)
	for w := 1; w < t.size; w++ {
		job := make(chan func(int))
		t.jobs = append(t.jobs, job)
		t.ended.Go(func() {
			for f := range job {
				t.guard(f, w)
				t.done.Done()
			}
		})
	}
	return t
}

// run calls f once on every worker, the caller being worker 0, and returns
// when all are done. If one panics, the others end at their next barrier, and
// run panics in its place: so it is the caller's to recover. The team is of no
// use then but to be closed.
func (t *team) run(f func(worker int)) {
	t.done.Add(len(t.jobs))
	for _, job := range t.jobs {
		job <- f
	}
	t.guard(f, 0)
	t.done.Wait()
	if fault := t.fault.Load(); fault != nil {
		panic(*fault)
	}
}

// guard calls f and keeps what it panics with.
func (t *team) guard(f func(int), worker int) {
	defer func() {
		if fault := recover(); fault != nil {
			t.fault.CompareAndSwap(nil, &fault)
			t.mu.Lock()
			t.wake.Broadcast()
			t.mu.Unlock()
		}
	}()
	f(worker)
}

// abandoned ends a worker that waits for one that has panicked.
type abandoned struct{}

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

// barrier returns when every worker of the running function has called it. It
// panics if one never will.
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
		if t.fault.Load() != nil {
			panic(abandoned{})
		}
		if spin%yield == yield-1 {
			runtime.Gosched()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.round.Load() == round {
		if t.fault.Load() != nil {
			panic(abandoned{})
		}
		t.wake.Wait()
	}
}

// part returns the range of n items that worker w of size owns.
func part(n, w, size int) (lo, hi int) { return n * w / size, n * (w + 1) / size }
