package bench

import (
	"cmp"
	"errors"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pith-codec/pith/internal/picture"
)

// Size of a plot, and of what tells its colours.
const (
	plotWidth   = 22 * vg.Centimeter
	plotHeight  = 11 * vg.Centimeter
	legendWidth = 2.6 * vg.Centimeter
)

// Plot draws the results as a picture in the format "svg" or "png": size against
// speed, if times were measured, with the line of codecs that no other beats in both,
// and bits per byte by file.
func Plot(w io.Writer, format string, results []*Result) error {
	var plots []*plot.Plot
	if p := scatter(Summaries(results)); p != nil {
		plots = append(plots, p)
	}
	bars, legend, err := barsByFile(results)
	if err != nil {
		return err
	}
	if bars != nil {
		plots = append(plots, bars)
	}
	if len(plots) == 0 {
		return errors.New("there is nothing to draw: no result is good")
	}
	height := plotHeight * vg.Length(len(plots))
	return picture.Write(w, format, plotWidth, height, func(all draw.Canvas) {
		for i, p := range plots {
			top := height - plotHeight*vg.Length(i)
			part := all
			part.Max.Y, part.Min.Y = top, top-plotHeight
			part = draw.Crop(part, 4*vg.Millimeter, -6*vg.Millimeter, 3*vg.Millimeter, -3*vg.Millimeter)
			if p == bars {
				legend.Draw(draw.Crop(part, part.Max.X-part.Min.X-legendWidth+4*vg.Millimeter, 0, 0, -vg.Centimeter))
				part = draw.Crop(part, 0, -legendWidth, 0, 0)
			}
			p.Draw(part)
		}
	})
}

func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.Title.TextStyle.Font.Size = title, font.Points(13)
	p.Title.Padding = vg.Points(6)
	return p
}

// scatter draws bits per byte against the speed of compressing. It returns nil if no
// times were measured.
func scatter(all []*Summary) *plot.Plot {
	var good []*Summary
	for _, s := range all {
		if s.Compress > 0 && s.Size > 0 && s.Failed == 0 {
			good = append(good, s)
		}
	}
	if len(good) == 0 {
		return nil
	}
	speed := func(s *Summary) float64 { return float64(s.Size) / s.Compress / 1e6 }
	p := newPlot("Size and speed: lower and further right is better")
	p.X.Label.Text, p.Y.Label.Text = "compressing, MB/s (10⁶ bytes, wall time)", "bits per byte, all files"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(decades)
	p.Y.Tick.Marker = plot.TickerFunc(steps)
	p.Add(plotter.NewGrid())
	var line plotter.XYs
	for _, s := range front(good) {
		line = append(line, plotter.XY{X: speed(s), Y: s.Bits()})
	}
	slope, _ := plotter.NewLine(line) // errors are of numbers that are none
	slope.Color, slope.Width, slope.Dashes = color.Gray{150}, vg.Points(1), []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(slope)
	points, names := make(plotter.XYs, len(good)), make([]string, len(good))
	for i, s := range good {
		points[i], names[i] = plotter.XY{X: speed(s), Y: s.Bits()}, s.Codec
	}
	dots, _ := plotter.NewScatter(points)
	dots.GlyphStyle = draw.GlyphStyle{Color: color.RGBA{R: 31, G: 119, B: 180, A: 255}, Radius: vg.Points(dotRadius), Shape: draw.CircleGlyph{}}
	p.Add(dots, labels{points, names})
	// Room for names at the right, and around single points.
	p.X.Min, p.X.Max = p.X.Min/1.5, p.X.Max*2.5
	p.Y.Min, p.Y.Max = max(0, p.Y.Min-0.15), p.Y.Max+0.15
	return p
}

// front returns the codecs that no other beats in both size and speed, by speed.
func front(all []*Summary) (best []*Summary) {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b *Summary) int {
		return cmp.Or(cmp.Compare(a.Compress/float64(a.Size), b.Compress/float64(b.Size)), cmp.Compare(a.Bits(), b.Bits()))
	})
	least := math.Inf(1)
	for _, s := range sorted {
		if s.Bits() < least {
			least, best = s.Bits(), append(best, s)
		}
	}
	return best
}

// barsByFile draws the bits per byte of each codec on each file, and what colours mean,
// which belongs to the right of it. It returns nil if no
// result is good.
func barsByFile(results []*Result) (*plot.Plot, *plot.Legend, error) {
	var files, codecs []string
	values := map[[2]string]float64{}
	for _, r := range results {
		if r.Error != "" || r.Size == 0 {
			continue
		}
		if !slices.Contains(files, r.File) {
			files = append(files, r.File)
		}
		if !slices.Contains(codecs, r.Codec) {
			codecs = append(codecs, r.Codec)
		}
		values[[2]string{r.File, r.Codec}] = r.Bits()
	}
	if len(files) == 0 {
		return nil, nil, nil
	}
	p := newPlot("Bits per byte by file: lower is better")
	p.Y.Label.Text, p.Y.Min, p.Y.Tick.Marker = "bits per byte", 0, plot.TickerFunc(steps)
	lines := plotter.NewGrid()
	lines.Vertical.Width = 0
	p.Add(lines)
	room := float64(plotWidth-legendWidth-3*vg.Centimeter) / float64(len(files))
	width := vg.Length(min(room*0.85/float64(len(codecs)), float64(vg.Centimeter)))
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.ThumbnailWidth, legend.Padding = true, true, vg.Points(12), vg.Points(2)
	legend.TextStyle.Font.Size = font.Points(9)
	for i, codec := range codecs {
		heights := make(plotter.Values, len(files))
		for j, file := range files {
			heights[j] = values[[2]string{file, codec}]
		}
		bars, err := plotter.NewBarChart(heights, width)
		if err != nil {
			return nil, nil, err
		}
		bars.Color, bars.LineStyle.Width = shade(i, len(codecs)), 0
		bars.Offset = width * vg.Length(float64(i)-float64(len(codecs)-1)/2)
		p.Add(bars)
		legend.Add(codec, bars)
	}
	p.NominalX(files...)
	if len(files) > 4 {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/5, draw.XRight, draw.YTop
	}
	p.Y.Max *= 1.05
	p.X.Min, p.X.Max = -0.6, float64(len(files))-0.4
	return p, &legend, nil
}

// shade returns a colour for the ith of n: around the circle of hues, every other one
// darker.
func shade(i, n int) color.Color {
	if n <= len(plotutil.SoftColors) {
		return plotutil.SoftColors[i]
	}
	lightness := 0.85 - 0.3*float64(i%2)
	h := float64(i) / float64(n)
	channel := func(shift float64) uint8 {
		x := math.Abs(math.Mod(h+shift, 1)*6 - 3)
		return uint8(255 * lightness * (0.3 + 0.6*max(0, min(1, x-1))))
	}
	return color.RGBA{channel(0), channel(2.0 / 3), channel(1.0 / 3), 255}
}
