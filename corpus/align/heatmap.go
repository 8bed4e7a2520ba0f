package align

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pith-codec/pith/internal/picture"
)

// cells is the matrix in the order of a picture, first row at the top, as
// plotter.GridXYZ.
type cells struct {
	m     *Matrix
	order []int
}

func (c cells) Dims() (columns, rows int) { return len(c.order), len(c.order) }
func (c cells) X(column int) float64      { return float64(column) }
func (c cells) Y(row int) float64         { return float64(row) }

// Z is clamped to 0…1 for the colours alone.
func (c cells) Z(column, row int) float64 {
	return min(1, max(0, c.m.Values[c.order[len(c.order)-1-row]][c.order[column]]))
}

// Heatmap draws the matrix in the format "svg" or "png", on white; distances in the
// order of the tree, so that what is alike stands together. Dark is alike.
func (m *Matrix) Heatmap(w io.Writer, format string) error {
	order := make([]int, len(m.Names))
	for i := range order {
		order[i] = i
	}
	if t, err := m.Tree(); err == nil {
		order = t.order(m.Names)
	}
	n := len(order)
	colours := moreland.ExtendedBlackBody().Palette(256).Colors()
	if m.Metric.Similarity() {
		slices.Reverse(colours)
	}
	p := plot.New()
	p.Title.Text, p.Title.TextStyle.Font.Size = fmt.Sprintf("%s of %d texts: dark is alike", m.Metric, n), font.Points(13)
	p.Title.Padding = vg.Points(8)
	heat := plotter.NewHeatMap(cells{m, order}, fixed(colours))
	heat.Min, heat.Max, heat.Rasterized = 0, 1, n > 60
	p.Add(heat)
	// Names fit while a cell is as high as a letter.
	side := 16 * vg.Centimeter
	size := min(10, float64(side)/float64(n)*0.8)
	if size >= 2 {
		names := make([]string, n)
		for i, at := range order {
			names[i] = shortened(m.Names[at])
		}
		p.NominalX(names...)
		slices.Reverse(names)
		p.NominalY(names...)
		p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = font.Points(size), font.Points(size)
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/2, draw.XRight, draw.YCenter
	} else {
		p.HideAxes()
	}
	return picture.Write(w, format, side+5*vg.Centimeter, side+5*vg.Centimeter, func(c draw.Canvas) {
		p.Draw(draw.Crop(c, 3*vg.Millimeter, -3*vg.Millimeter, 3*vg.Millimeter, -3*vg.Millimeter))
	})
}

// fixed is a palette.Palette.
type fixed []color.Color

func (f fixed) Colors() []color.Color { return f }

// order returns the places of the tree's leaves among names, each once.
func (t *Tree) order(names []string) []int {
	places := map[string][]int{}
	for i, name := range names {
		places[name] = append(places[name], i)
	}
	var all []int
	for _, leaf := range t.Leaves() {
		all = append(all, places[leaf][0])
		places[leaf] = places[leaf][1:]
	}
	return all
}

// shortened cuts the middle out of a long name.
func shortened(name string) string {
	r := []rune(shown(name))
	if len(r) <= 24 {
		return string(r)
	}
	return string(r[:11]) + "…" + string(r[len(r)-12:])
}
