package codec

import "github.com/pith-codec/pith/model/lm"

// Tokens is a tokenizer. An id from Size() on is an escape: that of a byte without a
// token. The bytes of the tokens that Encode returns, joined, are the text.
type Tokens interface {
	Size() int
	BOS() int32 // what a sequence begins with
	Bytes(id int32) []byte
	Encode(dst []int32, text []byte) []int32
}

// Row is a token that is fed to one of the streams of a block.
type Row struct {
	Stream int
	Token  int32
}

// Context runs a language model for the streams of one block.
type Context interface {
	// Run feeds the rows and sets out[i] to what the model says of the token after
	// row i; if out is nil, it says nothing. Rows of one stream are consecutive.
	Run(rows []Row, out []*lm.Weights) error
	Close()
}

// MaxForeignStreams is the most streams of a Context.
const MaxForeignStreams = 64

// Backend is an engine of others for a language model. Its results may depend on the
// machine, and on which rows are run together: blocks are encoded with the same
// rows as they are decoded with.
type Backend interface {
	Tokens
	// Fingerprint is what results depend on besides model and rows, as
	// container.Header.Foreign has it but that it may be longer.
	Fingerprint() string
	// Workers is how many contexts there may be at once.
	Workers() int
	// Memory is an upper bound of what decoding takes, in bytes.
	Memory(streams, window int) int64
	// Context returns an engine whose streams are at their beginning. Leaf i of what
	// it predicts is the token order[i].
	Context(order []int32, streams, window int) (Context, error)
}
