package codec

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/paq"
)

// MaxDictionary is the most bytes of a dictionary.
const MaxDictionary = 16 << 20

// Dictionary is data that encoder and decoder both have, of the kind that they
// code: models are primed with it. Any number of encoders and decoders may share
// one; what models have learnt of it is kept for the next.
type Dictionary struct {
	data []byte
	id   container.DictionaryID

	lock   sync.Mutex
	mixer  *paq.Model // that has learnt the data
	kind   mixerKind  // of mixer
	neural *primed
}

// mixerKind is what a context mixer is made by.
type mixerKind struct {
	mixing
	matches int // logarithm of the places of matches
}

// kept is the most bytes of a context mixer that is kept: copying a larger one
// takes as long as a small block.
const kept = 64 << 20

// NewDictionary returns a dictionary, which keeps data.
func NewDictionary(data []byte) (*Dictionary, error) {
	if len(data) == 0 {
		return nil, errors.New("the dictionary is empty")
	}
	if len(data) > MaxDictionary {
		return nil, fmt.Errorf("the dictionary has %d bytes, more than %d MiB", len(data), MaxDictionary>>20)
	}
	d := &Dictionary{data: data}
	hash := sha256.Sum256(data)
	copy(d.id[:], hash[:])
	return d, nil
}

// ID returns what files name the dictionary by.
func (d *Dictionary) ID() container.DictionaryID { return d.id }

// size returns its bytes, 0 if there is none.
func (d *Dictionary) size() int {
	if d == nil {
		return 0
	}
	return len(d.data)
}

// predictor returns the context mixer for a block of size bytes.
func (d *Dictionary) predictor(x mixing, size int) *paq.Model {
	size += d.size()
	if d == nil {
		return paq.New(x.profile, x.log, size)
	}
	if paq.Memory(x.log, size) > kept {
		return d.learnt(x, size)
	}
	d.lock.Lock()
	defer d.lock.Unlock()
	kind := mixerKind{x, paq.LogFor(size, paq.MaxLog)}
	if d.mixer == nil || d.kind != kind {
		d.mixer, d.kind = d.learnt(x, size), kind
	}
	return d.mixer.Clone()
}

// learnt returns a context mixer that has learnt the data.
func (d *Dictionary) learnt(x mixing, size int) *paq.Model {
	m := paq.New(x.profile, x.log, size)
	m.Learn(d.data)
	return m
}

// DictionaryError says that a file needs a dictionary that is not at hand.
type DictionaryError struct {
	Need  container.DictionaryID
	Given *Dictionary // nil if there is none
}

func (e *DictionaryError) Error() string {
	if e.Given != nil {
		return fmt.Sprintf("needs the dictionary %v: the one given is %v", e.Need, e.Given.id)
	}
	return fmt.Sprintf("needs the dictionary %v", e.Need)
}
