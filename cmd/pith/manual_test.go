package main

import (
	goflag "flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var writeManual = goflag.Bool("write", false, "write the manual page and the completions anew")

// The manual page and the completions of shells are made from the table of
// options, and kept in docs/man: what is there must be what the table makes.
func TestManual(t *testing.T) {
	for name, text := range map[string]string{
		"pith.1": manual(), "pith.bash": bashCompletion(), "_pith": zshCompletion(), "pith.fish": fishCompletion(),
	} {
		path := filepath.Join("..", "..", "docs", "man", name)
		if *writeManual {
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || strings.ReplaceAll(string(got), "\r\n", "\n") != text {
			t.Errorf("%s is not up to date: make manual (%v)", name, err)
		}
		for _, o := range options {
			if !strings.Contains(strings.ReplaceAll(text, `\-`, "-"), o.long) {
				t.Errorf("%s does not know --%s", name, o.long)
			}
		}
		for _, word := range firstWords() {
			if !strings.Contains(text, word) {
				t.Errorf("%s does not know %s", name, word)
			}
		}
	}
}

// The shells take the completions, and the formatter the manual page, without a
// word.
func TestManualLoads(t *testing.T) {
	docs := filepath.Join("..", "..", "docs", "man")
	for _, c := range [][]string{
		{"mandoc", "-Tlint", "-Wwarning", filepath.Join(docs, "pith.1")},
		{"bash", "-c", "source " + filepath.Join(docs, "pith.bash") + `
			check() { COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2)); _pith; [ "${COMPREPLY[*]}" = "$1" ] || echo "$*: ${COMPREPLY[*]}"; }
			cd /; check --decompress pith --decom; check bench pith ben; check verify pith model veri; check --insecure pith model --ins
			check '' pith bench --decom; check '' pith model veri --js x; check '' pith model list veri; check '' pith --level ""; check --level pith bench.x --lev`},
		{"zsh", "-n", filepath.Join(docs, "_pith")},
		{"fish", "--no-config", "-c", "source " + filepath.Join(docs, "pith.fish") + "; complete -C 'pith --decom' | string match -q -- '--decompress*'; or echo 1; " +
			"complete -C 'pith model veri' | string match -q -- 'verify*'; or echo 2; complete -C 'pith bench --dec' | string match -q -- '--decompress*'; and echo 3; " +
			"complete -C 'pith model --ins' | string match -q -- '--insecure*'; or echo 4; complete -C 'pith ben' | string match -q -- 'bench*'; or echo 5; true"},
	} {
		t.Run(c[0], func(t *testing.T) {
			if _, err := exec.LookPath(c[0]); err != nil {
				t.Skipf("skipped: no %s here", c[0])
			}
			if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// roff escapes a text for mdoc.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "to").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

func manual() string {
	var b strings.Builder
	b.WriteString(`.\" Made from the table of options by make manual.
.Dd November 24, 2026
.Dt PITH 1
.Os
.Sh NAME
.Nm pith ,
.Nm unpith ,
.Nm pithcat
.Nd compress files with a language model
.Sh SYNOPSIS
.Nm
.Op Ar option ...
.Op Ar file ...
.Nm
.Cm list | info | test
.Op Ar option ...
.Ar file ...
.Nm
.Cm bench | align | select | model
.Op Ar option ...
.Nm unpith
.Op Ar option ...
.Op Ar file ...
.Nm pithcat
.Op Ar option ...
.Op Ar file ...
.Sh DESCRIPTION
.Nm
compresses each
.Ar file
to
.Ar file Ns .pith ,
or restores it with
.Fl d .
Without files, or where
.Ar file
is
.Sq - ,
it reads standard input and writes standard output.
.Pp
The input is kept, unless
.Fl \-rm
is given: then the output is restored and compared first.
An output gets its name when it is complete and safe on the disk, and never
takes the place of another file without
.Fl f .
A compressed file is the same on every machine and opens on every other.
.Pp
As
.Nm unpith
the program restores, as
.Nm pithcat
it restores to standard output.
.Cm list , info
and
.Cm test
as first word are
.Fl \-list , \-info
and
.Fl \-test .
As first words
.Cm bench
measures compressors,
.Cm align
tells how alike files are,
.Cm select
chooses documents like others and
.Cm model
lists, checks, adds, gets and tries language models: they have options of their own, which
.Fl \-help
behind them lists.
.Pp
The options are:
.Bl -tag -width Ds
`)
	for _, o := range options {
		b.WriteString(".It")
		if o.short != 0 {
			fmt.Fprintf(&b, " Fl %c", o.short)
			if o.value != "" {
				fmt.Fprintf(&b, " Ar %s", roff(o.value))
			}
			b.WriteString(" ,")
		}
		fmt.Fprintf(&b, ` Fl \-%s`, roff(o.long))
		if o.value != "" {
			fmt.Fprintf(&b, " Ns = Ns Ar %s", roff(o.value))
		}
		help := roff(o.help)
		fmt.Fprintf(&b, "\n%s.\n", strings.ToUpper(help[:1])+help[1:])
	}
	b.WriteString(`.It Fl 1 No to Fl 9
The compression level: 1 is Zstandard, 2 to 4 mix contexts, from 5 on a language
model takes part.
.El
.Sh ENVIRONMENT
.Bl -tag -width Ds
.It Ev PITH_OPT
Options for every run, separated by spaces: levels,
`)
	for _, name := range harmless {
		if name != "level" {
			fmt.Fprintf(&b, ".Fl \\-%s ,\n", roff(name))
		}
	}
	b.WriteString(`and no others.
.It Ev PITH_MODELS
Folders, as in PATH, where models are looked for, before
.Pa ~/.local/share/pith/models ,
the cache of Hugging Face's libraries and Ollama's store.
.It Ev HF_ENDPOINT
The address of the hub that
.Cm model pull
gets models from by name;
.Ev HF_TOKEN
is sent to it, if set.
.It Ev PITH_KERNELS
The implementation of the arithmetic: generic, avx2, avxvnni, avx512vnni, amx, neon, neondot or neoni8mm.
The result is the same with each.
.It Ev NO_COLOR
If it is not empty, progress is drawn without control sequences.
Nothing has colours in any case.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds -compact
.It 0
All is well.
.It 1
Wrong usage, or a problem of files or system.
.It 2
Damaged input.
.It 3
Internal error.
.It 4
Input that this program cannot decode: another version, model or arithmetic.
.It 128+N
Stopped by signal N.
.El
.Pp
Of several files all are tried, and the highest status counts.
.Sh EXAMPLES
.Dl pith \-9 book.txt
.Dl pith \-d book.txt.pith
.Dl tar \-I pith \-cf letters.tar.pith letters
.Dl find . \-name '*.md' \-print0 | pith \-\-files\-from \- \-0
.Sh SEE ALSO
.Xr bzip2 1 ,
.Xr gzip 1 ,
.Xr xz 1 ,
.Xr zstd 1
`)
	return b.String()
}
