package lm

import "github.com/pith-codec/pith/model/lm/kernel"

// remember rotates and quantises row i's queries and key, and stores its key
// and value in the row's stream.
func (e *Engine) remember(i, l int) {
	c, size := e.m.config, e.m.headSize
	group := c.Heads / c.KVHeads
	y := e.y[i*e.ldy:]
	cos, sin := e.cos[i*size:][:size], e.sin[i*size:][:size]
	s, p := e.rows[i].Stream, e.place[i]
	for h := range c.Heads {
		q := y[h*size:][:size]
		at := (h/group*e.max+i)*group + h%group
		if p >= s.window {
			rotated := e.attn[i*e.heads.Cols:][:size]
			copy(rotated, q)
			e.k.Rotate(rotated, e.cosQ[i*size:][:size], e.sinQ[i*size:][:size])
			e.quantizeQuery(e.sink, at, rotated)
		}
		e.k.Rotate(q, cos, sin)
		e.quantizeQuery(e.query, at, q)
	}
	slot := s.slot(p)
	for h := range c.KVHeads {
		key, value := y[(c.Heads+h)*size:][:size], y[(c.Heads+c.KVHeads+h)*size:][:size]
		e.k.Rotate(key, cos, sin)
		s.caches[l*c.KVHeads+h].store(slot, e.quantizeHead(e.key, i, key), e.quantizeHead(e.value, i, value))
	}
}

// quantizeHead rounds x to int8 with one scale, using the space of vector i.
func (e *Engine) quantizeHead(v *kernel.Vectors, i int, x []float32) head {
	if len(x) == kernel.Block {
		e.k.Quantize(v, i, x)
		return head{v.Q[i*kernel.Block:][:kernel.Block], v.Scale[i]}
	}
	q := v.Q[i*len(x):][:len(x)]
	scale, _ := quantizeRow(q, x)
	return head{q, scale}
}

// quantizeQuery stores q as vector at, so that its products with keys are
// base-2 logits.
func (e *Engine) quantizeQuery(v *kernel.Vectors, at int, q []float32) {
	e.k.Quantize(v, at, q)
	for b := at; b < len(v.Scale); b += v.N {
		v.Scale[b] = float32(v.Scale[b] * e.m.toLogit)
	}
}

// attend computes attention for chunks of rows and key/value heads, taken in
// turn by whichever worker is free.
func (e *Engine) attend(w, l int) {
	kv := e.m.config.KVHeads
	for {
		n := int(e.ticket.Add(1)) - 1
		if n >= len(e.chunks)*kv {
			return
		}
		e.attendChunk(&e.scratch[w], l, e.chunks[n/kv], n%kv)
	}
}

// attendChunk sets attn for the rows of one chunk and the query heads of one
// key/value head, in tiles of queries that share a pass over the keys.
func (e *Engine) attendChunk(sc *scratch, l int, rows chunk, kvHead int) {
	c, size := e.m.config, e.m.headSize
	group := c.Heads / c.KVHeads
	s := e.rows[rows.lo].Stream
	k := &s.caches[l*c.KVHeads+kvHead]
	n := s.used(e.place[rows.hi-1])
	first, queries := (kvHead*e.max+rows.lo)*group, (rows.hi-rows.lo)*group
	whole := kernel.RoundUp(n, kernel.Block) // slots with weights, if only zeros
	var factor [kernel.MaxTile]float32
	for q := 0; q < queries; q += e.k.Tile {
		tile := min(e.k.Tile, queries-q)
		e.k.Mul(sc.z, n, &k.keys, 0, n/kernel.Lanes, e.query, first+q, tile, nil)
		for t := range tile {
			p, z := e.place[rows.lo+(q+t)/group], sc.z[t*n:][:n]
			if p >= s.window {
				e.k.Mul(z, n, &k.keys, 0, 1, e.sink, first+q+t, 1, nil)
			}
			s.mask(z, p)
			hi, lo := sc.hi[t*whole:][:whole], sc.lo[t*whole:][:whole]
			den, top := e.k.Softmax(hi[:n], lo[:n], z, k.scales[:n])
			clear(hi[n:])
			clear(lo[n:])
			factor[t] = float32(top*(float32(1<<18)/65535)) / float32(den)
		}
		for d := 0; d < size; d += kernel.Block {
			e.k.Accumulate(sc.sum, sc.hi, sc.lo, whole, k.values[d*4:], 4*size, whole, tile)
			for t := range tile {
				row, head := rows.lo+(q+t)/group, kvHead*group+(q+t)%group
				out := e.attn[row*e.heads.Cols+head*size+d:][:kernel.Block]
				for j, x := range sc.sum[t*kernel.Block:][:kernel.Block] {
					out[j] = float32(x * factor[t])
				}
			}
		}
	}
}
