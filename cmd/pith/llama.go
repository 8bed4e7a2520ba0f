//go:build llama

package main

import (
	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/model/llama"
)

const hasLlama = true

// openLlama has llama.cpp load a model.
func openLlama(path string, parts [][]byte, o llamaOptions) (codec.Backend, error) {
	m, err := llama.Open(path, llama.Options{Workers: o.workers, Threads: o.threads, GPULayers: o.gpuLayers, Devices: o.devices}, parts...)
	if err != nil {
		return nil, err
	}
	return m, nil
}
