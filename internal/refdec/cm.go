package refdec

// A cm is the mixer beside the language model, which the streams of a block share.
type cm struct {
	slots    cmSlots
	runs     [11]*run
	matchers [2]*matcher
	mixer    *cmMixer
	maps     [2]*curve
	biases   []bias
	escapes  [2]adaptive
	misses   [16]adaptive
	// Of the ends of tokens:
	ends     []cmCell
	endRuns  [3]*run
	endMixer *cmMixer
	endMap   *curve
}

type bias struct{ x, n int32 }

// An expert is what is known of a decision beside the text.
type expert struct {
	opinion int32
	class   int // of sureness
	depth   int
	lo, hi  int
}

func newCm(size int) *cm {
	n := 1 << 12
	for n < 4*size && n < 1<<19 {
		n *= 2
	}
	m := &cm{slots: make(cmSlots, n), maps: [2]*curve{newCurve(1 << 14), newCurve(16 << 8)}, biases: make([]bias, 1<<18)}
	for i := range m.runs {
		m.runs[i] = newRun()
	}
	m.matchers = [2]*matcher{newMatcher(6, n/2), newMatcher(20, n/2)}
	initial := make([]int32, 2+22+2+2)
	initial[0] = 1 << 16
	for i := range 11 {
		initial[3+2*i] = 3 << 16 / 100
	}
	initial[25] = 1 << 16 / 10
	initial[26], initial[27] = 30<<16/100, 30<<16/100
	m.mixer = newCmMixer(initial, []int{256, 64, 48, 256, 2048}, 256, rate{24, 3, 256}, rate{12, 1, 256})
	m.escapes = [2]adaptive{{1 << 8, 200}, {1 << 8, 200}}
	for i := range m.misses {
		m.misses[i] = adaptive{1 << 14, 8}
	}
	m.ends = make([]cmCell, 1<<18)
	for i := range m.ends {
		m.ends[i] = freshCmCell
	}
	for i := range m.endRuns {
		m.endRuns[i] = newRun()
	}
	initial = make([]int32, 2+6+2)
	initial[0] = 1 << 16
	m.endMixer = newCmMixer(initial, []int{48, 16}, 48, rate{24, 2, 128}, rate{12, 2, 256})
	m.endMap = newCurve(48)
	return m
}

// enter finds the slots at the beginning of a half byte.
func (m *cm) enter(h *cmHistory) {
	if h.left != 8 && h.left != 4 {
		return
	}
	for i, hash := range h.hashes() {
		h.slots[i] = m.slots.find(hash2(hash+uint32(i), uint32(h.node)))
	}
}

// code codes the next bit of h, which is want if it is known.
func (m *cm) code(h *cmHistory, e expert, want int, c coder) int {
	m.enter(h)
	x := []int32{e.opinion, 1024}
	for i, s := range h.slots {
		cell := &s.cells[h.inHalf()]
		x = append(x, cell.direct(), m.runs[i].indirect(cell))
	}
	var guesses [2]guess
	k := 0
	for i, a := range m.matchers {
		guesses[i] = a.bit(h, &h.matches[i])
		x = append(x, guesses[i].opinion())
		k = max(k, guesses[i].class)
	}
	place := uint32(e.lo)*0x9E3779B1 + uint32(e.hi)
	var biases [2]*bias
	var corrected [2]int32
	for i, p := range []uint32{place, place ^ h.last[0]*0x85EBCA6B} {
		biases[i] = &m.biases[hash2(p, uint32(i))%(1<<18)]
		corrected[i] = e.opinion + biases[i].x
		x = append(x, biases[i].x)
	}
	c1, d := h.c(1), min(e.depth, 3)
	y := m.mixer.mix(x, []int{h.node, 4*k + d, 4*e.class + d, int(c1), int(hash2(256*c1+h.c(2), 0) % 2048)}, h.node)
	p := 6*squash(y) + m.maps[0].prob(y, int(hash2(c1, uint32(h.node))%(1<<14))) + m.maps[1].prob(y, 256*k+h.node)
	bit := c(max(1, p/8), want)
	m.mixer.learn(bit)
	for _, a := range m.maps {
		a.learn(bit)
	}
	for i, b := range biases {
		miss := int64(bit<<22) - int64(squash(corrected[i]))
		b.x = clamp(b.x+int32(miss*2/int64(b.n+2)>>10), -8*one, 8*one)
		b.n = min(b.n+1, 20)
	}
	for _, g := range guesses {
		g.learn(bit)
	}
	m.learn(h, bit)
	return bit
}

// known takes in a bit that was not coded.
func (m *cm) known(h *cmHistory, bit int) {
	m.enter(h)
	m.learn(h, bit)
}

func (m *cm) learn(h *cmHistory, bit int) {
	for i, s := range h.slots {
		m.runs[i].learn(&s.cells[h.inHalf()], bit)
	}
	h.node = h.node<<1 | bit
	h.left--
	if h.left == 0 {
		h.append(byte(h.node))
		for i, a := range m.matchers {
			a.advance(h, &h.matches[i])
		}
	}
}

// codeEnd codes whether the token of h ends, of which want is the answer if it is known.
func (m *cm) codeEnd(h *cmHistory, e expert, want int, c coder) int {
	x := []int32{e.opinion, 1024}
	at := uint32(e.lo)*2 + 1
	second := at + h.last[0]*0x9E3779B1
	var cells [3]*cmCell
	for i, context := range []uint32{at, second, second + h.last[1]*0x85EBCA6B} {
		cells[i] = &m.ends[hash2(context, uint32(i))%(1<<18)]
		x = append(x, cells[i].direct(), m.endRuns[i].indirect(cells[i]))
	}
	var guesses [2]guess
	k := 0
	for i, a := range m.matchers {
		guesses[i] = a.end(&h.matches[i])
		x = append(x, guesses[i].opinion())
		k = max(k, guesses[i].class)
	}
	f := 4*e.class + min(e.depth, 3)
	y := m.endMixer.mix(x, []int{f, k}, f)
	bit := c(squash((3*y+m.endMap.refine(y, f))/4), want)
	m.endMixer.learn(bit)
	m.endMap.learn(bit)
	for i, cell := range cells {
		m.endRuns[i].learn(cell, bit)
	}
	for _, g := range guesses {
		g.learn(bit)
	}
	return bit
}
