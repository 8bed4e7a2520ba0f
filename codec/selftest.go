package codec

import (
	"fmt"
	"math"
	"sync"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/lm/kernel"
	"github.com/pith-codec/pith/model/paq"
)

// Before anything is coded or decoded by probabilities, the program tries on a short
// text whether it computes on this machine what it computes on all others: processors,
// emulators and other code in the process have been known to round otherwise or to flush
// small numbers to zero. What it would write nobody could restore.

// SelfTestError says that this machine, or this build, does not compute what others do.
type SelfTestError struct{ What string }

func (e *SelfTestError) Error() string {
	return "this machine does not compute as it must: " + e.What
}

// Of this version of the numerics, the same on all machines: hashes of what the self-test
// makes. They change with Numerics and with nothing else.
const (
	selfTestMixed  = 0x56e318b69f64478f
	selfTestNeural = 0xce026b54e7e5976f
)

const selfTestText = "It is a capital mistake to theorise before one has data. 1234567890, caf\xc3\xa9; it is a capital mistake.\r\n"

// mixingReady tries the arithmetic that every machine has, and context mixing; once.
var mixingReady = sync.OnceValue(func() error {
	if what := roundsWrong(1, math.SmallestNonzeroFloat32*(1<<23), math.SmallestNonzeroFloat64*(1<<52)); what != "" {
		return &SelfTestError{what}
	}
	var mixed []byte
	for _, x := range []mixing{{paq.Fast, paq.MinLog}, {paq.Strong, paq.MinLog}} {
		mixed = append(mixed, encodeMixing([]byte(selfTestText), x, nil, func(int) {})...)
	}
	return selfTestHash("context mixing", mixed, selfTestMixed)
})

// neuralReady tries the engine on the kernels that are chosen; once.
var neuralReady = sync.OnceValue(func() error {
	if err := mixingReady(); err != nil {
		return err
	}
	k, err := kernel.Default()
	if err != nil {
		return err
	}
	return tryEngine(k)
})

// tryEngine codes the text with a tiny model on kernels, and restores it.
func tryEngine(k *kernel.Impl) error {
	m, err := OpenModel(container.ModelID{}, tinymodel.Bytes(tinymodel.Small()))
	if err != nil {
		return err
	}
	n := &neural{m: m, kernels: k, threads: 1}
	defer n.close()
	tokens, s := m.tokens.Encode(nil, []byte(selfTestText)), shape{2, 128}
	var none *primed
	payload, err := n.encode(none, tokens, none.repeated(tokens, s), len(selfTestText), s, func(int) {})
	if err != nil {
		return &SelfTestError{err.Error()}
	}
	if err := selfTestHash("the "+k.Name+" kernels", payload, selfTestNeural); err != nil {
		return err
	}
	text, err := n.decode(payload, len(tokens), len(selfTestText), len(selfTestText), s, func(int) {})
	if err != nil || string(text) != selfTestText {
		return &SelfTestError{"a text is not restored by the " + k.Name + " kernels"}
	}
	return nil
}

func selfTestHash(what string, coded []byte, want uint64) error {
	if container.Hash(coded) != want {
		return &SelfTestError{fmt.Sprintf("%s: other numbers (%#x)", what, container.Hash(coded))}
	}
	return nil
}

// roundsWrong says what is wrong with arithmetic, if anything: one is 1, and the others
// are the smallest normal numbers. They are arguments lest a compiler computes.
//
//go:noinline
func roundsWrong(one, small32 float32, small64 float64) string {
	tiny32 := float32(one / (1 << 24)) // half of the last place of 1
	tiny64 := float64(float64(one) / (1 << 53))
	odd32, even32 := one+float32(2*tiny32), one+float32(4*tiny32)
	switch {
	case one+tiny32 != one || odd32+tiny32 != even32 || -one-tiny32 != -one, float64(one)+tiny64 != float64(one) || float64(one)-tiny64 == float64(one):
		return "it does not round to the nearest, to even at ties"
	case float32(small32/2) == 0 || float64(small64/2) == 0:
		return "small numbers become zero"
	case float32(odd32*odd32) != even32:
		return "products are not rounded"
	}
	return ""
}
