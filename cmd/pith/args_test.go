package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ in, flags, files string }{
		{"", "", ""},
		{"f", "", "f"},
		{"f -k", "--keep", "f"},
		{"-dkf f", "--decompress --keep --force", "f"},
		{"-9kf f", "--level=9 --keep --force", "f"},
		{"-T4 f", "--threads=4", "f"},
		{"-T 4 f", "--threads=4", "f"},
		{"-kT4 f", "--keep --threads=4", "f"},
		{"-kT 4 f", "--keep --threads=4", "f"},
		{"-T -k f", "--threads=-k", "f"},
		{"-o -- f", "--output=--", "f"},
		{"-oout f", "--output=out", "f"},
		{"-o=out f", "--output==out", "f"},
		{"--output=a=b f", "--output=a=b", "f"},
		{"--output= f", "--output=", "f"},
		{"--output out f", "--output=out", "f"},
		{"-- -g --", "", "-g --"},
		{"f -- -d", "", "f -d"},
		{"- -d", "--decompress", "-"},
		{"--fast --best", "--level=1 --level=9", ""},
		{"list help -h", "--help", "list help"},
	} {
		flags, files, err := options.normalise(strings.Fields(c.in))
		if err != nil || strings.Join(flags, " ") != c.flags || strings.Join(files, " ") != c.files {
			t.Errorf("%q: %q and %q, %v", c.in, flags, files, err)
		}
	}
	for _, bad := range []string{"-x", "--decompres", "-decompress", "--d", "-T", "--threads", "--keep=1", "--keep=",
		"-j", "-d-", "---keep", "--=x", "-k9x", "-dé"} {
		if flags, _, err := options.normalise(strings.Fields(bad)); err == nil {
			t.Errorf("%q accepted as %q", bad, flags)
		}
	}
}

// given is an option as getopt_long returns it.
type given struct{ name, value string }

// getoptLong is written after the manual page of getopt_long, with tables of
// its own: optstring and the long options, true for those with an argument.
// Unlike GNU's it knows no abbreviations.
func getoptLong(argv []string) (opts []given, operands []string, ok bool) {
	const optstring = "dckfto:T:vqVh123456789"
	longopts := map[string]bool{"decompress": false, "stdout": false, "keep": false, "rm": false, "force": false,
		"test": false, "output": true, "level": true, "fast": false, "best": false, "threads": true, "verbose": false,
		"quiet": false, "version": false, "help": false}
	names := map[byte]string{'d': "decompress", 'c': "stdout", 'k': "keep", 'f': "force", 't': "test", 'o': "output",
		'T': "threads", 'v': "verbose", 'q': "quiet", 'V': "version", 'h': "help"}

	optind, nextchar := 0, ""
	for {
		if nextchar == "" {
			if optind == len(argv) {
				return opts, operands, true
			}
			arg := argv[optind]
			optind++
			if arg == "--" {
				return opts, append(operands, argv[optind:]...), true
			}
			if len(arg) < 2 || arg[0] != '-' {
				operands = append(operands, arg)
				continue
			}
			if arg[1] == '-' {
				name, value := arg[2:], ""
				equals := strings.IndexByte(name, '=')
				if equals >= 0 {
					name, value = name[:equals], name[equals+1:]
				}
				takes, known := longopts[name]
				if !known || !takes && equals >= 0 {
					return nil, nil, false
				}
				if takes && equals < 0 {
					if optind == len(argv) {
						return nil, nil, false
					}
					value = argv[optind]
					optind++
				}
				opts = append(opts, given{name, value})
				continue
			}
			nextchar = arg[1:]
		}
		c := nextchar[0]
		nextchar = nextchar[1:]
		at := strings.IndexByte(optstring, c)
		if at < 0 || c == ':' {
			return nil, nil, false
		}
		if at+1 == len(optstring) || optstring[at+1] != ':' {
			name := names[c]
			if name == "" {
				opts = append(opts, given{"level", string(c)})
			} else {
				opts = append(opts, given{name, ""})
			}
			continue
		}
		value := nextchar
		nextchar = ""
		if value == "" {
			if optind == len(argv) {
				return nil, nil, false
			}
			value = argv[optind]
			optind++
		}
		opts = append(opts, given{names[c], value})
	}
}

// Flags and files are those that getopt_long finds, and they arrive in the
// settings as they were given, the last one of each kind.
func FuzzArguments(f *testing.F) {
	for _, s := range []string{"-9kf\na", "a\n-T\n4\nb", "--\n-a", "-o\nx\n-\n", "--level\n3\nz", "-qvT2\n--rm\nx", "--output=\n",
		"--level=010", "-T\n-1", "\n\n-dk\n", "-o=,\na b", "--help\n-x", "-c\n-o-", "-\xff", "--fast\n--best\n-5", "-dko x\n--\n--"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		args := strings.Split(lines, "\n")
		flags, files, err := options.normalise(args)
		opts, operands, ok := getoptLong(args)
		if (err == nil) != ok {
			t.Fatalf("%q: %v, but getopt_long: %v", args, err, ok)
		}
		if err != nil {
			return
		}
		var want []string
		last := map[string]string{}
		for _, o := range opts {
			switch o.name {
			case "fast":
				o = given{"level", "1"}
			case "best":
				o = given{"level", "9"}
			}
			last[o.name] = o.value
			switch o.name {
			case "level", "threads", "output":
				want = append(want, "--"+o.name+"="+o.value)
			default:
				want = append(want, "--"+o.name)
			}
		}
		if !slices.Equal(flags, want) || !slices.Equal(files, operands) {
			t.Fatalf("%q: %q and %q, but getopt_long: %q and %q", args, flags, files, want, operands)
		}
		_, help := last["help"]
		if help {
			return // answered before urfave/cli sees it
		}
		s, err := parse(flags, files)
		if err != nil {
			return
		}
		wantLevel, _ := strconv.Atoi(last["level"])
		wantThreads, _ := strconv.Atoi(last["threads"])
		has := func(name string) bool { _, ok := last[name]; return ok }
		toStdout := has("stdout") || last["output"] == "-"
		wantOutput := last["output"]
		if wantOutput == "-" {
			wantOutput = ""
		}
		if s.level != wantLevel || s.threads != wantThreads || s.output != wantOutput || s.stdout != toStdout ||
			s.decompress != has("decompress") || s.remove != (has("rm") && !has("keep")) || s.force != has("force") ||
			s.test != has("test") || s.verbose != has("verbose") || s.quiet != (has("quiet") || has("no-progress")) {
			t.Errorf("%q became %+v", args, *s)
		}
	})
}

func TestParse(t *testing.T) {
	for args, want := range map[string]string{
		"-o x a":        "",
		"-6 -T0":        "",
		"-T1024":        "",
		"-T1025":        "threads \"1025\": want a number from 0 to 1024",
		"-T -1":         "threads \"-1\"",
		"-T 0x2":        "threads \"0x2\"",
		"--level=0":     "level \"0\": want a number from 1 to 9",
		"--level=10":    "level \"10\"",
		"--level= a":    "level \"\"",
		"-o x a b":      "-o goes with one file",
		"-o x -c a":     "-o goes",
		"-o x -t a":     "-o goes",
		"--output= a":   "-o needs the name of a file",
		"--rm -c a":     "--rm goes",
		"--rm -t a":     "--rm goes",
		"--rm -o - a":   "--rm goes",
		"--rm -k -c a":  "",
		"--rm -d -ox a": "",
	} {
		flags, files, err := options.normalise(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		s, err := parse(flags, files)
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
		if err == nil && s == nil {
			t.Errorf("%s: no settings", args)
		}
	}
	// Decimal, whatever it begins with.
	if s, err := parse([]string{"--threads=010"}, nil); err != nil || s.threads != 10 {
		t.Errorf("%+v, %v", s, err)
	}
}
