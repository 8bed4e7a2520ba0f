// Package exact computes elementary functions in float64 with the same bits on
// every machine: only additions, multiplications and divisions, each rounded,
// in a fixed order. It serves tables; it is not fast.
package exact

import "math"

// Constants to the precision of a float64.
const (
	Pi  = 3.14159265358979323846
	Ln2 = 0.693147180559945309417
)

// Log2 returns the binary logarithm of a normal x > 0, from the mantissa m in
// 1…2 by 2·artanh((m−1)/(m+1)).
func Log2(x float64) float64 {
	bits := math.Float64bits(x)
	exponent := float64(int64(bits>>52) - 1023)
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	y := (m - 1) / (m + 1)
	y2 := float64(y * y)
	sum := 0.0
	for k := 45.0; k >= 1; k -= 2 {
		sum = float64(sum*y2) + 1/k
	}
	return exponent + float64(float64(2*y)*sum)/Ln2
}

// Exp2 returns 2^x for |x| < 1000, from the fraction by the Taylor series.
func Exp2(x float64) float64 {
	n := int64(x)
	f := float64((x - float64(n)) * Ln2)
	sum := 1.0
	for k := 24.0; k >= 1; k-- {
		sum = 1 + float64(sum*(f/k))
	}
	return float64(sum * math.Float64frombits(uint64(1023+n)<<52))
}

// CosSin returns cosine and sine of x, 0 ≤ x ≤ π/4, by the Taylor series.
func CosSin(x float64) (cos, sin float64) {
	x2 := float64(x * x)
	cos, sin = 1, 1
	for k := 16.0; k >= 2; k -= 2 {
		sin = 1 - float64(sin*(x2/float64(k*(k+1))))
		cos = 1 - float64(cos*(x2/float64(k*(k-1))))
	}
	return cos, float64(sin * x)
}
