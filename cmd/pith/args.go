package main

import (
	"fmt"
	"strings"
)

// normalise splits arguments into flags, each in the form --name or
// --name=value, and files, the way getopt_long of GNU does: bundled short
// flags, attached and separate values, flags after files, and -- as their end.
// In addition -1 … -9, --fast and --best are levels, where there are levels. Abbreviated names are
// refused, so that new flags never change what a script does.
//
// The package flag, on which urfave/cli stands, stops at the first file.
func (t table) normalise(args []string) (flags, files []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var taken int // arguments that were values
		switch {
		case arg == "--":
			return flags, append(files, args...), nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			files = append(files, arg)
		case strings.HasPrefix(arg, "--"):
			flags, taken, err = t.long(flags, arg[2:], args)
		default:
			flags, taken, err = t.short(flags, arg[1:], args)
		}
		if err != nil {
			return nil, nil, err
		}
		args = args[taken:]
	}
	return flags, files, nil
}

// long appends the flag that NAME or NAME=VALUE means. It returns how many of
// the arguments that follow were used.
func (t table) long(flags []string, word string, following []string) ([]string, int, error) {
	name, value, attached := strings.Cut(word, "=")
	o, ok := t.find(name, 0)
	switch {
	case !ok:
		return nil, 0, fmt.Errorf("unknown option --%s", name)
	case o.value == "" && attached:
		return nil, 0, fmt.Errorf("option --%s takes no value", name)
	case o.value == "" || attached:
		return append(flags, flag(o, value)), 0, nil
	case len(following) == 0:
		return nil, 0, fmt.Errorf("option --%s needs a value", name)
	}
	return append(flags, flag(o, following[0])), 1, nil
}

// short is long for bundled short options.
func (t table) short(flags []string, bundle string, following []string) ([]string, int, error) {
	_, levels := t.find("level", 0)
	for i, c := range []byte(bundle) {
		if levels && c >= '1' && c <= '9' {
			flags = append(flags, "--level="+string(c))
			continue
		}
		o, ok := t.find("", c)
		rest := bundle[i+1:]
		switch {
		case !ok && len(bundle) > 1:
			return nil, 0, fmt.Errorf("unknown option -%s in -%s", bundle[i:i+1], bundle)
		case !ok:
			return nil, 0, fmt.Errorf("unknown option -%s", bundle)
		case o.value == "":
			flags = append(flags, flag(o, ""))
		case rest != "":
			return append(flags, flag(o, rest)), 0, nil
		case len(following) == 0:
			return nil, 0, fmt.Errorf("option -%c needs a value", c)
		default:
			return append(flags, flag(o, following[0])), 1, nil
		}
	}
	return flags, 0, nil
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
