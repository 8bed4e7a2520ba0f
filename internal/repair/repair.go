// Package repair makes the checks of damaged .pith files right again, for tests that
// have to reach what lies behind the checks. It shares no code with package container.
package repair

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// File returns a file as it is, but with the magic, the parity of versions, all checks
// and all trailers made right as far as its structure can be followed, and the number
// of blocks that were reached.
func File(file []byte) (repaired []byte, blocks int) {
	f := &walk{file: append([]byte(nil), file...)}
	for f.member() {
	}
	return f.file, f.blocks
}

type walk struct {
	file   []byte
	at     int
	blocks int
}

// part is what a trailer says of a block.
type part struct {
	content, size uint64
	check         uint32
}

// left reports whether n bytes more are there.
func (f *walk) left(n uint64) bool { return n <= uint64(len(f.file)-f.at) }

// number passes over a varint.
func (f *walk) number() (v uint64, ok bool) {
	v, n := binary.Uvarint(f.file[f.at:])
	if n <= 0 {
		return 0, false
	}
	f.at += n
	return v, true
}

// member repairs what begins here and reports whether another may follow.
func (f *walk) member() bool {
	start := f.at
	if !f.left(7) {
		return false
	}
	copy(f.file[f.at:], "\xb7p\r\n")
	flags := &f.file[f.at+4]
	*flags = *flags&0x0F | 1<<5 | 1<<4 // version 1, of even parity
	if bits.OnesCount8(*flags>>4)%2 != 0 {
		panic("repair: internal error: parity")
	}
	f.at += 5
	if *flags&2 != 0 {
		if !f.left(9) {
			return false
		}
		f.at += 9
	} else if _, ok := f.number(); !ok {
		return false
	}
	if _, ok := f.number(); !ok || !f.left(1) {
		return false
	}
	f.at++
	if *flags&4 != 0 {
		if !f.left(8) {
			return false
		}
		f.at += 8
	}
	if *flags&8 != 0 {
		if !f.left(1) || !f.left(1+uint64(f.file[f.at])) {
			return false
		}
		f.at += 1 + int(f.file[f.at])
	}
	header := f.file[start:f.at]
	var parts []part
	for {
		if !f.left(1) {
			return false
		}
		if f.file[f.at] == 0 {
			f.trailer(header, parts)
			return f.left(1)
		}
		p, ok := f.block(header, uint32(len(parts)))
		if !ok {
			return false
		}
		parts = append(parts, p)
		if *flags&1 != 0 {
			return f.left(1)
		}
	}
}

// block repairs the check of a block.
func (f *walk) block(header []byte, index uint32) (p part, ok bool) {
	start := f.at
	kind := f.file[f.at] & 7
	f.at++
	if p.content, ok = f.number(); !ok {
		return p, false
	}
	payload := p.content
	if kind != 1 {
		p.content++
		if payload, ok = f.number(); !ok {
			return p, false
		}
	}
	if kind == 4 {
		if _, ok = f.number(); !ok || !f.left(1) {
			return p, false
		}
		f.at++
	}
	if !f.left(12) {
		return p, false
	}
	check := f.at + 8
	f.at += 12
	if !f.left(payload) {
		return p, false
	}
	crc := crc32.Update(0, castagnoli, header)
	crc = crc32.Update(crc, castagnoli, binary.LittleEndian.AppendUint32(nil, index))
	crc = crc32.Update(crc, castagnoli, f.file[start:check])
	p.check = crc32.Update(crc, castagnoli, f.file[f.at:f.at+int(payload)])
	binary.LittleEndian.PutUint32(f.file[check:], p.check)
	f.at += int(payload)
	f.blocks++
	p.size = uint64(f.at - start)
	return p, true
}

// trailer puts the right trailer in the place of the rest, up to where another member
// begins if one does.
func (f *walk) trailer(header []byte, parts []part) {
	t := binary.AppendUvarint([]byte{0}, uint64(len(parts)))
	total := uint64(0)
	for _, p := range parts {
		t = binary.LittleEndian.AppendUint32(binary.AppendUvarint(binary.AppendUvarint(t, p.content), p.size), p.check)
		total += p.content
	}
	t = binary.AppendUvarint(t, total)
	t = binary.LittleEndian.AppendUint32(t, crc32.Update(crc32.Update(0, castagnoli, header), castagnoli, t))
	t = binary.LittleEndian.AppendUint32(t, uint32(len(t)+4))
	end := min(len(f.file), f.at+len(t))
	rest := append([]byte(nil), f.file[end:]...)
	if len(rest) < 7 {
		rest = nil
	}
	f.file = append(append(f.file[:f.at], t...), rest...)
	f.at += len(t)
}
