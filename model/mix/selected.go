package mix

import "slices"

// Sets is how many sets of weights a Selected has.
const Sets = 4

// Selected adds up opinions, each with a weight that is the sum of several, one from
// each of some sets: what is known of the bit chooses which vector of a set. All that
// were chosen learn from the one error.
type Selected struct {
	n       int     // weights of a vector, a multiple of Step
	weights []int32 // the vectors of all sets
	bounds  [Sets + 1]int
	chosen  [Sets]int // where the vectors begin that were used last
}

// NewSelected returns what adds up n opinions, a multiple of Step, with sets of as many
// vectors. All weights begin alike.
func NewSelected(n int, initial int32, vectors [Sets]int) Selected {
	if n <= 0 || n%Step != 0 {
		panic("mix: odd length")
	}
	s := Selected{n: n}
	for i, v := range vectors {
		s.bounds[i+1] = s.bounds[i] + v*n
	}
	s.weights = slices.Repeat([]int32{initial}, s.bounds[Sets])
	return s
}

// Clone returns weights that learn apart from s.
func (s Selected) Clone() Selected {
	s.weights = slices.Clone(s.weights)
	return s
}

// Dot returns the sum of the products of x and the sum, cut to 32 bits, of the chosen
// vectors of the sets. Each is chosen by its number.
func (s *Selected) Dot(x []int32, a, b, c, d int) int64 {
	a, b, c, d = s.bounds[0]+a*s.n, s.bounds[1]+b*s.n, s.bounds[2]+c*s.n, s.bounds[3]+d*s.n
	if len(x) != s.n || a < 0 || b < s.bounds[1] || c < s.bounds[2] || d < s.bounds[3] ||
		a >= s.bounds[1] || b >= s.bounds[2] || c >= s.bounds[3] || d >= s.bounds[4] {
		panic("mix: no such weights")
	}
	s.chosen = [...]int{a, b, c, d}
	if vectors {
		return dotRows(&x[0], len(x), &s.weights[0], &s.chosen)
	}
	return s.dotGeneric(x)
}

// Train moves the weights that Dot used last, to which x were the inputs, each as the
// function Train does.
func (s *Selected) Train(x []int32, step int32) {
	if len(x) != s.n {
		panic("mix: odd length")
	}
	if vectors {
		trainRows(&x[0], len(x), &s.weights[0], &s.chosen, step)
		return
	}
	s.trainGeneric(x, step)
}

func (s *Selected) dotGeneric(x []int32) (sum int64) {
	var row [Sets][]int32
	for i, at := range s.chosen {
		row[i] = s.weights[at:][:len(x)]
	}
	for i, v := range x {
		sum += int64(v) * int64(row[0][i]+row[1][i]+row[2][i]+row[3][i])
	}
	return sum
}

func (s *Selected) trainGeneric(x []int32, step int32) {
	for _, at := range s.chosen {
		trainGeneric(x, s.weights[at:][:len(x)], step)
	}
}
