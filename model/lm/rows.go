package lm

import "github.com/pith-codec/pith/model/lm/kernel"

// begin sets row i's residual stream to its token's embedding and computes
// the angles of its position.
func (e *Engine) begin(i int) {
	x := e.x[i*e.m.width:][:e.m.width]
	e.m.embed.Row(int(e.rows[i].Token), x[:e.m.config.Width])
	size, p := e.m.headSize, e.place[i]
	e.m.rope.angles(uint64(p), e.cos[i*size:][:size], e.sin[i*size:][:size])
	if last := e.rows[i].Stream.window - 1; p > last {
		e.m.rope.angles(uint64(last), e.cosQ[i*size:][:size], e.sinQ[i*size:][:size])
	}
}

func (e *Engine) norm(i, w int, weight []float32) {
	x, dst := e.x[i*e.m.width:][:e.m.width], e.scratch[w].norm
	e.k.RMSNorm(dst, x, weight, e.m.config.Width, float32(e.m.config.Eps))
	e.k.Quantize(e.wide, i, dst)
}

func (e *Engine) residual(i int) {
	e.k.Add(e.x[i*e.m.width:][:e.m.width], e.y[i*e.ldy:][:e.m.width])
}

// stripBytes are the weights that are multiplied with all vectors of a batch
// before the next: they stay in cache meanwhile.
const stripBytes = 192 << 10

// mul sets y to worker w's share of the rows of m times each row's vector. The
// matrix after it is next.
func (e *Engine) mul(w int, m *kernel.Matrix, v *kernel.Vectors, next *kernel.Matrix) {
	lo, hi := part(m.Rows/kernel.Lanes, w, e.t.size)
	e.product(e.y, e.ldy, m, lo, hi, v, e.share(w, next))
}

// share returns worker w's share of a matrix.
func (e *Engine) share(w int, m *kernel.Matrix) []byte {
	lo, hi := part(m.Rows/kernel.Lanes, w, e.t.size)
	return m.Data[lo*kernel.Lanes*m.Cols : hi*kernel.Lanes*m.Cols]
}

func (e *Engine) product(dst []float32, ldd int, m *kernel.Matrix, lo, hi int, v *kernel.Vectors, next []byte) {
	strip := max(1, stripBytes/(kernel.Lanes*m.Cols))
	for g := lo; g < hi; g += strip {
		ahead := next[:min(stripBytes, len(next))]
		if end := (g + strip) * kernel.Lanes * m.Cols; g+strip < hi {
			ahead = m.Data[end:min(end+stripBytes, hi*kernel.Lanes*m.Cols)]
		}
		for i := 0; i < len(e.rows); i += e.k.Tile {
			e.k.Mul(dst[i*ldd:], ldd, m, g, min(g+strip, hi), v, i, min(e.k.Tile, len(e.rows)-i), ahead)
			ahead = ahead[min(strip*kernel.Lanes*m.Cols/2, len(ahead)):]
		}
	}
}
