package bench

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const dotRadius = 3.5 // points

// decades returns marks at 1, 2 and 5 times powers of ten, for a logarithmic axis.
func decades(low, high float64) (all []plot.Tick) {
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, e); v >= low && v <= high {
				all = append(all, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 3, 64)})
			}
		}
	}
	return all
}

// steps returns 5 to 13 marks at multiples of 1, 2 or 5 times a power of ten.
func steps(low, high float64) (all []plot.Tick) {
	unit := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, m := range []float64{5, 2, 1} {
		if m*unit <= (high-low)/4 {
			unit *= m
			break
		}
	}
	for i := math.Ceil(low / unit); i*unit <= high; i++ {
		all = append(all, plot.Tick{Value: i * unit, Label: strconv.FormatFloat(i*unit, 'g', 3, 64)})
	}
	return all
}

// labels are the names of points, each where no other is already.
type labels struct {
	points plotter.XYs
	names  []string
}

// Plot implements plot.Plotter.
func (l labels) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	style := p.X.Tick.Label
	style.XAlign, style.YAlign = draw.XLeft, draw.YBottom
	style.Rotation = 0
	var taken []vg.Rectangle
	for _, point := range l.points {
		at := vg.Point{X: toX(point.X), Y: toY(point.Y)}
		r := vg.Points(dotRadius)
		taken = append(taken, vg.Rectangle{Min: vg.Point{X: at.X - r, Y: at.Y - r}, Max: vg.Point{X: at.X + r, Y: at.Y + r}})
	}
	for i, name := range l.names {
		at, size := taken[i].Min.Add(taken[i].Max).Scale(0.5), style.Rectangle(name).Size()
		gap := vg.Points(dotRadius + 2)
		places := []vg.Point{
			{X: gap, Y: -gap - size.Y/2},
			{X: gap, Y: gap - size.Y/2},
			{X: -gap - size.X, Y: -gap - size.Y/2},
			{X: -gap - size.X, Y: gap - size.Y/2},
			{X: -size.X / 2, Y: gap},
			{X: -size.X / 2, Y: -gap - size.Y},
		}
		box := placed(at.Add(places[0]), size)
		for _, place := range places {
			if b := placed(at.Add(place), size); !overlaps(b, taken) && b.Min.X >= c.Min.X {
				box = b
				break
			}
		}
		taken = append(taken, box)
		c.FillText(style, box.Min, name)
	}
}

func placed(at, size vg.Point) vg.Rectangle { return vg.Rectangle{Min: at, Max: at.Add(size)} }

func overlaps(b vg.Rectangle, others []vg.Rectangle) bool {
	for _, o := range others {
		if b.Min.X < o.Max.X && o.Min.X < b.Max.X && b.Min.Y < o.Max.Y && o.Min.Y < b.Max.Y {
			return true
		}
	}
	return false
}
