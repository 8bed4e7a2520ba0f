// Package builtin holds the default model: SmolLM2-135M-Instruct by
// HuggingFaceTB, trained further on public text and quantised to int8 (NOTICE
// has its origin and licence). Importing it adds 145 MB to a program.
package builtin

import (
	_ "embed"
	"fmt"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
)

// Number is what files name the model by.
const Number = 1

// The parts are used where the program's file is mapped, without a copy.
var (
	//go:embed weights/smollm2-135m-pith-00001-of-00003.gguf
	part1 []byte
	//go:embed weights/smollm2-135m-pith-00002-of-00003.gguf
	part2 []byte
	//go:embed weights/smollm2-135m-pith-00003-of-00003.gguf
	part3 []byte
)

// ID is the model's name in files.
var ID = container.ModelID{Number: Number}

// SHA256 is the hash of the parts, one behind the other, in hexadecimal.
const SHA256 = "f901b13c728ae71c58479da8726e5a9e1433acea2a917c47bf9fdf59a7a069b0"

// Parts returns the GGUF file. It must not be changed.
func Parts() [][]byte { return [][]byte{part1, part2, part3} }

// Open returns the model with the given name. It takes some tenths of a second.
func Open(id container.ModelID) (*codec.Model, error) {
	if id != ID {
		return nil, fmt.Errorf("this program has only the model %v", ID)
	}
	return codec.OpenModel(ID, Parts()...)
}
