package lm

import (
	"sync/atomic"
	"testing"
)

// A panic of any worker, at any moment, reaches the caller, and the workers end.
func TestTeamPanics(t *testing.T) {
	const size = 4
	for victim := range size {
		for _, at := range []int{0, 1, 2} {
			team, reached := newTeam(size), atomic.Int32{}
			got := func() (fault any) {
				defer func() { fault = recover() }()
				team.run(func(w int) {
					for round := range 3 {
						if w == victim && round == at {
							panic("asked for")
						}
						team.barrier()
						reached.Add(1)
					}
				})
				return nil
			}()
			if got != "asked for" {
				t.Errorf("worker %d, round %d: the caller saw %v", victim, at, got)
			}
			// Some may be abandoned just after the last barrier, none passes the next.
			if n := int(reached.Load()); n > size*at || n < at {
				t.Errorf("worker %d, round %d: %d barriers passed", victim, at, n)
			}
			team.close() // returns only when all workers have ended
		}
	}
}
