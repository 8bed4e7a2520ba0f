package container

import (
	"slices"
	"strings"
)

// Field is a part of a fingerprint.
type Field struct{ Name, Value string }

// maxFingerprint is the most bytes of a fingerprint.
const maxFingerprint = 255

// Fields returns the parts of a fingerprint; ok is false if it is not what a header
// may hold.
func Fields(fingerprint string) (all []Field, ok bool) {
	if len(fingerprint) > maxFingerprint {
		return nil, false
	}
	for part := range strings.SplitSeq(fingerprint, ";") {
		name, value, found := strings.Cut(part, "=")
		again := slices.ContainsFunc(all, func(f Field) bool { return f.Name == name })
		if !found || again || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
			return nil, false
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			return nil, false
		}
		all = append(all, Field{name, value})
	}
	return all, all[0].Name == "engine"
}
