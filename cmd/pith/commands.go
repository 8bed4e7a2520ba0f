package main

import "slices"

// subcommand is a word that does other work when it stands first on the
// command line. A file of that name is written ./NAME, or behind --.
type subcommand struct {
	name, summary string
	run           func(u *ui, args []string) int
}

// subcommands are in the order in which the help shows them.
var subcommands = []subcommand{}

// findSubcommand returns the subcommand that args begin with.
func findSubcommand(args []string) (subcommand, bool) {
	if len(args) == 0 {
		return subcommand{}, false
	}
	i := slices.IndexFunc(subcommands, func(s subcommand) bool { return s.name == args[0] })
	if i < 0 {
		return subcommand{}, false
	}
	return subcommands[i], true
}
