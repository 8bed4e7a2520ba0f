package cm

const (
	biases    = 2
	biasCells = 1 << 18
	maxBias   = 8 * One
)

// bias is what an expert's opinion on a decision has to be moved by, as log-odds.
type bias struct {
	x    int32
	seen int32
}

// biasTable learns how the expert errs on each decision, in the manner of the bias of
// a logistic regression: by the gradient of the code length, 2/(seen+2) of it at
// first and less as a decision is seen. It is direct-mapped, by hash.
type biasTable struct {
	cells []bias

	// Of the bit predicted last:
	at        [biases]*bias
	corrected [biases]int32
}

const (
	biasStep = 2
	biasMost = 20 // seen is not counted further, so that learning goes on
)

func newBiasTable() biasTable { return biasTable{cells: make([]bias, biasCells)} }

// appendBiases appends the biases of the expert's decision to x.
func (t *biasTable) appendBiases(x []int32, e Expert) []int32 {
	for i, place := range e.Places {
		b := &t.cells[hash2(place, uint32(i))%biasCells]
		t.at[i], t.corrected[i] = b, e.Opinion+b.x
		x = append(x, b.x)
	}
	return x
}

func (t *biasTable) learn(bit int) {
	for i, b := range t.at {
		miss := int64(bit<<ProbBits) - int64(Squash(t.corrected[i]))
		b.x = clamp(b.x+int32(miss*biasStep/int64(b.seen+2)>>(ProbBits-12)), -maxBias, maxBias)
		b.seen = min(b.seen+1, biasMost)
	}
}
