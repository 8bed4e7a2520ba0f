// Package container reads and writes the .pith format, which FORMAT.md beside
// this file defines. It knows blocks, lengths and checks, and nothing of how
// content is coded.
package container

import (
	"fmt"
	"math/bits"
)

// Version is the version of the format that is written and read. What is read must
// grow with later versions, and never shrink.
const Version = 1

const magic = "\xB7p\r\n"

// Header flags.
const (
	flagSingle = 1 << iota
	flagExternal
	flagDictionary
	flagForeign
)

// ModelID names the language model of a member: a built-in number, or the
// first bytes of the SHA-256 of a GGUF file.
type ModelID struct {
	External bool
	Number   uint64  // if not external; 0 is none
	Hash     [8]byte // if external
	Size     Memory  // of its files, if external
}

func (id ModelID) none() bool { return !id.External && id.Number == 0 }

func (id ModelID) String() string {
	if id.External {
		return fmt.Sprintf("sha256:%x of up to %d MiB", id.Hash, (id.Size.Bytes()+1<<20-1)>>20)
	}
	return fmt.Sprintf("built-in %d", id.Number)
}

// Header begins a member.
type Header struct {
	Model    ModelID
	Numerics uint64
	Memory   Memory
	// Primed is whether the models were primed with a dictionary.
	Primed     bool
	Dictionary DictionaryID // if so
	// Foreign is the fingerprint of the engine of others that has made the neural
	// blocks, "" if they are this program's own.
	Foreign string
}

// DictionaryID is the first bytes of the SHA-256 of a dictionary.
type DictionaryID [8]byte

func (id DictionaryID) String() string { return fmt.Sprintf("sha256:%x", id[:]) }

// Memory is an amount of memory as a header states it: 8·e + m stands for
// (8 + m)·2^e / 8 MiB.
type Memory byte

// MemoryFor returns the least Memory of at least n bytes.
func MemoryFor(n int64) Memory {
	for m := Memory(0); m < 255; m++ {
		if m.Bytes() >= n {
			return m
		}
	}
	return 255
}

// Bytes returns the amount.
func (m Memory) Bytes() int64 { return int64(8+m%8) << (m / 8) << 17 }

// append appends the header's encoding.
func (h Header) append(dst []byte, single bool) []byte {
	flags := byte(0)
	if single {
		flags |= flagSingle
	}
	if h.Model.External {
		flags |= flagExternal
	}
	if h.Primed {
		flags |= flagDictionary
	}
	if h.Foreign != "" {
		flags |= flagForeign
	}
	dst = append(append(dst, magic...), versionNibble(Version)<<4|flags)
	if h.Model.External {
		dst = append(append(dst, h.Model.Hash[:]...), byte(h.Model.Size))
	} else {
		dst = AppendVarint(dst, h.Model.Number)
	}
	dst = append(AppendVarint(dst, h.Numerics), byte(h.Memory))
	if h.Primed {
		dst = append(dst, h.Dictionary[:]...)
	}
	if h.Foreign != "" {
		dst = append(append(dst, byte(len(h.Foreign))), h.Foreign...)
	}
	return dst
}

// versionNibble returns three bits of version and one of parity.
func versionNibble(version byte) byte {
	return version<<1 | byte(bits.OnesCount8(version)&1)
}
