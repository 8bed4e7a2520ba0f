package length

import "github.com/pith-codec/pith/codec"

// neural is a language model with its mixer.
type neural struct{ l *codec.Lengths }

// Neural returns the engine of a language model, whose window is that of a level from
// 5 to 9. It keeps an engine for each goroutine that measures.
func Neural(m *codec.Model, level int) (Engine, error) {
	l, err := codec.NewLengths(m, level)
	if err != nil {
		return nil, err
	}
	return neural{l}, nil
}

// Reach is that of the mixer; the language model sees less.
func (neural) Reach() int     { return codec.MaxDictionary }
func (neural) Additive() bool { return true }

// Tail takes a token to be three bytes, as in programs.
func (n neural) Tail() int { return 3 * n.l.Window() }

func (n neural) Unread(context []byte) int { return n.l.Unread(context) }

func (n neural) Bits(text []byte) float64    { return n.l.After(nil).Bits(text) }
func (n neural) After(context []byte) Reader { return n.l.After(context) }
