package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/pith-codec/pith/container"
)

// listing is what a compressed file says of itself; it is what --json prints,
// one object a line.
type listing struct {
	Name    string          `json:"name"`
	Coded   int64           `json:"compressed_bytes"`
	Raw     int64           `json:"content_bytes"`
	Members []memberListing `json:"members"`
}

type memberListing struct {
	Offset   int64          `json:"offset"`
	Coded    int64          `json:"compressed_bytes"`
	Version  int            `json:"format"`
	Numerics uint64         `json:"numerics"`
	Model    string         `json:"model,omitempty"`
	Primer   string         `json:"dictionary,omitempty"`
	Foreign  string         `json:"fingerprint,omitempty"`
	Memory   int64          `json:"decoding_memory_bytes"`
	Blocks   []blockListing `json:"blocks"`
}

type blockListing struct {
	Type        string `json:"type"`
	Raw         int    `json:"content_bytes"`
	Coded       int64  `json:"compressed_bytes"`
	Tokens      int    `json:"tokens,omitempty"`
	Streams     int    `json:"streams,omitempty"`
	Window      int    `json:"window,omitempty"`
	Transformed bool   `json:"transformed,omitempty"`
	Hash        string `json:"xxh64"`
}

// list reads the headers of a file, nothing else: it must be one that can seek.
func (s *settings) list(name string) (*listing, error) {
	if name == "-" {
		return nil, hint("standard input cannot be listed", "give the name of a file, or use -t to read it all")
	}
	in, info, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	members, err := container.List(in, info.Size())
	if err != nil {
		return nil, err
	}
	l := &listing{Name: name, Coded: info.Size()}
	for _, m := range members {
		out := memberListing{Offset: m.Offset, Coded: m.Size, Version: container.Version,
			Numerics: m.Header.Numerics, Memory: m.Header.Memory.Bytes(), Foreign: m.Header.Foreign}
		if m.Header.Model != (container.ModelID{}) {
			out.Model = m.Header.Model.String()
		}
		if m.Header.Primed {
			out.Primer = m.Header.Dictionary.String()
		}
		for _, b := range m.Blocks {
			l.Raw += int64(b.Length)
			out.Blocks = append(out.Blocks, blockListing{Type: b.Type.String(), Raw: b.Length, Coded: b.Size,
				Tokens: b.Tokens, Streams: b.Streams, Window: b.Window, Transformed: b.Transformed, Hash: fmt.Sprintf("%016x", b.Hash)})
		}
		l.Members = append(l.Members, out)
	}
	return l, nil
}

// listAll prints what the files say of themselves and returns the exit code.
func (s *settings) listAll(u *ui, files []string) int {
	var all []*listing
	code := s.inputs(u, files, func(name string) error {
		l, err := s.list(name)
		if err == nil {
			all = append(all, l)
		}
		return err
	})
	var text strings.Builder
	switch {
	case s.json:
		writeJSON(&text, all)
	case s.info:
		for _, l := range all {
			l.writeInfo(&text)
		}
	case len(all) > 0:
		writeTable(&text, all)
	}
	return max(code, u.print(text.String()))
}

func writeJSON(w io.Writer, all []*listing) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, l := range all {
		_ = e.Encode(l) // nothing in it can fail
	}
}

// writeTable prints a line for each file, and their sum if there are several.
func writeTable(w io.Writer, all []*listing) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "compressed\tcontent\tratio\tbpb\tblocks\t  name")
	sum := listing{Name: "(total)"}
	blocks := 0
	line := func(l *listing, blocks int) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t  %s\n", grouped(l.Coded), grouped(l.Raw), l.ratios(), blocks, printable(l.Name))
	}
	for _, l := range all {
		line(l, l.blocks())
		sum.Coded, sum.Raw, blocks = sum.Coded+l.Coded, sum.Raw+l.Raw, blocks+l.blocks()
	}
	if len(all) > 1 {
		line(&sum, blocks)
	}
	t.Flush()
}

// writeInfo prints all that is known of a file.
func (l *listing) writeInfo(w io.Writer) {
	fmt.Fprintf(w, "%s: %s bytes of %s\n", printable(l.Name), grouped(l.Coded), grouped(l.Raw))
	for i, m := range l.Members {
		model := m.Model
		if model == "" {
			model = "none"
		}
		if m.Primer != "" {
			model += ", dictionary " + m.Primer
		}
		fmt.Fprintf(w, "  member %d at byte %d: %s bytes, format %d, numerics %d, model %s, %s MiB to decode\n",
			i+1, m.Offset, grouped(m.Coded), m.Version, m.Numerics, model, grouped(m.Memory>>20))
		if m.Foreign != "" {
			fmt.Fprintf(w, "    not portable, made with %s\n", strings.ReplaceAll(m.Foreign, ";", ", "))
		}
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "    block\ttype\tcontent\tcompressed\tbpb\ttokens\tstreams\twindow\txxh64\t")
		for j, b := range m.Blocks {
			kind := b.Type
			if b.Transformed {
				kind += "+transform"
			}
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", j+1, kind, grouped(int64(b.Raw)), grouped(b.Coded),
				bitsPerByte(b.Coded, int64(b.Raw)), orDash(b.Tokens), orDash(b.Streams), orDash(b.Window), b.Hash)
		}
		t.Flush()
	}
}

func (l *listing) blocks() (n int) {
	for _, m := range l.Members {
		n += len(m.Blocks)
	}
	return n
}

// ratios returns content by compressed bytes, and bits per byte, for a table.
func (l *listing) ratios() string {
	ratio := "-"
	if l.Coded > 0 {
		ratio = fmt.Sprintf("%.3f", float64(l.Raw)/float64(l.Coded))
	}
	return ratio + "\t" + bitsPerByte(l.Coded, l.Raw)
}

func bitsPerByte(coded, raw int64) string {
	if raw == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f", 8*float64(coded)/float64(raw))
}

func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return grouped(int64(n))
}
