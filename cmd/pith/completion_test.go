package main

import (
	"fmt"
	"slices"
	"strings"
)

// What shells complete is made from the tables of options by TestManual.

// firstWords returns the words that mean something where they stand first.
func firstWords() (all []string) {
	for _, s := range subcommands {
		all = append(all, s.name)
	}
	for _, t := range tools() {
		all = append(all, t.name)
	}
	slices.Sort(all)
	return all
}

// commandWords returns the words that may follow a tool's name.
func commandWords(tool string) (all []string) {
	if tool == modelTool.name {
		for _, c := range modelCommands {
			all = append(all, c.name)
		}
	}
	return all
}

// completed is the options of pith, under the name "", and of its tools.
func completed() map[string]table {
	all := map[string]table{"": options}
	for _, t := range tools() {
		all[t.name] = t.table()
	}
	return all
}

func toolNames() (all []string) {
	for _, t := range tools() {
		all = append(all, t.name)
	}
	return all
}

func bashCompletion() string {
	var withFile, withOther []string
	var flags strings.Builder
	all := completed()
	for _, tool := range append([]string{""}, toolNames()...) {
		var names []string
		for _, o := range all[tool] {
			last := len(names)
			names = append(names, "--"+o.long)
			if o.short != 0 {
				names = append(names, fmt.Sprintf("-%c", o.short))
			}
			for _, name := range names[last:] {
				switch {
				case takesFile(o):
					withFile = append(withFile, fmt.Sprintf("%q", tool+" "+name))
				case o.value != "":
					withOther = append(withOther, fmt.Sprintf("%q", tool+" "+name))
				}
			}
		}
		if tool == "" {
			names = append(names, strings.Fields("-1 -2 -3 -4 -5 -6 -7 -8 -9")...)
		}
		fmt.Fprintf(&flags, "\t%q) flags=%q ;;\n", tool, strings.Join(names, " "))
	}
	return fmt.Sprintf(`# Completion of pith for bash, made from the table of options by make manual.
_pith() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} tool= flags words=
	if [ "$COMP_CWORD" = 1 ]; then
		words=%q
	else
		case ${COMP_WORDS[1]} in
		%s) tool=${COMP_WORDS[1]} ;;
		esac
	fi
	case "$tool $before" in
	%s) COMPREPLY=($(compgen -f -- "$word")); return ;;
	%s) COMPREPLY=(); return ;;
	esac
	case "$tool" in
%s	esac
	if [ "$tool $COMP_CWORD" = "model 2" ]; then
		words=%q
	fi
	case $word in
	-*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
	*) COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word")) ;;
	esac
}
complete -o filenames -F _pith pith unpith pithcat
`, strings.Join(firstWords(), " "), strings.Join(toolNames(), " | "), strings.Join(withFile, " | "), strings.Join(withOther, " | "),
		flags.String(), strings.Join(commandWords("model"), " "))
}

func zshCompletion() string {
	var b strings.Builder
	b.WriteString("#compdef pith unpith pithcat\n# Made from the table of options by make manual.\nlocal tool=\n")
	fmt.Fprintf(&b, `if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
	_alternative 'words:word:(%s)' 'files:file:_files'
	return
fi
case $words[2] in
%s) tool=$words[2]; shift words; (( CURRENT-- )) ;;
esac
`, strings.Join(firstWords(), " "), strings.Join(toolNames(), " | "))
	all := completed()
	for _, tool := range toolNames() {
		fmt.Fprintf(&b, "if [[ $tool == %s ]]; then\n_arguments -s -S \\\n%s", tool, zshOptions(all[tool]))
		if words := commandWords(tool); len(words) > 0 {
			fmt.Fprintf(&b, "\t'1:command:(%s)' \\\n", strings.Join(words, " "))
		}
		b.WriteString("\t'*:file:_files'\nreturn\nfi\n")
	}
	fmt.Fprintf(&b, "_arguments -s -S \\\n%s\t'-'{1,2,3,4,5,6,7,8,9}'[compression level]' \\\n\t'*:file:_files'\n", zshOptions(all[""]))
	return b.String()
}

func zshOptions(options table) string {
	var b strings.Builder
	quoted := strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`)
	for _, o := range options {
		help := "[" + quoted.Replace(helpLine(o)) + "]"
		action := ""
		switch {
		case takesFile(o):
			action = ":" + o.value + ":_files"
		case o.value != "":
			action = ":" + o.value + ":"
		}
		equals := ""
		if o.value != "" {
			equals = "="
		}
		fmt.Fprintf(&b, "\t'--%s%s%s%s' \\\n", o.long, equals, help, action)
		if o.short != 0 {
			fmt.Fprintf(&b, "\t'-%c%s%s' \\\n", o.short, help, action)
		}
	}
	return b.String()
}

func fishCompletion() string {
	var b strings.Builder
	b.WriteString("# Completion of pith for fish, made from the table of options by make manual.\n")
	fmt.Fprintf(&b, "complete -c pith -n __fish_use_subcommand -a '%s'\n", strings.Join(firstWords(), " "))
	all := completed()
	for _, tool := range toolNames() {
		if words := strings.Join(commandWords(tool), " "); words != "" {
			fmt.Fprintf(&b, "complete -c pith -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from %s' -a '%s'\n", tool, words, words)
		}
		fishOptions(&b, "pith -n '__fish_seen_subcommand_from "+tool+"'", all[tool])
	}
	fishOptions(&b, "pith -n 'not __fish_seen_subcommand_from "+strings.Join(toolNames(), " ")+"'", options)
	fishOptions(&b, "unpith", options)
	fishOptions(&b, "pithcat", options)
	return b.String()
}

func fishOptions(b *strings.Builder, command string, options table) {
	for _, o := range options {
		fmt.Fprintf(b, "complete -c %s -l %s", command, o.long)
		if o.short != 0 {
			fmt.Fprintf(b, " -s %c", o.short)
		}
		switch {
		case takesFile(o):
			b.WriteString(" -r -F")
		case o.value != "":
			b.WriteString(" -x")
		}
		fmt.Fprintf(b, " -d '%s'\n", strings.ReplaceAll(helpLine(o), "'", `\'`))
	}
}

func takesFile(o option) bool {
	return o.value == "FILE" || o.value == "PATH" || o.long == "files-from"
}

// helpLine is the help of an option without its line ends.
func helpLine(o option) string { return strings.ReplaceAll(o.help, "\n", " ") }
