package lm

import "math"

// rope holds the rotation speeds of rotary position embedding (Su et al.,
// RoFormer, 2021). A speed is a fraction of a turn for each position, scaled by
// 2^64, so that the angle of any position is an exact integer product.
type rope struct {
	speed []uint64 // [pairs]
	size  int      // values of a head after padding
}

// newRope returns the table for heads of dim rotated values, padded to size.
func newRope(base float64, dim, size int) rope {
	r := rope{size: size}
	octaves := float64(ln(base) / ln2)
	for i := range dim / 2 {
		// 2^64 · base^(−2i/dim) / 2π, below 2^62.
		turns := float64(pow2(float64(-octaves*float64(2*i))/float64(dim)) / (2 * pi))
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

const (
	pi  = 3.14159265358979323846
	ln2 = 0.693147180559945309417
)

// cosSin returns cosine and sine of an angle in units of 2^−64 turns. The
// angle is folded into an eighth of a turn, where the Taylor series to the
// thirteenth power is below half a float32 ulp.
func cosSin(phase uint64) (cos, sin float32) {
	octant := phase >> 61
	rest := phase & (1<<61 - 1)
	if octant&1 != 0 {
		rest = 1<<61 - rest
	}
	x := float64(float64(rest>>8) * (2 * pi / (1 << 56)))
	x2 := float64(x * x)
	s, c := 1.0, 1.0
	for k := 12.0; k >= 2; k -= 2 {
		s = 1 - float64(s*float64(x2/float64(k*(k+1))))
		c = 1 - float64(c*float64(x2/float64(k*(k-1))))
	}
	s = float64(s * x)
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

// ln returns the natural logarithm of a finite x ≥ 1, from the mantissa in
// 1…2 by 2·artanh((m−1)/(m+1)).
func ln(x float64) float64 {
	bits := math.Float64bits(x)
	exponent := float64(int64(bits>>52) - 1023)
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	y := float64((m - 1) / (m + 1))
	y2 := float64(y * y)
	sum := 0.0
	for k := 45.0; k >= 1; k -= 2 {
		sum = float64(sum*y2) + float64(1/k)
	}
	return float64(exponent*ln2) + float64(float64(2*y)*sum)
}

// pow2 returns 2^x for −1000 < x ≤ 0, from the fraction by the Taylor series.
func pow2(x float64) float64 {
	n := int64(x)
	f := float64((x - float64(n)) * ln2)
	sum := 1.0
	for k := 24.0; k >= 1; k-- {
		sum = 1 + float64(sum*float64(f/k))
	}
	return float64(sum * math.Float64frombits(uint64(1023+n)<<52))
}
