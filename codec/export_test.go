package codec

// PreferShort has an encoder make short neural blocks, even where they are not smaller.
func (e *Encoder) PreferShort() { e.level = short }

// Prose is text for tests.
var Prose = prose
