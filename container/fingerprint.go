package container

import (
	"crypto/sha256"
	"fmt"
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
	return fields(fingerprint)
}

// fields is Fields for one of any length.
func fields(fingerprint string) (all []Field, ok bool) {
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

// Fit returns a fingerprint as a header may hold it. If it is too long, values give way
// to a part of their SHA-256, the longest first: nothing is cut off, so that engines
// which differ have different fingerprints.
func Fit(fingerprint string) string {
	all, _ := fields(fingerprint)
	for len(fingerprint) > maxFingerprint && len(all) > 0 {
		longest, parts := 0, []string(nil)
		for i, f := range all {
			if len(f.Value) > len(all[longest].Value) {
				longest = i
			}
		}
		if len(all[longest].Value) <= len("sha256:")+16 {
			break
		}
		sum := sha256.Sum256([]byte(all[longest].Value))
		all[longest].Value = fmt.Sprintf("sha256:%x", sum[:8])
		for _, f := range all {
			parts = append(parts, f.Name+"="+f.Value)
		}
		fingerprint = strings.Join(parts, ";")
	}
	return fingerprint
}
