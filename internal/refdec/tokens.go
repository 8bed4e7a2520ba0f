package refdec

// tokenise returns the tokens and escapes of a text.
func (v *vocabulary) tokenise(text []byte) []int { panic("not written yet") }
