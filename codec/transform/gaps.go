package transform

import "github.com/pith-codec/pith/container"

// appendGaps appends a list of rising numbers: how many there are and, for each,
// how many numbers lie between it and the one before.
func appendGaps(dst []byte, numbers []uint64) []byte {
	dst = container.AppendVarint(dst, uint64(len(numbers)))
	next := uint64(0)
	for _, n := range numbers {
		dst = container.AppendVarint(dst, n-next)
		next = n + 1
	}
	return dst
}

// maxListed bounds the numbers in a list: a block has fewer line ends and breaks.
const maxListed = 1 << 24

// readGaps splits a payload into such a list and the rest.
func readGaps(payload []byte) (numbers []uint64, rest []byte, ok bool) {
	count, n := container.Varint(payload)
	if n <= 0 || count > uint64(len(payload)) {
		return nil, nil, false
	}
	payload = payload[n:]
	next := uint64(0)
	for range count {
		gap, n := container.Varint(payload)
		if n <= 0 || gap >= maxListed-min(next, maxListed) {
			return nil, nil, false
		}
		payload = payload[n:]
		numbers = append(numbers, next+gap)
		next += gap + 1
	}
	return numbers, payload, true
}

// take reports whether n is the first of the numbers left, and if so takes it.
func take(left *[]uint64, n uint64) bool {
	if len(*left) == 0 || (*left)[0] != n {
		return false
	}
	*left = (*left)[1:]
	return true
}
