package container

import (
	"bufio"
	"io"
)

// Member is what List finds of a member.
type Member struct {
	Header Header
	Offset int64 // where it begins in the file
	Size   int64 // bytes in the file, with header and trailer
	Blocks []Entry
}

// Entry is a block without its payload.
type Entry struct {
	Block
	Size int64 // bytes in the file, with the block's header
}

// List returns the members of a file of the given size without reading
// payloads, hence without verifying the checks of blocks. A trailer confirms the
// member's header and the lengths and places of its blocks; what else the
// headers of blocks say, and all that a member of one block says, is not
// verified. Errors are those of Reader.Next.
func List(in io.ReaderAt, size int64) ([]Member, error) {
	section := io.NewSectionReader(in, 0, size)
	r := &Reader{in: bufio.NewReader(section)}
	r.skip = func(n int64) error {
		if n > size-r.offset {
			return truncated(size)
		}
		r.offset += n
		if n <= int64(r.in.Buffered()) {
			_, err := r.in.Discard(int(n))
			return err
		}
		// The section starts at 0, so seeking to a known offset cannot fail.
		_, err := section.Seek(r.offset, io.SeekStart)
		r.in.Reset(section)
		return err
	}
	var members []Member
	for {
		b, err := r.Next()
		if err != nil && err != io.EOF {
			return nil, err
		}
		if n := len(members); n > 0 && (err == io.EOF || len(r.blocks) == 1) {
			members[n-1].Size = r.member - members[n-1].Offset
		}
		if err == io.EOF {
			return members, nil
		}
		if len(r.blocks) == 1 {
			members = append(members, Member{Header: r.header, Offset: r.member})
		}
		m := &members[len(members)-1]
		m.Blocks = append(m.Blocks, Entry{*b, r.blocks[len(r.blocks)-1].stored})
	}
}
