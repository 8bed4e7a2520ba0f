package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// option is a flag of the program. The table below makes the parser, the flags
// of urfave/cli and the help.
type option struct {
	long  string
	short byte   // 0 if none
	value string // what the value is called in the help; "" if it takes none
	help  string
}

var options = []option{
	{"decompress", 'd', "", "restore files from FILE.pith"},
	{"stdout", 'c', "", "write to standard output, keep the input"},
	{"keep", 'k', "", "keep the input (this is the default)"},
	{"rm", 0, "", "remove the input, after decoding the output to compare"},
	{"force", 'f', "", "overwrite outputs, follow links, write to a terminal"},
	{"test", 't', "", "decode and check, write nothing"},
	{"output", 'o', "FILE", "write to FILE"},
	{"level", 0, "N", "compression level, also as -1 … -9; the default is 6"},
	{"fast", 0, "", "the same as -1"},
	{"best", 0, "", "the same as -9"},
	{"threads", 'T', "N", "use N threads; 0, the default, is one for each core"},
	{"verbose", 'v', "", "say what was done with each file"},
	{"quiet", 'q', "", "no progress and no warnings"},
	{"version", 'V', "", "print the version"},
	{"help", 'h', "", "print this help"},
}

// find returns the option with the given long or short name.
func find(long string, short byte) (option, bool) {
	for _, o := range options {
		if long != "" && o.long == long || short != 0 && o.short == short {
			return o, true
		}
	}
	return option{}, false
}

// cliFlags returns the table for urfave/cli.
func cliFlags() (flags []cli.Flag) {
	for _, o := range options {
		switch o.value {
		case "":
			flags = append(flags, &cli.BoolFlag{Name: o.long})
		case "N":
			flags = append(flags, &cli.IntFlag{Name: o.long})
		default:
			flags = append(flags, &cli.StringFlag{Name: o.long})
		}
	}
	return flags
}

// printHelp writes the help.
func printHelp(w io.Writer) {
	fmt.Fprint(w, `Usage: pith [OPTION]... [FILE]...
Compress each FILE to FILE.pith, or restore it with -d. Without FILE, or where
FILE is -, read standard input and write standard output.

`)
	for _, o := range options {
		name := "    --" + o.long
		if o.short != 0 {
			name = fmt.Sprintf("-%c, --%s", o.short, o.long)
		}
		if o.value != "" {
			name += "=" + o.value
		}
		fmt.Fprintf(w, "  %-22s %s\n", name, o.help)
	}
	fmt.Fprint(w, `
Levels 1 to 4 use the context mixer alone; from 5 on a language model joins it.

Exit status: 0 all is well, 1 wrong usage or a problem of files or system,
2 damaged input, 3 internal error, 4 input that this program cannot decode
(another version, model or arithmetic), 128+N stopped by signal N.
`)
}

// normalise splits arguments into flags, each in the form --name=value, and
// files. It knows bundled short flags, attached and separate values, flags
// after files, -1 … -9, and -- as their end.
func normalise(args []string) (flags, files []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return flags, append(files, args...), nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			files = append(files, arg)
			continue
		case strings.HasPrefix(arg, "--"):
			name, value, attached := strings.Cut(arg[2:], "=")
			o, ok := find(name, 0)
			switch {
			case !ok || name == "":
				return nil, nil, fmt.Errorf("unknown option %s", arg)
			case o.value == "" && attached:
				return nil, nil, fmt.Errorf("option --%s takes no value", name)
			case o.value != "" && !attached:
				if len(args) == 0 {
					return nil, nil, fmt.Errorf("option --%s needs a value", name)
				}
				value, args = args[0], args[1:]
			}
			flags = append(flags, flag(o, value))
			continue
		}
		for rest := arg[1:]; rest != ""; {
			c := rest[0]
			rest = rest[1:]
			if c >= '1' && c <= '9' {
				flags = append(flags, "--level="+string(c))
				continue
			}
			o, ok := find("", c)
			switch {
			case !ok:
				return nil, nil, fmt.Errorf("unknown option -%c in %s", c, arg)
			case o.value == "":
				flags = append(flags, flag(o, ""))
				continue
			case rest != "":
				flags = append(flags, flag(o, rest))
			case len(args) > 0:
				flags = append(flags, flag(o, args[0]))
				args = args[1:]
			default:
				return nil, nil, fmt.Errorf("option -%c needs a value", c)
			}
			break
		}
	}
	return flags, files, nil
}

// flag writes an option for urfave/cli. The level's two names become values.
func flag(o option, value string) string {
	switch {
	case o.long == "fast":
		return "--level=1"
	case o.long == "best":
		return "--level=9"
	case o.value == "":
		return "--" + o.long
	}
	return "--" + o.long + "=" + value
}
