package codec

// pending is what a stream's model is to be fed before its next prediction: the
// token coded last and, after a repeat, some of those that were coded without it.
type pending []int32

// catchUp is the most tokens that are pending: of a longer repeat the model sees
// no more, and is fed them at the positions that follow the last it was fed. With
// 256 an archive of sources came out 1.9 % larger and a fifth slower: its long
// repeats are padding.
const catchUp = 16

// add appends a token unless it is an escape, of which a model knows nothing.
func (p *pending) add(id int32, m *Model) {
	if int(id) >= m.tokens.Size() {
		return
	}
	if len(*p) == catchUp {
		*p = append((*p)[:0], (*p)[1:]...)
	}
	*p = append(*p, id)
}
