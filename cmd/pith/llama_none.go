//go:build !llama

package main

import "github.com/pith-codec/pith/codec"

const hasLlama = false

func openLlama(string, [][]byte, llamaOptions) (codec.Backend, error) { return nil, errNoLlama }
