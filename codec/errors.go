package codec

import (
	"fmt"

	"github.com/pith-codec/pith/container"
)

// ModelError says that a file needs a model that is not at hand.
type ModelError struct {
	Need container.ModelID
	Err  error // why it is not, if known
}

func (e *ModelError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("needs the model %v: %v", e.Need, e.Err)
	}
	return fmt.Sprintf("needs the model %v", e.Need)
}

func (e *ModelError) Unwrap() error { return e.Err }

// NumericsError says that a file was made with another version of the
// arithmetic.
type NumericsError struct{ Need uint64 }

func (e *NumericsError) Error() string {
	return fmt.Sprintf("made with numerics version %d: this program has version %d", e.Need, Numerics)
}

// DivergedError says that a block's payload is undamaged but did not decode to
// the content it was made from.
type DivergedError struct{ Offset int64 }

func (e *DivergedError) Error() string {
	return fmt.Sprintf("block at byte %d is undamaged but decodes to something else", e.Offset)
}

// LimitError says that decoding a block takes more memory than is allowed.
type LimitError struct{ Need, Limit int64 }

func (e *LimitError) Error() string {
	return fmt.Sprintf("needs %d MiB of memory to decode: the limit is %d MiB", e.Need>>20, e.Limit>>20)
}
