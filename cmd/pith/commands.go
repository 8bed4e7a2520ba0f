package main

import "slices"

// subcommand is a word that stands for a flag where it is the first on the
// command line. A file of that name is written ./NAME, or behind --.
type subcommand struct{ name, flag string }

var subcommands = []subcommand{
	{"list", "--list"},
	{"info", "--info"},
	{"test", "--test"},
	{"help", "--help"},
}

// expandSubcommand replaces a subcommand by its flag.
func expandSubcommand(args []string) []string {
	if len(args) == 0 {
		return args
	}
	i := slices.IndexFunc(subcommands, func(s subcommand) bool { return s.name == args[0] })
	if i < 0 {
		return args
	}
	return append([]string{subcommands[i].flag}, args[1:]...)
}
