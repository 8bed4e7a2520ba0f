package refdec

// A message is a message of the arithmetic coder that is being read.
type message struct {
	digits           []byte
	taken            int
	low, width, code uint32
	bad              bool
}

func newMessage(digits []byte) *message {
	m := &message{digits: digits, width: 1<<32 - 1}
	for range 4 {
		m.take()
	}
	m.bad = m.code >= m.width
	return m
}

func (m *message) take() {
	digit := byte(0)
	if m.taken < len(m.digits) {
		digit = m.digits[m.taken]
	}
	m.taken++
	m.code = m.code<<8 | uint32(digit)
}

// bit returns the next bit, whose probability of 1 is p/2^22.
func (m *message) bit(p uint32) int {
	bound := uint32(uint64(m.width) * uint64(p) >> 22)
	bit := 0
	if m.code < bound {
		bit, m.width = 1, bound
	} else {
		m.code -= bound
		m.low += bound
		m.width -= bound
	}
	for m.width < 1<<24 {
		m.low <<= 8
		m.width <<= 8
		m.take()
	}
	return bit
}

// valid says whether the message is what an encoder writes.
func (m *message) valid() bool {
	if m.bad || len(m.digits) > m.taken || len(m.digits) > 0 && m.digits[len(m.digits)-1] == 0 {
		return false
	}
	for j := 4; j >= 0; j-- {
		unit := uint64(1) << (8 * j)
		least := (uint64(m.low) + unit - 1) / unit * unit
		if least < uint64(m.low)+uint64(m.width) {
			return uint64(m.low)+uint64(m.code) == least
		}
	}
	return false
}
