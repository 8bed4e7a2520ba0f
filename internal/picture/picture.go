// Package picture writes drawings as files of SVG and PNG, on white, so that they
// read on light and dark pages alike.
package picture

import (
	"bytes"
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

const dpi = 144

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
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))}
	default:
		return fmt.Errorf("picture in %q: want .svg or .png", format)
	}
	paint(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	// The library takes images for JPEG; and cells are to have edges.
	fixed := bytes.ReplaceAll(out.Bytes(), []byte(`xlink:href="data:image/jpg;`), []byte(`preserveAspectRatio="none" style="image-rendering:pixelated" xlink:href="data:image/png;`))
	_, err := w.Write(fixed)
	return err
}
