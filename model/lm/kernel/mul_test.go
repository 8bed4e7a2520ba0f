package kernel

import (
	"fmt"
	"math"
	"math/big"
	"testing"
)

// problem is a random product; every third row and second vector hold only the
// largest magnitudes.
func problem(r *random, rows, cols, n int) (*Matrix, *Vectors) {
	w, x := NewMatrix(rows, cols), NewVectors(n, cols)
	for i := range rows {
		values := r.int8s(cols)
		if i%3 == 0 {
			for j := range values {
				values[j] = int8(127 - 254*r.Below(2))
			}
		}
		w.SetRow(i, float32(r.Below(1000)+1)/1e5, values)
	}
	for i := range n {
		generic.Quantize(x, i, r.floats(x.Cols))
		if i%2 == 1 {
			for b := range x.Cols / Block {
				for j := range Block {
					x.Q[(b*x.N+i)*Block+j] = int8(127 - 254*r.Below(2))
				}
			}
			x.setBias(i)
		}
	}
	return w, x
}

func (x *Vectors) setBias(i int) {
	for at := i; at < len(x.Bias); at += x.N {
		x.Bias[at] = 0
		for _, q := range x.Q[at*Block:][:Block] {
			x.Bias[at] -= 128 * int32(q)
		}
	}
}

func TestMatrix(t *testing.T) {
	r := seed(16)
	for n := range 131 {
		m := NewMatrix(17, n)
		if m.Rows != 32 || m.Cols != (n+63)/64*64 || len(m.Data) != m.Rows*m.Cols || len(m.Scale) != 32 {
			t.Fatalf("17×%d became %d×%d", n, m.Rows, m.Cols)
		}
		values := r.int8s(n)
		m.SetRow(16, 3, values)
		for i, b := range m.Data {
			group, in := i/(Lanes*m.Cols), i%(Lanes*m.Cols)
			row, col := group*Lanes+in%64/4, in/64*4+in%4
			want := 0
			if row == 16 && col < n {
				want = int(values[col])
			}
			if int(b)-128 != want {
				t.Fatalf("%d columns: row %d, column %d is %d, want %d", n, row, col, int(b)-128, want)
			}
		}
	}
}

// compareMul compares a product with the generic one, whose result lies in the
// middle of numbers that must stay.
func compareMul(t *testing.T, k *Impl, w *Matrix, g0, g1 int, x *Vectors, first, n int) {
	t.Helper()
	ldd := w.Rows + 5
	want, got := make([]float32, n*ldd), make([]float32, n*ldd)
	for i := range want {
		want[i], got[i] = -7, -7
	}
	generic.Mul(want, ldd, w, g0, g1, x, first, n, nil)
	k.Mul(got, ldd, w, g0, g1, x, first, n, nil)
	equal(t, fmt.Sprintf("%d×%d, groups %d to %d, vectors %d and %d more", w.Rows, w.Cols, g0, g1, first, n-1), got, want)
}

func TestMul(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := seed(1)
		for cols := 64; cols <= 1600; cols += 64 {
			rows := 16 * (1 + r.Below(3))
			w, x := problem(r, rows, cols, MaxTile+2)
			n := 1 + cols/64%k.Tile
			compareMul(t, k, w, 0, rows/Lanes, x, r.Below(MaxTile+3-n), n)
		}
		w, x := problem(r, 80, 192, MaxTile+2)
		for n := 1; n <= k.Tile; n++ {
			for first := 0; first+n <= x.N; first++ {
				compareMul(t, k, w, 0, 5, x, first, n)
			}
			for g0 := range 6 {
				for g1 := g0; g1 <= 5; g1++ {
					compareMul(t, k, w, g0, g1, x, 1, n)
				}
			}
		}
	})
}

// More weights than one call of the assembly takes.
func TestMulManyGroups(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := seed(2)
		w, x := problem(r, 16, 1536, 3)
		big := NewMatrix(800, 1536)
		for i := range big.Data {
			big.Data[i] = w.Data[i%len(w.Data)]
		}
		for i := range big.Scale {
			big.Scale[i] = float32(i + 1)
		}
		compareMul(t, k, big, 1, 50, x, 0, 3)
	})
}

// Sums of the largest magnitudes that can be.
func TestMulExtremes(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		for _, sign := range [][2]int8{{127, 127}, {127, -127}, {-127, 127}, {-127, -127}, {0, -127}, {-127, 0}} {
			w, x := NewMatrix(16, 128), NewVectors(MaxTile, 128)
			values := make([]int8, 128)
			for i := range values {
				values[i] = sign[0]
			}
			for r := range 16 {
				w.SetRow(r, 1, values)
			}
			for i := range x.Q {
				x.Q[i] = sign[1]
			}
			for i := range x.Scale {
				x.Scale[i] = 1
			}
			for i := range x.N {
				x.setBias(i)
			}
			for n := 1; n <= k.Tile; n++ {
				got := make([]float32, 16*n)
				k.Mul(got, 16, w, 0, 1, x, 0, n, nil)
				want := float32(128 * int(sign[0]) * int(sign[1]))
				for i, f := range got {
					if f != want {
						t.Fatalf("%d vectors: 128·%d·%d is %g in place %d", n, sign[0], sign[1], f, i)
					}
				}
			}
		}
	})
}

// Operands may lie at any address.
func TestMulAlignment(t *testing.T) {
	eachImpl(t, func(t *testing.T, k *Impl) {
		r := seed(3)
		w, x := problem(r, 32, 128, 5)
		want := make([]float32, 5*32)
		generic.Mul(want, 32, w, 0, 2, x, 0, 5, nil)
		for off := range 64 {
			w2 := &Matrix{Rows: 32, Cols: 128, Data: shifted(w.Data, off), Scale: shifted(w.Scale, off)}
			x2 := &Vectors{N: 5, Cols: 128, Q: shifted(x.Q, off), Scale: shifted(x.Scale, off), Bias: shifted(x.Bias, off)}
			got := shifted(make([]float32, len(want)), off)
			k.Mul(got, 32, w2, 0, 2, x2, 0, 5, nil)
			equal(t, fmt.Sprint("offset ", off), got, want)
		}
	})
}

// shifted returns a copy of s that lies off elements behind a multiple of the
// cache line.
func shifted[T any](s []T, off int) []T {
	return append(make([]T, off, off+len(s)+4096), s...)[off:]
}

// The generic product, too, must be right: compared with big integers.
func TestMulIsProduct(t *testing.T) {
	r := seed(4)
	const rows, cols, n = 32, 192, 3
	values := make([][]int8, rows)
	w, x := NewMatrix(rows, cols), NewVectors(n, cols)
	for i := range values {
		values[i] = r.int8s(cols)
		w.SetRow(i, float32(i+1)/64, values[i])
	}
	for i := range n {
		generic.Quantize(x, i, r.floats(cols))
	}
	dst := make([]float32, n*rows)
	generic.Mul(dst, rows, w, 0, 2, x, 0, n, nil)
	for i := range n {
		for row := range rows {
			sum, size := new(big.Float), 0.0
			for b := range cols / Block {
				dot := new(big.Int)
				for j := range Block {
					p := big.NewInt(int64(values[row][b*Block+j]))
					dot.Add(dot, p.Mul(p, big.NewInt(int64(x.Q[(b*n+i)*Block+j]))))
				}
				term := new(big.Float).SetInt(dot)
				term.Mul(term, big.NewFloat(float64(x.Scale[b*n+i])))
				sum.Add(sum, term)
				f, _ := term.Float64()
				size += math.Abs(f)
			}
			want, _ := sum.Mul(sum, big.NewFloat(float64(w.Scale[row]))).Float64()
			// Each of the three terms is rounded twice, each sum and the product once.
			if d := math.Abs(float64(dst[i*rows+row]) - want); d > 6*0x1p-24*size*float64(w.Scale[row])+1e-45 {
				t.Errorf("vector %d, row %d: %g, want %g", i, row, dst[i*rows+row], want)
			}
		}
	}
}

func BenchmarkMul(b *testing.B) {
	r := seed(1)
	for _, shape := range [][2]int{{1088, 64}, {576, 1536}, {1536, 576}, {49152, 576}} {
		rows, cols := shape[0], shape[1]
		w, x := problem(r, rows, cols, 48)
		for _, k := range Available()[1:] {
			for _, n := range []int{1, 2, 3, 4, 6, 8, 12, 16, 32, 48} {
				b.Run(fmt.Sprintf("%s/%dx%d/n=%d", k.Name, rows, cols, n), func(b *testing.B) {
					dst := make([]float32, n*rows)
					for b.Loop() {
						// All vectors meet a strip of the matrix while it is in cache.
						for g := 0; g < rows/Lanes; g += 8 {
							for i := 0; i < n; i += k.Tile {
								k.Mul(dst[i*rows:], rows, w, g, min(g+8, rows/Lanes), x, i, min(k.Tile, n-i), nil)
							}
						}
					}
					b.ReportMetric(float64(rows*cols*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}
