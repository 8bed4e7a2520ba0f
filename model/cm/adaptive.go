package cm

import "slices"

// Adaptive is a probability that learns: 22 bits of it above 10 bits that count
// the bits seen, which set how far the next one moves it.
type Adaptive uint32

const countBits = 10

// AdaptiveAt returns the probability p as if learnt from count bits.
func AdaptiveAt(p uint32, count uint32) Adaptive { return Adaptive(p<<countBits | count) }

// Prob returns the probability of a 1, of ProbBits bits.
func (a Adaptive) Prob() uint32 { return max(uint32(a)>>countBits, 1) }

// Update moves towards bit by 1/(count+1.5), the count bounded by limit.
func (a *Adaptive) Update(bit int, limit uint32) {
	v := uint32(*a)
	n := v & (1<<countBits - 1)
	move := (int64(bit*maxProb) - int64(v>>countBits)) * int64(reciprocal[n]) >> 16
	grow := (n - limit) >> 31 // 1 if n < limit, without a branch
	*a = Adaptive(v + uint32(move)<<countBits + grow)
}

// reciprocal[n] is 2^16/(n+1.5).
var reciprocal = func() (t [1 << countBits]uint32) {
	for n := range t {
		t[n] = uint32(2 << 16 / (2*n + 3))
	}
	return t
}()

// APM refines a probability in a context (adaptive probability map, or
// secondary symbol estimation, Mahoney's paq6): for each context a curve of
// probabilities over the log-odds of the input, interpolated.
type APM struct {
	curve []Adaptive // [contexts][apmPoints]
	at    int        // the point nearest the last input
}

const (
	apmPoints = 45
	apmStep   = 2 * MaxOpinion / (apmPoints - 1)
	apmLimit  = 511
)

// NewAPM returns the maps of as many contexts, each the identity at first.
func NewAPM(contexts int) APM {
	a := APM{curve: make([]Adaptive, contexts*apmPoints)}
	for i := range apmPoints {
		a.curve[i] = AdaptiveAt(Squash(int32(i)*apmStep-MaxOpinion), 8)
	}
	for done := apmPoints; done < len(a.curve); done *= 2 {
		copy(a.curve[done:], a.curve[:done])
	}
	return a
}

// Clone returns maps that learn apart from a.
func (a APM) Clone() APM {
	a.curve = slices.Clone(a.curve)
	return a
}

// Refine returns the log-odds that the context's curve has for x.
func (a *APM) Refine(x int32, context int) int32 {
	x = clamp(x, -MaxOpinion, MaxOpinion-1) + MaxOpinion
	i, rest := int(x/apmStep), x%apmStep
	low := context*apmPoints + i
	a.at = low
	if rest > apmStep/2 {
		a.at++
	}
	p, q := Stretch(a.curve[low].Prob()), Stretch(a.curve[low+1].Prob())
	return p + int32(int64(q-p)*int64(rest)/apmStep)
}

// Prob returns the probability that the context's curve has for x.
func (a *APM) Prob(x int32, context int) uint32 {
	x = clamp(x, -MaxOpinion, MaxOpinion-1) + MaxOpinion
	i, rest := int(x/apmStep), x%apmStep
	low := context*apmPoints + i
	a.at = low
	if rest > apmStep/2 {
		a.at++
	}
	p, q := int64(a.curve[low]>>countBits), int64(a.curve[low+1]>>countBits)
	return uint32(p + (q-p)*int64(rest)/apmStep)
}

// Update learns the bit that Refine was asked about last.
func (a *APM) Update(bit int) { a.curve[a.at].Update(bit, apmLimit) }
