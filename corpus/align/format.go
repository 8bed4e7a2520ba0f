package align

import (
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Formats lists what Write writes.
var Formats = []string{"table", "tsv", "csv", "jsonl", "npy", "phylip", "newick"}

// Write writes a matrix. Numbers are exact in tsv, csv, jsonl and npy. A tree needs a
// distance.
func (m *Matrix) Write(w io.Writer, format string) error {
	switch format {
	case "table":
		return m.writeTable(w)
	case "tsv", "csv":
		c := csv.NewWriter(w)
		if format == "tsv" {
			c.Comma = '\t'
		}
		rows := [][]string{append([]string{""}, m.Names...)}
		for i, name := range m.Names {
			row := []string{name}
			for _, v := range m.Values[i] {
				row = append(row, strconv.FormatFloat(v, 'g', -1, 64))
			}
			rows = append(rows, row)
		}
		return c.WriteAll(rows)
	case "jsonl":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for i, name := range m.Names {
			if err := e.Encode(map[string]any{"name": name, "metric": m.Metric, "values": m.Values[i]}); err != nil {
				return err
			}
		}
		return nil
	case "npy":
		return m.writeNPY(w)
	case "phylip":
		fmt.Fprintf(w, "%d\n", len(m.Names))
		for i, name := range m.Names {
			fmt.Fprint(w, plain(name))
			for _, v := range m.Values[i] {
				fmt.Fprintf(w, " %.6f", v)
			}
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		return nil
	case "newick":
		t, err := m.Tree()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w, t.Newick())
		return err
	}
	return fmt.Errorf("format %q: want %s", format, strings.Join(Formats, ", "))
}

func (m *Matrix) writeTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, string(m.Metric)+"\t")
	for i := range m.Names {
		fmt.Fprintf(t, "%d\t", i+1)
	}
	fmt.Fprintln(t)
	for i, name := range m.Names {
		fmt.Fprintf(t, "%s %d\t", shown(name), i+1)
		for _, v := range m.Values[i] {
			fmt.Fprintf(t, "%.3f\t", v)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// shown returns a name that cannot do anything to a terminal.
func shown(name string) string {
	quoted := strconv.Quote(name)
	return quoted[1 : len(quoted)-1]
}

// plain returns a name without what PHYLIP and Newick have a use for.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || strings.ContainsRune("()[]{}:;,'\"", r) {
			return '_'
		}
		return r
	}, name)
}

// writeNPY writes version 1.0 of NumPy's format: little-endian float64, rows first.
func (m *Matrix) writeNPY(w io.Writer) error {
	n := len(m.Names)
	head := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }", n, n)
	const fixed = 10 // magic, version, length
	head += strings.Repeat(" ", (64-(fixed+len(head)+1)%64)%64) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), byte(len(head)>>8))
	out = append(out, head...)
	for _, row := range m.Values {
		for _, v := range row {
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
		}
	}
	_, err := w.Write(out)
	return err
}
