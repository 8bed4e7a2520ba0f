package main

import (
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// tool is other work than compressing and restoring: pith NAME [OPTION]... WORDS.
// It is asked for by its name as the first word only.
type tool struct {
	name      string
	arguments string // as in its help, such as [FILE]...
	about     string // one line
	notes     string // below the options in its help; ends with a new line
	options   table  // beside --help
	run       func(u *ui, c *cli.Context, words []string) int
}

// tools are all of them.
func tools() []tool { return []tool{benchTool, alignTool, selectTool, modelTool} }

// findTool returns the tool that the first argument names.
func findTool(args []string) (tool, bool) {
	all := tools()
	i := slices.IndexFunc(all, func(t tool) bool { return len(args) > 0 && t.name == args[0] })
	if i < 0 {
		return tool{}, false
	}
	return all[i], true
}

// table returns all options of the tool.
func (t tool) table() table {
	return append(slices.Clip(t.options), option{"help", 'h', "", "print this help"})
}

// command runs the tool with its arguments and returns the exit code.
func (t tool) command(u *ui, args []string) int {
	u.tool = t.name + " "
	all := t.table()
	flags, words, err := all.normalise(args)
	if err != nil {
		return u.usage(err)
	}
	if slices.Contains(flags, "--help") {
		return u.print(t.help(all))
	}
	code := exitOK
	if err := all.parse(flags, func(c *cli.Context) error { code = t.run(u, c, words); return nil }); err != nil {
		return u.usage(err)
	}
	return code
}

// help returns the text that --help prints.
func (t tool) help(all table) string {
	var b strings.Builder
	b.WriteString("Usage: pith " + t.name + " [OPTION]... " + t.arguments + "\n" + t.about + "\n\n" + all.help())
	if t.notes != "" {
		b.WriteString("\n" + t.notes)
	}
	return b.String()
}

// parse has urfave/cli read normalised flags and calls act with them.
func (t table) parse(flags []string, act func(c *cli.Context) error) error {
	app := &cli.App{
		Name: "pith", HideHelp: true, HideHelpCommand: true, HideVersion: true,
		Flags:  t.cliFlags(),
		Writer: io.Discard, ErrWriter: io.Discard, // it would print its own help
		ExitErrHandler: func(*cli.Context, error) {}, // it would exit
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		Action:         act,
	}
	// It gets no files, for it would take flags and commands from among them.
	return app.Run(append([]string{"pith"}, flags...))
}
