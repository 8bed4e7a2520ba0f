// Package llama runs any GGUF model that llama.cpp can run, through
// github.com/ollama/ollama/llama, as an engine of package codec.
//
// It needs a C++ compiler and is only there with the build tag llama. What it
// computes depends on the machine, on how the library was built, and on which rows
// were run together; Fingerprint tells all of that but the last, which the caller
// has in hand.
package llama
