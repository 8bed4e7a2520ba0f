// Package arith is a binary arithmetic coder: a 32-bit range coder with carry
// propagation (Martin, Range encoding, 1979; in the binary, division-free form
// that LZMA made known), for probabilities of 22 bits. It computes with
// integers only.
//
// # The coder
//
// A message is a number in [0, 1) written in base 256. The encoder keeps the
// interval [low, low+range) that the number must lie in, as multiples of the
// smallest digit reached so far. For a bit with probability p of being one,
//
//	bound = range·p >> 22
//
// the bit one keeps the interval [low, low+bound), zero the rest. While range
// is below 2^24, one more digit is opened: the top byte of low is final but for
// a carry, which is added to the bytes already written.
//
// # Invariants
//
//   - 2^24 ≤ range < 2^32 before each bit, and 1 ≤ p < 2^22, hence
//     4 ≤ bound < range: both bits always keep a non-empty interval;
//   - low < 2^32 after each carry has been passed on. A byte once written takes
//     at most one carry, so carries cost linear time in all;
//   - the decoder's code, the digits read minus low, is below range: any input
//     decodes to some bits without an error until Finish. (A number outside the
//     first interval, which is a digit short of [0, 1), decodes as zero.)
//
// # The end
//
// Digits past the end of a message read as zero. Finish writes the number of
// the final interval that needs the fewest digits, the least such if there are
// several, without zero digits at the end. It is therefore a function of the
// bits and their probabilities alone, and Decoder.Finish accepts no other
// message. Without any bit the message is empty. As range ≥ 2^24, it needs at
// most one digit after those that Encode has written.
//
// A message that was cut reads as if zeros followed and gives other bits, for
// which it may even be right. So there is no error of its own for a cut: a
// container must know the length of a message and have a checksum of it. What
// Finish adds is that no two messages decode to the same bits.
package arith
