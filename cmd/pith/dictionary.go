package main

import (
	"io"
	"os"

	"github.com/pith-codec/pith/codec"
)

// readDictionary reads the dictionary that was named, if one was.
func (s *settings) readDictionary() error {
	if s.primer == "" {
		return nil
	}
	in, err := os.Open(s.primer)
	if err != nil {
		return err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, codec.MaxDictionary+1))
	if err != nil {
		return err
	}
	if len(data) > codec.MaxDictionary {
		return hint("too large for a dictionary", "take a part of at most 16 MiB")
	}
	if s.dictionary, err = codec.NewDictionary(data); err != nil {
		return hint(err.Error(), "give a file that is alike to the input")
	}
	return nil
}
