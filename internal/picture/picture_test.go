package picture

import (
	"bytes"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func paint(c draw.Canvas) {
	p := plot.New()
	p.Title.Text = "title"
	p.Draw(draw.Crop(c, vg.Centimeter, -vg.Centimeter, vg.Centimeter, -vg.Centimeter))
}

// Pages are white to their corners, on whatever they are shown.
func TestWhite(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, "png", 10*vg.Centimeter, 6*vg.Centimeter, paint); err != nil {
		t.Fatal(err)
	}
	image, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	bounds := image.Bounds()
	for _, x := range []int{bounds.Min.X + 1, bounds.Max.X - 2} {
		for _, y := range []int{bounds.Min.Y + 1, bounds.Max.Y - 2} {
			if got := color.NRGBAModel.Convert(image.At(x, y)); got != (color.NRGBA{255, 255, 255, 255}) {
				t.Errorf("at %d,%d: %v", x, y, got)
			}
		}
	}
}

func TestFontFamily(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, "svg", 10*vg.Centimeter, 6*vg.Centimeter, paint); err != nil {
		t.Fatal(err)
	}
	if n, all := strings.Count(b.String(), "font-family:Liberation Sans,Arial"), strings.Count(b.String(), "font-family:"); n == 0 || n != all {
		t.Errorf("%d of %d texts name a font that is everywhere", n, all)
	}
	if err := Write(&b, "gif", 1, 1, paint); err == nil || !strings.Contains(err.Error(), "want .svg or .png") {
		t.Error(err)
	}
}
