package codec

import (
	"sync/atomic"
	"time"

	"github.com/pith-codec/pith/container"
)

// queue codes blocks side by side and gives them back in order.
type queue struct {
	jobs []*job
	most int
	done atomic.Int64 // bytes of content coded of the jobs in the queue
}

// job is a block in the making.
type job struct {
	content []byte
	counted int64 // of its content in queue.done
	ready   chan struct{}
	block   *container.Block
	err     error
	failure any // of a panic
}

// add begins a job. Code is called with a function that takes the number of bytes
// coded so far.
func (q *queue) add(content []byte, code func(tick func(done int)) (*container.Block, error)) {
	j := &job{content: content, ready: make(chan struct{})}
	q.jobs = append(q.jobs, j)
	go func() {
		defer close(j.ready)
		defer func() { j.failure = recover() }()
		j.block, j.err = code(func(done int) {
			q.done.Add(int64(done) - j.counted)
			j.counted = int64(done)
		})
	}()
}

// next waits for the oldest job and takes it out of the queue. Tick is called now
// and then with the bytes coded so far of all jobs.
func (q *queue) next(tick func(done int64)) *job {
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
			return j
		case <-every.C:
			tick(q.done.Load())
		}
	}
}
