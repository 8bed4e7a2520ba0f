package refdec

import "math"

// rmsNorm normalises x.
func rmsNorm(x, w []float32, eps float32) []float32 {
	var sums [16]float32
	for i, v := range x {
		sums[i%16] += float32(v * v)
	}
	for half := 8; half >= 1; half /= 2 {
		for l := range half {
			sums[l] += sums[l+half]
		}
	}
	mean := sums[0] / float32(len(x))
	root := float32(math.Sqrt(float64(mean + eps)))
	r := 1 / root
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(float32(v*r) * w[i])
	}
	return y
}

func add(x, y []float32) {
	for i, v := range y {
		x[i] += v
	}
}

// rotate turns the pairs of a head as it stands at a position.
func (m *languageModel) rotate(head []float32, position int) []float32 {
	out := append([]float32(nil), head...)
	for i, speed := range m.speeds {
		c, s := rotation(uint64(position) * speed)
		a, b := head[2*i], head[2*i+1]
		out[2*i] = float32(a*c) + float32(b*-s)
		out[2*i+1] = float32(b*c) + float32(a*s)
	}
	return out
}

// A context is what the model has seen of a stream.
type context struct {
	m        *languageModel
	window   int
	position int
	// Of each layer, position, and head.
	keys, values [][][]quantised
}

func (m *languageModel) newContext(window int) *context {
	return &context{m: m, window: window, keys: make([][][]quantised, len(m.layers)), values: make([][][]quantised, len(m.layers))}
}

func (c *context) clone() *context {
	d := *c
	d.keys, d.values = nil, nil
	for i := range c.keys {
		d.keys = append(d.keys, append([][]quantised(nil), c.keys[i]...))
		d.values = append(d.values, append([][]quantised(nil), c.values[i]...))
	}
	return &d
}

// feed takes in the next token and returns the last state, normalised.
func (c *context) feed(id int) []float32 {
	m := c.m
	x := m.embedding.row(id)
	for i, l := range m.layers {
		y := rmsNorm(x, l.attentionNorm, m.eps)
		q, k, v := l.q.times(y), l.k.times(y), l.v.times(y)
		var keys, values []quantised
		for h := range m.headsKV {
			at, end := h*m.headDim, (h+1)*m.headDim
			keys = append(keys, quantise(m.rotate(k[at:end], c.position), m.headDim))
			values = append(values, quantise(v[at:end], m.headDim))
		}
		c.keys[i], c.values[i] = append(c.keys[i], keys), append(c.values[i], values)
		var seen []float32
		for h := range m.heads {
			seen = append(seen, c.attend(i, h, q[h*m.headDim:(h+1)*m.headDim])...)
			seen = append(seen, make([]float32, -len(seen)&63)...)
		}
		add(x, l.out.times(seen))
		y = rmsNorm(x, l.ffnNorm, m.eps)
		gate, up := l.gate.times(y), l.up.times(y)
		for j, g := range gate {
			up[j] = float32(float32(g/(1+exp2(float32(g*-math.Log2E)))) * up[j])
		}
		add(x, l.down.times(up))
	}
	c.position++
	return rmsNorm(x, m.norm, m.eps)
}

// attend returns what a query head sees in the window.
func (c *context) attend(layer, head int, q []float32) []float32 {
	m, p := c.m, c.position
	scaled := func(position int) quantised {
		v := quantise(m.rotate(q, position), 64)
		for i := range v.scale {
			v.scale[i] = float32(v.scale[i] * float32(math.Log2E/math.Sqrt(float64(m.headDim))))
		}
		return v
	}
	onSinks, onRest := scaled(min(p, c.window-1)), scaled(p)
	var visible []int
	for at := 0; at <= min(p, 3); at++ {
		visible = append(visible, at)
	}
	for at := max(4, p-c.window+5); at <= p; at++ {
		visible = append(visible, at)
	}
	kv := head / (m.heads / m.headsKV)
	z := make([]float32, len(visible))
	top := float32(math.Inf(-1))
	for i, at := range visible {
		query := onRest
		if at < 4 {
			query = onSinks
		}
		z[i] = dot(c.keys[layer][at][kv], query)
		top = max(top, z[i])
	}
	var sum int64
	a := make([]float32, len(visible))
	var most float32
	for i, at := range visible {
		e := exp2(z[i] - top)
		sum += int64(roundEven(float32(e * (1 << 18))))
		a[i] = float32(e * c.values[layer][at][kv].scale[0])
		most = max(most, a[i])
	}
	high, low := make([]int32, m.headDim), make([]int32, m.headDim)
	for i, at := range visible {
		if most < tiny {
			break
		}
		w := roundEven(float32(a[i] * (65535 / most)))
		for j, v := range c.values[layer][at][kv].q {
			high[j] += w >> 8 * int32(v)
			low[j] += w & 255 * int32(v)
		}
	}
	factor := float32(float32(most*(float32(1<<18)/65535)) / float32(sum))
	out := make([]float32, m.headDim)
	for j := range out {
		out[j] = float32((float32(float32(high[j])*256) + float32(low[j])) * factor)
	}
	return out
}
