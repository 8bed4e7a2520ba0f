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
	if err := sameVocabulary(m.lm.Config(), m.tokens); err != nil {
		return nil, err
	}
	return m, nil
}

// CheckModel returns, from a file's head alone (see gguf.Head), why OpenModel would
// not take it, or the most bytes of memory that restoring a file of the default
// level takes beside the model's file.
func CheckModel(f *gguf.File) (memory int64, err error) {
	tokens, err := token.New(f)
	if err != nil {
		return 0, err
	}
	c, err := lm.Check(f)
	if err != nil {
		return 0, err
	}
	if err := sameVocabulary(c, tokens); err != nil {
		return 0, err
	}
	l := levels[DefaultLevel]
	return neuralMemory(c, c.Vocab, shape{l.streams, l.window}, min(l.block, container.MaxNeural), 0), nil
}

func sameVocabulary(c lm.Config, tokens *token.Tokenizer) error {
	if c.Vocab != tokens.Size() {
		return fmt.Errorf("codec: model has %d embeddings for %d tokens", c.Vocab, tokens.Size())
	}
	return nil
}

// ID returns what files name the model by.
func (m *Model) ID() container.ModelID { return m.id }
