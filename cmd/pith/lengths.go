package main

import (
	"github.com/urfave/cli/v2"

	"github.com/pith-codec/pith/corpus/length"
)

// neuralLevel is the level whose window measuring with the language model has.
const neuralLevel = 7

// newEngine returns the engine of a tool's --engine; for neural it opens the model of
// --model, or the built-in one.
func newEngine(c *cli.Context, name string) (length.Engine, error) {
	if name != "neural" {
		return length.New(name)
	}
	m, err := (&settings{modelName: c.String("model")}).own()
	if err != nil {
		return nil, err
	}
	return length.Neural(m, neuralLevel)
}
