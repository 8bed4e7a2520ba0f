package bench

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Summary is what a codec did on all files.
type Summary struct {
	Codec       string
	Extra       int64   // bytes of program and model
	Files       int     // that it restored
	Failed      int     // that it did not
	Size, Coded int64   // of those restored
	Mean        float64 // of the bits per byte of each file that is not empty
	Compress    float64 // seconds, each file's best run; 0 if not timed
	Restore     float64
	Peak        int64 // bytes of memory; 0 if not measured
}

// Bits returns the bits per byte of all files together.
func (s *Summary) Bits() float64 { return 8 * float64(s.Coded) / float64(max(s.Size, 1)) }

// Ratio returns the bytes of the files for each that they are compressed to.
func (s *Summary) Ratio() float64 { return float64(s.Size) / float64(max(s.Coded, 1)) }

// Summaries returns one for each codec, in the order of their first results.
func Summaries(results []*Result) (all []*Summary) {
	weights := map[*Summary]int{}
	for _, r := range results {
		i := slices.IndexFunc(all, func(s *Summary) bool { return s.Codec == r.Codec })
		if i < 0 {
			i, all = len(all), append(all, &Summary{Codec: r.Codec, Extra: r.Extra})
		}
		s := all[i]
		if r.Error != "" {
			s.Failed++
			continue
		}
		s.Files, s.Size, s.Coded = s.Files+1, s.Size+r.Size, s.Coded+r.Coded
		if r.Size > 0 {
			weights[s]++
			s.Mean += (r.Bits() - s.Mean) / float64(weights[s])
		}
		s.Compress, s.Restore = s.Compress+best(r.Compress), s.Restore+best(r.Restore)
		for _, c := range append(slices.Clone(r.Compress), r.Restore...) {
			s.Peak = max(s.Peak, c.Peak)
		}
	}
	return all
}

// best returns the least wall time of runs, 0 if there are none.
func best(runs []Cost) float64 {
	if len(runs) == 0 {
		return 0
	}
	return slices.MinFunc(runs, func(a, b Cost) int { return cmp.Compare(a.Wall, b.Wall) }).Wall
}

// median returns the median wall time of runs, 0 if there are none.
func median(runs []Cost) float64 {
	if len(runs) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(runs), func(a, b Cost) int { return cmp.Compare(a.Wall, b.Wall) })
	n := len(sorted)
	return (sorted[(n-1)/2].Wall + sorted[n/2].Wall) / 2
}

// heads are the columns of the table of codecs. MB are 10⁶ bytes.
var heads = []string{"codec", "files", "bytes", "compressed", "ratio", "bpb", "mean bpb", "with program", "compress MB/s", "restore MB/s", "memory MiB"}

func (s *Summary) row() []string {
	files := strconv.Itoa(s.Files)
	if s.Failed > 0 {
		files += fmt.Sprintf(" (%d failed)", s.Failed)
	}
	number := func(f float64, good bool) string {
		if !good {
			return "-"
		}
		return fmt.Sprintf("%.3f", f)
	}
	speed := func(seconds float64) string {
		if seconds == 0 {
			return "-"
		}
		return fmt.Sprintf("%.3g", float64(s.Size)/seconds/1e6)
	}
	extra, peak := "-", "-"
	if s.Extra > 0 {
		extra = strconv.FormatInt(s.Coded+s.Extra, 10)
	}
	if s.Peak > 0 {
		peak = strconv.FormatInt(s.Peak>>20, 10)
	}
	return []string{s.Codec, files, strconv.FormatInt(s.Size, 10), strconv.FormatInt(s.Coded, 10), number(s.Ratio(), s.Coded > 0),
		number(s.Bits(), s.Size > 0), number(s.Mean, s.Size > 0), extra, speed(s.Compress), speed(s.Restore), peak}
}

// grid returns bits per byte by file and codec: the head, then a row a file.
func grid(results []*Result) (rows [][]string) {
	rows = [][]string{{"file", "bytes"}}
	column := map[string]int{}
	line := map[string]int{}
	for _, r := range results {
		if _, ok := column[r.Codec]; !ok {
			column[r.Codec] = len(rows[0])
			rows[0] = append(rows[0], r.Codec)
		}
		if _, ok := line[r.File]; !ok {
			line[r.File] = len(rows)
			rows = append(rows, []string{r.File, strconv.FormatInt(r.Size, 10)})
		}
	}
	for _, r := range results {
		row := &rows[line[r.File]]
		for len(*row) < len(rows[0]) {
			*row = append(*row, "")
		}
		(*row)[column[r.Codec]] = fmt.Sprintf("%.3f", r.Bits())
		if r.Error != "" {
			(*row)[column[r.Codec]] = "failed"
		}
	}
	return rows
}

// tables returns all that is shown of results: each table begins with its head.
func tables(results []*Result) [][][]string {
	sums := [][]string{heads}
	for _, s := range Summaries(results) {
		sums = append(sums, s.row())
	}
	return [][][]string{grid(results), sums}
}

// WriteText writes the results as tables for a terminal, what failed, and what they
// were measured with.
func WriteText(w io.Writer, m Machine, results []*Result) {
	for i, table := range tables(results) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		for _, row := range table {
			fmt.Fprintln(t, strings.Join(row, "\t")+"\t")
		}
		t.Flush()
		if i == 0 {
			fmt.Fprintln(w)
		}
	}
	writeFailures(w, results, "")
	writeConditions(w, m, results)
}

// WriteMarkdown writes the results as tables of Markdown, what failed, and what they
// were measured with.
func WriteMarkdown(w io.Writer, m Machine, results []*Result) {
	for i, table := range tables(results) {
		for j, row := range table {
			fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
			if j == 0 {
				fmt.Fprintf(w, "| --- |%s\n", strings.Repeat(" ---: |", len(row)-1))
			}
		}
		if i == 0 {
			fmt.Fprintln(w)
		}
	}
	writeFailures(w, results, "- ")
	writeConditions(w, m, results)
}

func writeFailures(w io.Writer, results []*Result, bullet string) {
	first := true
	for _, r := range results {
		if r.Error != "" {
			if first {
				fmt.Fprintln(w)
				first = false
			}
			fmt.Fprintf(w, "%s%s on %s failed: %s\n", bullet, r.Codec, r.File, r.Error)
		}
	}
}

// writeConditions writes what codecs and machine say of themselves.
func writeConditions(w io.Writer, m Machine, results []*Result) {
	var versions []string
	for _, r := range results {
		if v := r.Codec + " is " + r.Version; !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	fmt.Fprintf(w, "\nMeasured on %s, %d cores, %s/%s, %s: %s.\n", m.CPU, m.Cores, m.OS, m.Arch, m.When.Format("2006-01-02"), strings.Join(versions, "; "))
}

// WriteCSV writes a line for each result, in bytes and seconds.
func WriteCSV(w io.Writer, results []*Result) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"file", "codec", "bytes", "compressed_bytes", "bits_per_byte", "program_and_model_bytes", "compress_wall_best_s",
		"compress_wall_median_s", "compress_cpu_s", "restore_wall_best_s", "restore_wall_median_s", "restore_cpu_s", "peak_bytes", "error"}}
	seconds := func(f float64) string {
		if f == 0 {
			return ""
		}
		return strconv.FormatFloat(f, 'f', 4, 64)
	}
	cpu := func(runs []Cost) float64 {
		if len(runs) == 0 {
			return 0
		}
		return slices.MinFunc(runs, func(a, b Cost) int { return cmp.Compare(a.CPU, b.CPU) }).CPU
	}
	for _, r := range results {
		peak := ""
		if s := Summaries([]*Result{r})[0]; s.Peak > 0 {
			peak = strconv.FormatInt(s.Peak, 10)
		}
		rows = append(rows, []string{r.File, r.Codec, strconv.FormatInt(r.Size, 10), strconv.FormatInt(r.Coded, 10),
			strconv.FormatFloat(r.Bits(), 'f', 6, 64), strconv.FormatInt(r.Extra, 10), seconds(best(r.Compress)), seconds(median(r.Compress)), seconds(cpu(r.Compress)),
			seconds(best(r.Restore)), seconds(median(r.Restore)), seconds(cpu(r.Restore)), peak, r.Error})
	}
	return c.WriteAll(rows)
}
