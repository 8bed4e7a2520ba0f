package codec

import (
	"fmt"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/model/ensemble"
	"github.com/pith-codec/pith/model/gguf"
	"github.com/pith-codec/pith/model/lm"
	"github.com/pith-codec/pith/model/token"
)

// Model is a language model with its tokenizer, ready for use by any number of
// encoders and decoders at once.
type Model struct {
	id         container.ModelID
	tokens     *token.Tokenizer
	vocabulary *ensemble.Vocabulary
	lm         *lm.Model
}

// OpenModel reads a GGUF file from its parts. A file that is compressed with
// it names it by id.
func OpenModel(id container.ModelID, parts ...[]byte) (*Model, error) {
	f, err := gguf.Parse(parts...)
	if err != nil {
		return nil, err
	}
	m := &Model{id: id}
	if m.tokens, err = token.New(f); err != nil {
		return nil, err
	}
	m.vocabulary = ensemble.NewVocabulary(m.tokens.Size(), m.tokens.Bytes)
	if m.lm, err = lm.Load(f, m.vocabulary.Order()); err != nil {
		return nil, err
	}
	if n := m.lm.Config().Vocab; n != m.tokens.Size() {
		return nil, fmt.Errorf("codec: model has %d embeddings for %d tokens", n, m.tokens.Size())
	}
	return m, nil
}

// ID returns what files name the model by.
func (m *Model) ID() container.ModelID { return m.id }
