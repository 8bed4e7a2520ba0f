package container

// ModelID names the language model of a member: a built-in number, or the
// first bytes of the SHA-256 of a GGUF file.
type ModelID struct {
	Number uint64 // 0 if the file is named by its hash
	Hash   [8]byte
}
