package pick

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Unit is a document of a source.
type Unit struct {
	Source string // file that it is of
	Offset int64  // where it begins there
	Raw    []byte // as it stands there, without the end of its line
	Text   []byte // what is scored
}

// Split is how files are cut into documents.
type Split struct {
	As    string // "file", "line", "jsonl" or "chunk"
	Chunk int    // bytes of a chunk
	Field string // of a record of JSON that is scored; a path with dots
}

// lineMost bounds a line.
const lineMost = 64 << 20

// Each calls visit for the documents of a file, or of those in a folder and below in
// the order of their names. What visit is given is valid until it returns.
func (s Split) Each(path string, visit func(Unit) error) error {
	return filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name != path && !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := s.read(name, f, visit); err != nil {
			return err
		}
		return nil
	})
}

func (s Split) read(name string, r io.Reader, visit func(Unit) error) error {
	switch s.As {
	case "file":
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return visit(Unit{name, 0, text, text})
	case "chunk":
		buffer := make([]byte, s.Chunk)
		for at := int64(0); ; {
			n, err := io.ReadFull(r, buffer)
			if n > 0 {
				if err := visit(Unit{name, at, buffer[:n], buffer[:n]}); err != nil {
					return err
				}
				at += int64(n)
			}
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
	lines := bufio.NewReaderSize(r, 1<<16)
	for at, number := int64(0), 1; ; number++ {
		line, err := readLine(lines)
		if err != nil && err != io.EOF {
			return fmt.Errorf("%s, line %d: %w", name, number, err)
		}
		if len(line) == 0 && err == io.EOF {
			return nil
		}
		u := Unit{name, at, bytes.TrimRight(line, "\r\n"), nil}
		at += int64(len(line))
		u.Text = u.Raw
		if len(u.Raw) > 0 && s.As == "jsonl" {
			text, bad := field(u.Raw, s.Field)
			if bad != nil {
				return fmt.Errorf("%s, line %d: %w", name, number, bad)
			}
			u.Text = text
		}
		if len(u.Raw) > 0 {
			if err := visit(u); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readLine returns a line with its end.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > lineMost {
			return nil, errors.New("the line is longer than 64 MiB")
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// field returns the text of a field of a record.
func field(record []byte, path string) ([]byte, error) {
	raw := json.RawMessage(record)
	for name := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, errors.New("it is not an object of JSON")
		}
		inner, ok := object[name]
		if !ok {
			return nil, fmt.Errorf("it has no field %q", path)
		}
		raw = inner
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, fmt.Errorf("its field %q is no text", path)
	}
	return []byte(text), nil
}
