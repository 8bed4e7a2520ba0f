package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// option is a flag of the program. The table below makes the normaliser, the
// flags of urfave/cli and the help.
type option struct {
	long  string
	short byte   // 0 if none
	value string // what the value is called in the help; "" if it takes none
	help  string
}

// table is the options of the program, or of one of its tools.
type table []option

var options = table{
	{"decompress", 'd', "", "restore files from FILE.pith"},
	{"stdout", 'c', "", "write to standard output, keep the input"},
	{"keep", 'k', "", "keep the input (this is the default)"},
	{"rm", 0, "", "remove the input, once the output is checked and safe"},
	{"force", 'f', "", "overwrite outputs, follow links, write to a terminal"},
	{"test", 't', "", "decode and check, write nothing"},
	{"list", 'l', "", "show the sizes of compressed files; also: pith list"},
	{"info", 0, "", "show all that they say of themselves; also: pith info"},
	{"json", 0, "", "with --list or --info: an object of JSON for each file"},
	{"output", 'o', "FILE", "write to FILE"},
	{"level", 0, "N", "compression level, also as -1 … -9; the default is 6"},
	{"fast", 0, "", "the same as -1"},
	{"best", 0, "", "the same as -9"},
	{"threads", 'T', "N", "use N threads; 0, the default, is one for each core"},
	{"recursive", 'r', "", "take the files in folders and below them"},
	{"files-from", 0, "LIST", "take the names in the file LIST too, one a line"},
	{"null", '0', "", "names in LIST end with zero bytes (find -print0)"},
	{"suffix", 'S', ".SUF", "end compressed names with .SUF instead of .pith"},
	{"verify", 0, "", "restore and compare before the output gets its name"},
	{"model", 'm', "NAME", "use the model in the GGUF file NAME, or called so"},
	{"dictionary", 'D', "FILE", "prime with FILE, alike to the input; restoring needs it"},
	{"block-size", 0, "SIZE", "compress blocks of SIZE, such as 1M, by themselves"},
	{"memory", 0, "SIZE", "compress so that restoring takes at most SIZE of memory"},
	{"memlimit", 0, "SIZE", "restore with at most SIZE of memory, such as 800M"},
	{"verbose", 'v', "", "say what was done with each file"},
	{"quiet", 'q', "", "show no progress"},
	{"no-progress", 0, "", "the same; messages stay"},
	{"version", 'V', "", "print the version"},
	{"help", 'h', "", "print this help"},
}

// find returns the option with the given long or short name.
func (t table) find(long string, short byte) (option, bool) {
	for _, o := range t {
		if long != "" && o.long == long || short != 0 && o.short == short {
			return o, true
		}
	}
	return option{}, false
}

// cliFlags returns the table for urfave/cli. Numbers are read by the program,
// for urfave/cli takes 010 for eight.
func (t table) cliFlags() (flags []cli.Flag) {
	for _, o := range t {
		if o.value == "" {
			flags = append(flags, &cli.BoolFlag{Name: o.long})
		} else {
			flags = append(flags, &cli.StringFlag{Name: o.long})
		}
	}
	return flags
}

// help lists the options.
func (t table) help() string {
	var b strings.Builder
	for _, o := range t {
		name := "    --" + o.long
		if o.short != 0 {
			name = fmt.Sprintf("-%c, --%s", o.short, o.long)
		}
		if o.value != "" {
			name += "=" + o.value
		}
		fmt.Fprintf(&b, "  %-22s %s\n", name, o.help)
	}
	return b.String()
}

// help returns the text that --help prints.
func help() string {
	var b strings.Builder
	b.WriteString(`Usage: pith [OPTION]... [FILE]...
Compress each FILE to FILE.pith, or restore it with -d. Without FILE, or where
FILE is -, read standard input and write standard output.

`)
	b.WriteString(options.help())
	b.WriteString(`
Tools: pith bench measures compressors, pith align tells how alike files are,
pith select chooses documents like others, pith model manages language models;
pith TOOL --help has their options.

Level 1 is Zstandard, 2 to 4 mix contexts, from 5 on with a language model.

Options for every run may stand in the variable PITH_OPT. As unpith the program
restores, as pithcat it restores to standard output.

Exit status: 0 all is well, 1 wrong usage or a problem of files or system,
2 damaged input, 3 internal error, 4 input that this program cannot decode
(another version, model or arithmetic), 128+N stopped by signal N. Of several
files all are tried, and the highest counts.
`)
	return b.String()
}
