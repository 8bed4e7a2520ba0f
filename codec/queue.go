package codec

import (
	"sync/atomic"
	"time"
)

// queue works on blocks side by side and gives the results back in order.
type queue[T any] struct {
	jobs []*job[T]
	done atomic.Int64 // bytes of content done of the jobs in the queue
}

// job is the work on one block.
type job[T any] struct {
	memory  int64         // that it takes
	counted int64         // of its content in queue.done
	ready   chan struct{} // closed when the rest is set
	result  T
	err     error
	failure any // of a panic
}

// add begins a job that takes so much memory. Work is called with a function that
// takes the number of bytes done so far.
func (q *queue[T]) add(memory int64, work func(tick func(done int)) (T, error)) {
	j := &job[T]{memory: memory, ready: make(chan struct{})}
	q.jobs = append(q.jobs, j)
	go func() {
		defer close(j.ready)
		defer func() { j.failure = recover() }()
		j.result, j.err = work(func(done int) {
			q.done.Add(int64(done) - j.counted)
			j.counted = int64(done)
		})
	}()
}

// memory returns what the jobs take together.
func (q *queue[T]) memory() (sum int64) {
	for _, j := range q.jobs {
		sum += j.memory
	}
	return sum
}

// next waits for the oldest job, takes it out of the queue, and returns its result.
// Tick is called now and then with the bytes done so far of all jobs.
func (q *queue[T]) next(tick func(done int64)) (T, error) {
	j := q.jobs[0]
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-j.ready:
			q.jobs = q.jobs[1:]
			q.done.Add(-j.counted)
			if j.failure != nil {
				panic(j.failure)
			}
			return j.result, j.err
		case <-every.C:
			tick(q.done.Load())
		}
	}
}
