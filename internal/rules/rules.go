// Package rules holds what the sources of the exact packages must keep to, so that the
// same numbers come out on every machine. Its tests read them; it has no code of its own.
package rules
