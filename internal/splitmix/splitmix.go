// Package splitmix is a small generator of well-spread numbers, the same on
// every machine (Steele, Lea and Flood, Fast Splittable Pseudorandom Number
// Generators, 2014). Tests and test data use it.
package splitmix

// Source is the generator's state; any value is a seed.
type Source uint64

// Next returns 64 bits.
func (s *Source) Next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Below returns a number in 0…n−1.
func (s *Source) Below(n int) int { return int(s.Next() % uint64(n)) }
