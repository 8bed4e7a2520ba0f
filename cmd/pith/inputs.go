package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// inputs calls do for each file that was named, in a list, or found in a folder,
// reports what goes wrong, and returns the highest of the exit codes.
func (s *settings) inputs(u *ui, files []string, do func(name string) error) int {
	code := exitOK
	report := func(name string, err error) {
		if err != nil {
			code = max(code, u.failed(name, err))
		}
	}
	for i, name := range files {
		if len(files) > 1 {
			s.nth = fmt.Sprintf("%d/%d ", i+1, len(files))
		}
		s.walk(name, do, report)
	}
	if s.filesFrom != "" {
		report(s.filesFrom, s.listed(func(name string) { s.walk(name, do, report) }))
	}
	return code
}

// walk calls do for a file or, if so asked, the files in a folder and below: the
// compressed ones if they are to be restored or listed, else the others. Links
// and devices in there are passed over.
func (s *settings) walk(name string, do func(string) error, report func(string, error)) {
	if info, err := os.Lstat(name); !s.recursive || err != nil || !info.IsDir() {
		report(name, do(name))
		return
	}
	_ = filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
		wanted := strings.HasSuffix(path, s.suffix) == (s.restores() || s.lists())
		switch {
		case err != nil:
			report(path, err)
		case entry.Type().IsRegular() && wanted:
			report(path, do(path))
		}
		return nil
	})
}

// listed calls do for each name in the list of files.
func (s *settings) listed(do func(name string)) error {
	in := os.Stdin
	if s.filesFrom != "-" {
		var err error
		if in, err = os.Open(s.filesFrom); err != nil {
			return err
		}
		defer in.Close()
	}
	names := bufio.NewScanner(in)
	names.Buffer(nil, 1<<20)
	if s.null {
		names.Split(splitNull)
	}
	for names.Scan() {
		if name := names.Text(); name != "" {
			do(name)
		}
	}
	if errors.Is(names.Err(), bufio.ErrTooLong) {
		return hint("a name is longer than a mebibyte", "is this a list of names? after find -print0 use -0")
	}
	return names.Err()
}

// splitNull is a bufio.SplitFunc for names that end with a zero byte.
func splitNull(data []byte, end bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	if end && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
