package lm

import "github.com/pith-codec/pith/internal/exact"

// rope holds the rotation speeds of rotary position embedding (Su et al.,
// RoFormer, 2021). A speed is a fraction of a turn for each position, scaled by
// 2^64, so that the angle of any position is an exact integer product.
type rope struct {
	speed []uint64 // [pairs]
	size  int      // values of a head after padding
}

// newRope returns the table for heads of dim rotated values, padded to size. Each
// pair turns slower by its factor, of 1 or more, where there are factors.
func newRope(base float64, dim, size int, factors []float64) rope {
	r := rope{size: size}
	octaves := exact.Log2(base)
	for i := range dim / 2 {
		// 2^64 · base^(−2i/dim) / 2π / factor, below 2^62.
		turns := exact.Exp2(float64(-octaves*float64(2*i))/float64(dim)) / (2 * exact.Pi)
		if factors != nil {
			turns /= factors[i]
		}
		r.speed = append(r.speed, uint64(float64(turns*(1<<64))))
	}
	return r
}

// angles sets c and s, each as long as a padded head, for kernel.Impl.Rotate:
// the cosine twice for each pair, and the sine, negative first.
func (r rope) angles(position uint64, c, s []float32) {
	for i := range c {
		c[i], s[i] = 1, 0
	}
	for i, speed := range r.speed {
		cos, sin := cosSin(position * speed)
		c[2*i], c[2*i+1] = cos, cos
		s[2*i], s[2*i+1] = -sin, sin
	}
}

// cosSin returns cosine and sine of an angle in units of 2^−64 turns. The
// angle is folded into an eighth of a turn.
func cosSin(phase uint64) (cos, sin float32) {
	octant := phase >> 61
	rest := phase & (1<<61 - 1)
	if octant&1 != 0 {
		rest = 1<<61 - rest
	}
	c, s := exact.CosSin(float64(float64(rest>>8) * (2 * exact.Pi / (1 << 56))))
	if octant == 1 || octant == 2 || octant == 5 || octant == 6 {
		s, c = c, s
	}
	if octant >= 2 && octant < 6 {
		c = -c
	}
	if octant >= 4 {
		s = -s
	}
	return float32(c), float32(s)
}
