package mix

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestAgainstBig compares what is computed, with vectors where there are any and
// without, with numbers that cannot overflow.
func TestAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	number := func() int32 {
		switch r.IntN(4) {
		case 0:
			return []int32{math.MinInt32, math.MaxInt32, 0, 1, -1}[r.IntN(5)]
		case 1:
			return int32(r.Uint32()) >> 15
		}
		return int32(r.Uint32())
	}
	for n := Step; n <= 10*Step; n += Step {
		for range 200 {
			buf := make([]int32, 2*n+3)
			at := r.IntN(4) // vectors are loaded from odd places
			x, w := buf[at:][:n], make([]int32, n+1)[1:]
			for i := range x {
				x[i], w[i] = number(), number()
			}
			step := number()
			sum, moved := new(big.Int), make([]int32, n)
			for i := range x {
				p := big.NewInt(int64(x[i]))
				sum.Add(sum, p.Mul(p, big.NewInt(int64(w[i]))))
				q := big.NewInt(int64(x[i]))
				q.Mul(q, big.NewInt(int64(step))).Add(q, big.NewInt(1<<29)).Rsh(q, 30).Add(q, big.NewInt(int64(w[i])))
				moved[i] = int32(q.Int64()) // cut to 32 bits
			}
			// A sum wraps as int64 does.
			want := int64(new(big.Int).And(sum, new(big.Int).SetUint64(math.MaxUint64)).Uint64())
			if got, plain := Dot(x, w), dotGeneric(x, w); got != want || plain != want {
				t.Fatalf("%d products: sum %d and %d, want %d", n, got, plain, want)
			}
			plain := slices.Clone(w)
			trainGeneric(x, plain, step)
			Train(x, w, step)
			if !slices.Equal(w, moved) || !slices.Equal(plain, moved) {
				t.Fatalf("%d weights of step %d became %d and %d, want %d", n, step, w, plain, moved)
			}
		}
	}
}

func TestOddLengths(t *testing.T) {
	for _, f := range []func(){
		func() { Dot(nil, nil) }, func() { Dot(make([]int32, 7), make([]int32, 7)) }, func() { Dot(make([]int32, 8), make([]int32, 16)) },
		func() { Train(nil, nil, 1) }, func() { Train(make([]int32, 9), make([]int32, 9), 1) }, func() { Train(make([]int32, 16), make([]int32, 8), 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("an odd length was taken")
				}
			}()
			f()
		}()
	}
}

func BenchmarkDot(b *testing.B) {
	x, w := make([]int32, 64), make([]int32, 64)
	for b.Loop() {
		Dot(x, w)
	}
}

func BenchmarkTrain(b *testing.B) {
	x, w := make([]int32, 64), make([]int32, 64)
	for b.Loop() {
		Train(x, w, 1)
	}
}
