package align

import (
	"fmt"
	"image/color"
	"io"
	"slices"
	"strings"

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
	m           *Matrix
	order       []int
	least, most float64
}

func (c cells) Dims() (columns, rows int) { return len(c.order), len(c.order) }
func (c cells) X(column int) float64      { return float64(column) }
func (c cells) Y(row int) float64         { return float64(row) }

// Z is clamped to what has colours.
func (c cells) Z(column, row int) float64 {
	return min(c.most, max(c.least, c.m.Values[c.order[len(c.order)-1-row]][c.order[column]]))
}

// scale is the legend: a column of values from least to most.
type scale struct{ least, most float64 }

const shades = 256

func (s scale) Dims() (columns, rows int) { return 1, shades }
func (s scale) X(int) float64             { return 0 }
func (s scale) Y(row int) float64         { return s.least + (s.most-s.least)*(float64(row)+0.5)/shades }
func (s scale) Z(_, row int) float64      { return s.Y(row) }

// Rows are named, as high as a small letter at least, while there are no more than these.
const namedMost = 500

// Heatmap draws the matrix in the format "svg" or "png", on white; distances in the
// order of the tree, so that what is alike stands together. Dark is alike. The colours
// span the values of different texts; the picture grows with their number, and columns
// have the numbers of rows.
func (m *Matrix) Heatmap(w io.Writer, format string) error {
	order := make([]int, len(m.Names))
	for i := range order {
		order[i] = i
	}
	if t, err := m.Tree(); err == nil {
		order = t.order(m.Names)
	}
	n := len(order)
	s := m.span()
	// The last shades are all but the paper's.
	colours := moreland.ExtendedBlackBody().Palette(shades + 20).Colors()[:shades]
	if m.Metric.Similarity() {
		slices.Reverse(colours)
	}
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s of %d texts: dark is alike", m.Metric, n)
	p.Title.Padding = vg.Points(8)
	p.Add(heat(cells{m, order, s.least, s.most}, s, colours, n > 60))
	side := 16 * vg.Centimeter
	margin := vg.Points(0)
	if n <= namedMost {
		side = max(side, vg.Points(6*float64(n)))
		size := font.Points(min(10, float64(side)/float64(n)*0.85))
		var rows, columns []string
		names := outer(m.Names)
		every := 1
		if n > 60 {
			every = 5
		}
		longest := 0
		for i, at := range order {
			rows = append(rows, fmt.Sprintf("%s %d", names[at], i+1))
			longest = max(longest, len([]rune(rows[i])))
			column := ""
			if (i+1)%every == 0 || every == 1 {
				column = fmt.Sprint(i + 1)
			}
			columns = append(columns, column)
		}
		p.NominalX(columns...)
		slices.Reverse(rows)
		p.NominalY(rows...)
		p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = size, size
		margin = font.Length(longest) * size / 2
	} else {
		p.HideAxes()
	}
	p.X.Padding, p.Y.Padding = 0, 0
	large := min(3, side/(16*vg.Centimeter))
	p.Title.TextStyle.Font.Size = 13 * large
	legend := plot.New()
	legend.HideX()
	legend.Y.Padding, legend.Y.Tick.Label.Font.Size = 0, 10*large
	legend.Add(heat(s, s, colours, false))
	const gap = 4 * vg.Millimeter
	bar := 2 * vg.Centimeter * large
	width, height := side+margin+bar+4*gap, side+2*vg.Centimeter
	return picture.Write(w, format, width, height, func(c draw.Canvas) {
		p.Draw(draw.Crop(c, gap, -bar-2*gap, gap, -gap))
		legend.Draw(draw.Crop(c, width-bar-gap, -gap, height-9*vg.Centimeter*large, -15*vg.Millimeter*large))
	})
}

// heat draws a grid with the colours of a scale.
func heat(grid plotter.GridXYZ, s scale, colours []color.Color, raster bool) *plotter.HeatMap {
	h := plotter.NewHeatMap(grid, fixed(colours))
	h.Min, h.Max, h.Rasterized = s.least, s.most, raster
	return h
}

// span returns the range of the values of different texts, in 0…1 and not empty, with
// some shades left for a text and itself.
func (m *Matrix) span() scale {
	s := scale{1, 0}
	for i, row := range m.Values {
		for j, v := range row {
			if i != j {
				s.least, s.most = min(s.least, max(v, 0)), max(s.most, min(v, 1))
			}
		}
	}
	if s.most-s.least < 0.01 {
		return scale{0, 1}
	}
	if beyond := (s.most - s.least) / 8; m.Metric.Similarity() {
		s.most = min(1, s.most+beyond)
	} else {
		s.least = max(0, s.least-beyond)
	}
	return s
}

// outer returns names without the folders that all are in, shortened.
func outer(names []string) (out []string) {
	common := len(folders(names))
	for _, name := range names {
		out = append(out, shortened(name[common:]))
	}
	return out
}

// folders returns the path of the folders that all names are in.
func folders(names []string) string {
	common := names[0][:strings.LastIndexByte(names[0], '/')+1]
	for _, name := range names {
		for !strings.HasPrefix(name, common) {
			common = common[:strings.LastIndexByte(common[:len(common)-1], '/')+1]
		}
	}
	return common
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

// shortened cuts the beginning off a long name.
func shortened(name string) string {
	r := []rune(shown(name))
	if len(r) <= 28 {
		return string(r)
	}
	return "…" + string(r[len(r)-27:])
}
