package ensemble

import "github.com/pith-codec/pith/model/cm"

// Weights is what a language model says of the next token: sums of weights,
// each at least 1, over the leaves lo…hi−1 of the vocabulary's order.
type Weights interface {
	Sum(lo, hi int) uint64
}

// source gives the language model's opinions along a walk.
type source interface {
	// begin returns how sure the model is of its first choice.
	begin(leaves int) int32
	// opinion returns that of the leaves mid…hi against lo…mid.
	opinion(lo, mid, hi int) int32
}

// live computes opinions from weights.
type live struct{ w Weights }

// topWeight is the largest weight a leaf can have, up to one.
const topWeight = 1 << 26

func (l live) begin(leaves int) int32 {
	return cm.Log2(l.w.Sum(0, leaves)) - cm.Log2(topWeight)
}

func (l live) opinion(lo, mid, hi int) int32 {
	return cm.Opinion(l.w.Sum(mid, hi), l.w.Sum(lo, mid))
}

// saved plays opinions back in order.
type saved struct{ list []int32 }

func (s *saved) begin(int) int32 { return s.next() }

func (s *saved) opinion(_, _, _ int) int32 { return s.next() }

// next returns 0 at the end, where only a walk that has gone astray gets.
func (s *saved) next() int32 {
	if len(s.list) == 0 {
		return 0
	}
	x := s.list[0]
	s.list = s.list[1:]
	return x
}

// recorder passes opinions on and keeps them.
type recorder struct {
	source
	list []int32
}

func (r *recorder) begin(leaves int) int32 {
	r.list = append(r.list, r.source.begin(leaves))
	return r.list[len(r.list)-1]
}

func (r *recorder) opinion(lo, mid, hi int) int32 {
	r.list = append(r.list, r.source.opinion(lo, mid, hi))
	return r.list[len(r.list)-1]
}

// AppendOpinions appends to dst all that Mixer.Encode needs to know of w for
// the token or escape id.
func (v *Vocabulary) AppendOpinions(dst []int32, id int32, w Weights) []int32 {
	r := recorder{live{w}, dst}
	walk(v, id, &r, listener{})
	return r.list
}

// listener walks a known token without coding it.
type listener struct{}

func (listener) start(int32)                      {}
func (listener) escape(bit int) int               { return bit }
func (listener) end(_ node, bit int, _ int32) int { return bit }
func (listener) bit(_ node, bit int, _ int32) int { return bit }
func (listener) known(int)                        {}
func (listener) finish()                          {}
