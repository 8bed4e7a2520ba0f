package main

import "testing"

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "1K": 1024, "3M": 3 << 20, "2G": 2 << 30, "1T": 1 << 40, "5KiB": 5120, "7KB": 7168,
		"9223372036854775807": 1<<63 - 1,
	} {
		if n, err := parseSize(text); err != nil || n != want {
			t.Errorf("%q is %d, %v, want %d", text, n, err, want)
		}
	}
	for _, text := range []string{"", "K", "-1", "1k", "1MM", "1X", "1 M", "0x1", "1e3", "1.5G", "9223372036854775808", "8388608T", "1iB", "1Bi"} {
		if n, err := parseSize(text); err == nil {
			t.Errorf("%q is %d", text, n)
		}
	}
}
