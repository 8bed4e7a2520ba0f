// Package picture writes drawings as files of SVG and PNG, on white, so that they
// read on light and dark pages alike.
package picture

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

const dpi = 144

// Letters are laid out by the widths of Liberation Sans. Arial and Helvetica have the
// same, so that text in an SVG has the room that it needs wherever it is shown.
const family = "Liberation Sans"

func init() { plot.DefaultFont.Variant = "Sans" }

// Write writes what paint draws, in the format "svg" or "png".
func Write(w io.Writer, format string, width, height vg.Length, paint func(draw.Canvas)) error {
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case "svg":
		canvas = vgsvg.New(width, height)
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))}
	default:
		return fmt.Errorf("picture in %q: want .svg or .png", format)
	}
	all := draw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Rectangle.Path())
	paint(all)
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	if format == "png" {
		_, err := out.WriteTo(w)
		return err
	}
	// The library takes images for JPEG; and cells are to have edges.
	_, err := strings.NewReplacer(
		"font-family:"+family, "font-family:"+family+",Arial,Helvetica,sans-serif",
		`xlink:href="data:image/jpg;`, `preserveAspectRatio="none" style="image-rendering:pixelated" xlink:href="data:image/png;`,
	).WriteString(w, out.String())
	return err
}
