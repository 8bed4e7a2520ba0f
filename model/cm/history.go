package cm

// History is the bytes of one stream and the contexts they make.
type History struct {
	stream int
	text   []byte
	ends   []bool // whether a token ended with the byte
	match  [matchers]pointer

	hashes [contexts]uint32
	slots  [contexts]*slot
	ready  bool   // slots belong to the bits at hand
	bits   uint32 // bits of the byte at hand behind a leading one
	node   uint32 // the same for its half
	left   int    // bits of the byte still to come

	word, before, third uint32    // hashes of the word at hand and those before
	symbol              uint32    // hash of the bytes of the expert's symbol at hand
	symbols             [2]uint32 // of those before, from the latest
}

func newHistory(stream int) *History {
	h := &History{stream: stream}
	h.begin()
	return h
}

// Text returns the bytes so far.
func (h *History) Text() []byte { return h.text }

// last returns the nth byte from the end, 0 before the beginning.
func (h *History) last(n int) byte {
	if n > len(h.text) {
		return 0
	}
	return h.text[len(h.text)-n]
}

// EndToken notes that a token ends here.
func (h *History) EndToken() {
	h.ends[len(h.ends)-1] = true
	h.symbols = [2]uint32{h.symbol, h.symbols[0]}
	h.symbol = 0
	h.begin()
}

func (h *History) append(c byte) {
	h.text, h.ends = append(h.text, c), append(h.ends, false)
	switch letter := c | 32; {
	case letter >= 'a' && letter <= 'z' || c >= 128:
		h.word = hash2(h.word, uint32(letter))
	case h.word != 0:
		h.third, h.before, h.word = h.before, h.word, 0
	}
	h.symbol = hash2(h.symbol, uint32(c)+1)
	h.begin()
}

// begin computes the contexts of the next byte.
func (h *History) begin() {
	h.bits, h.node, h.left, h.ready = 1, 1, 8, false
	var order uint32
	h.hashes[0] = 0
	for n := 1; n <= 6; n++ {
		order = hash2(order, uint32(h.last(n))+1)
		h.hashes[n] = order
	}
	h.hashes[7] = hash2(h.word, uint32(h.last(1)))
	h.hashes[8] = hash2(hash2(h.word, h.before), uint32(h.last(1)))
	h.hashes[9] = hash2(hash2(h.symbol, h.symbols[0]), h.symbols[1])
	h.hashes[10] = hash2(hash2(h.word, h.third), uint32(h.last(1)))
}
