package main

import (
	"encoding/hex"
	"testing"

	"github.com/pith-codec/pith/container"
)

// A name is hash and size: one that states another size is that of another file.
func TestNameOfTheBuiltInModel(t *testing.T) {
	id, size := container.ModelID{External: true}, int64(0)
	for _, p := range builtinParts() {
		size += int64(len(p))
	}
	sum, err := hex.DecodeString(builtinSHA256)
	if err != nil {
		t.Fatal(err)
	}
	copy(id.Hash[:], sum)
	for step := -1; step <= 1; step++ {
		id.Size = container.Memory(int(container.MemoryFor(size)) + step)
		if got := isBuiltIn(id); got != (step == 0) {
			t.Errorf("of up to %d bytes: %v", id.Size.Bytes(), got)
		}
	}
}
