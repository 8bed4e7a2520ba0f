package paq

import (
	"runtime"
	"testing"
)

// What a model takes is within what is said beforehand.
func TestMemory(t *testing.T) {
	for p := range Profiles {
		for _, log := range []int{MinLog, 16, 20} {
			const size = 1 << 20
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m := New(p, log, size)
			m.Learn(make([]byte, 1000))
			runtime.ReadMemStats(&after)
			if took := int64(after.TotalAlloc - before.TotalAlloc); took > Memory(log, size) {
				t.Errorf("profile %d with 2^%d lines took %d bytes, more than %d", p, log, took, Memory(log, size))
			}
			// The text has all its room: growing, it would take a multiple.
			if c := m.Clone(); cap(m.text) < size || cap(c.text) < size {
				t.Errorf("room for %d bytes, for %d in a clone, not for %d", cap(m.text), cap(c.text), size)
			}
		}
	}
}
