package exact

import (
	"math"
	"testing"
)

// The functions must be accurate too; package math is near enough to say so.
func TestAccuracy(t *testing.T) {
	near := func(what string, x, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 4e-16*math.Max(1, math.Abs(want))) {
			t.Errorf("%s(%g) = %.17g, want %.17g", what, x, got, want)
		}
	}
	for i := range 2000 {
		x := float64(i+1) * 0.37
		near("Log2", x, Log2(x), math.Log2(x))
		near("Log2", 1/x, Log2(1/x), math.Log2(1/x))
		e := x/30 - 12
		near("Exp2", e, Exp2(e)/math.Exp2(e), 1)
		a := float64(i) / 2000 * Pi / 4
		c, s := CosSin(a)
		near("cos", a, c, math.Cos(a))
		near("sin", a, s, math.Sin(a))
	}
	for n := -100; n <= 100; n++ {
		if got := Exp2(float64(n)); got != math.Ldexp(1, n) {
			t.Errorf("Exp2(%d) = %g", n, got)
		}
	}
}
