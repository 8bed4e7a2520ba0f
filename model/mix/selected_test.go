package mix

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSelected compares sums and weights, with vectors where there are any and without,
// with numbers that cannot overflow.
func TestSelected(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	sizes := [Sets]int{3, 1, 7, 2}
	for n := Step; n <= 5*Step; n += Step {
		s := NewSelected(n, 0, sizes)
		for i := range s.weights {
			s.weights[i] = int32(r.Uint32()) >> r.IntN(32)
		}
		for range 100 {
			x, plain := make([]int32, n+1)[1:], s.Clone()
			for i := range x {
				x[i] = int32(r.Uint32()) >> r.IntN(32)
			}
			var at [Sets]int
			start, sum := 0, new(big.Int)
			for i, size := range sizes {
				at[i] = start + r.IntN(size)
				start += size
			}
			for i, v := range x {
				weight := big.NewInt(0)
				for _, k := range at {
					weight.Add(weight, big.NewInt(int64(s.weights[k*n+i])))
				}
				// The sum of weights is cut to 32 bits, as is that of products to 64.
				cut := int32(weight.Int64())
				sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(v)), big.NewInt(int64(cut))))
			}
			a, b, c, d := at[0], at[1]-3, at[2]-4, at[3]-11
			got := s.Dot(x, a, b, c, d)
			plain.Dot(x, a, b, c, d)
			if other := plain.dotGeneric(x); !sum.IsInt64() || got != sum.Int64() || other != got {
				t.Fatalf("%d products: sum %d and %d, want %d", n, got, other, sum)
			}
			step := int32(r.Uint32()) >> r.IntN(32)
			want := slices.Clone(s.weights)
			for _, k := range at {
				for i, v := range x {
					q := big.NewInt(int64(v))
					q.Mul(q, big.NewInt(int64(step))).Add(q, big.NewInt(1<<29)).Rsh(q, 30)
					want[k*n+i] += int32(q.Int64())
				}
			}
			s.Train(x, step)
			plain.trainGeneric(x, step)
			if !slices.Equal(s.weights, want) || !slices.Equal(plain.weights, want) {
				t.Fatalf("weights of step %d are not those wanted", step)
			}
		}
	}
}

func TestNoSuchWeights(t *testing.T) {
	s := NewSelected(Step, 1, [Sets]int{2, 2, 2, 2})
	x := make([]int32, Step)
	for i, f := range []func(){
		func() { s.Dot(x, 2, 0, 0, 0) }, func() { s.Dot(x, 0, -1, 0, 0) }, func() { s.Dot(x, 0, 0, 2, 0) },
		func() { s.Dot(x, 0, 0, 0, 2) }, func() { s.Dot(x[1:], 0, 0, 0, 0) }, func() { s.Train(x[1:], 1) },
		func() { NewSelected(7, 1, [Sets]int{1, 1, 1, 1}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("call %d was let through", i)
				}
			}()
			f()
		}()
	}
}
