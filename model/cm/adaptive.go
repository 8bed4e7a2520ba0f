package cm

// adaptive is a probability that learns: 22 bits of it above 10 bits that count
// the bits seen, which set how far the next one moves it.
type adaptive uint32

const countBits = 10

// adaptiveAt returns the probability p as if learnt from count bits.
func adaptiveAt(p uint32, count uint32) adaptive { return adaptive(p<<countBits | count) }

func (a adaptive) prob() uint32 { return max(uint32(a)>>countBits, 1) }

// update moves towards bit by 1/(count+1.5), the count bounded by limit.
func (a *adaptive) update(bit int, limit uint32) {
	p, n := int64(*a>>countBits), uint32(*a)&(1<<countBits-1)
	p += (int64(bit*maxProb) - p) * int64(reciprocal[n]) >> 16
	if n < limit {
		n++
	}
	*a = adaptiveAt(uint32(p), n)
}

// reciprocal[n] is 2^16/(n+1.5).
var reciprocal = func() (t [1 << countBits]uint32) {
	for n := range t {
		t[n] = uint32(2 << 16 / (2*n + 3))
	}
	return t
}()

// apm refines a probability in a context (adaptive probability map, or
// secondary symbol estimation, Mahoney's paq6): for each context a curve of
// probabilities over the log-odds of the input, interpolated.
type apm struct {
	curve []adaptive // [contexts][apmPoints]
	at    int        // the point nearest the last input
}

const (
	apmPoints = 45
	apmStep   = 2 * maxOpinion / (apmPoints - 1)
	apmLimit  = 511
)

func newAPM(contexts int) apm {
	a := apm{curve: make([]adaptive, contexts*apmPoints)}
	for i := range apmPoints {
		a.curve[i] = adaptiveAt(squash(int32(i)*apmStep-maxOpinion), 8)
	}
	for done := apmPoints; done < len(a.curve); done *= 2 {
		copy(a.curve[done:], a.curve[:done])
	}
	return a
}

// refine returns the log-odds that the context's curve has for x.
func (a *apm) refine(x int32, context int) int32 {
	x = clamp(x, -maxOpinion, maxOpinion-1) + maxOpinion
	i, rest := int(x/apmStep), x%apmStep
	low := context*apmPoints + i
	a.at = low
	if rest > apmStep/2 {
		a.at++
	}
	p, q := stretch(a.curve[low].prob()), stretch(a.curve[low+1].prob())
	return p + int32(int64(q-p)*int64(rest)/apmStep)
}

func (a *apm) update(bit int) { a.curve[a.at].update(bit, apmLimit) }
