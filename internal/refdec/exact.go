package refdec

import "math"

// The functions of NUMERICS.md, "Functions in float64".

func exactLog2(x float64) float64 {
	m, n := math.Frexp(x)
	m, n = 2*m, n-1
	y := (m - 1) / (m + 1)
	y2 := float64(y * y)
	s := 0.0
	for k := 45; k >= 1; k -= 2 {
		s = float64(s*y2) + 1/float64(k)
	}
	return float64(n) + float64(2*y*s)/math.Ln2
}

func exactExp2(x float64) float64 {
	n := math.Trunc(x)
	f := float64((x - n) * math.Ln2)
	s := 1.0
	for k := 24; k >= 1; k-- {
		s = 1 + float64(s*(f/float64(k)))
	}
	return math.Ldexp(s, int(n))
}

// rotation returns cosine and sine of an angle in units of 2^-64 turns.
func rotation(angle uint64) (cos, sin float32) {
	octant, r := angle>>61, angle&(1<<61-1)
	if octant%2 == 1 {
		r = 1<<61 - r
	}
	var unit float64 = 2 * math.Pi / (1 << 56)
	x := float64(float64(r>>8) * unit)
	x2 := float64(x * x)
	c, s := 1.0, 1.0
	for k := 16; k >= 2; k -= 2 {
		s = 1 - float64(s*(x2/float64(k*(k+1))))
		c = 1 - float64(c*(x2/float64(k*(k-1))))
	}
	s = float64(s * x)
	// Of a quarter turn, the second eighth was folded: cosine and sine change places.
	if octant%2 == 1 {
		c, s = s, c
	}
	// Quarter turns.
	for range octant / 2 {
		c, s = -s, c
	}
	return float32(c), float32(s)
}

var exp2Coefficients = func() (c [7]float32) {
	power := 1.0
	for k := range c {
		c[k] = float32(power)
		power *= math.Ln2 / float64(k+1)
	}
	return c
}()

// exp2 is that of NUMERICS.md.
func exp2(x float32) float32 {
	x = min(max(x, -100), 125)
	t := float32(x + 12582912)
	f := float32(x - float32(t-12582912))
	p := exp2Coefficients[6]
	for k := 5; k >= 0; k-- {
		p = float32(p*f) + exp2Coefficients[k]
	}
	return math.Float32frombits(math.Float32bits(p) + math.Float32bits(t)<<23)
}
