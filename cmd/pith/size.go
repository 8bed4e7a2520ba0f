package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// parseSize reads a number of bytes, with K, M, G or T (or KiB, …) for powers of
// 1024.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "KMGTiB")
	shift, known := map[string]int{
		"": 0, "K": 10, "KB": 10, "KiB": 10, "M": 20, "MB": 20, "MiB": 20,
		"G": 30, "GB": 30, "GiB": 30, "T": 40, "TB": 40, "TiB": 40,
	}[text[len(digits):]]
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || !known {
		return 0, fmt.Errorf("size %q: want a number of bytes, or one with K, M, G or T", text)
	}
	if n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("size %q is too large", text)
	}
	return int64(n) << shift, nil
}
