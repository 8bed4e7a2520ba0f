package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Result is what was measured of one codec on one file: a line of the log.
type Result struct {
	File     string    `json:"file"`
	Size     int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
	Codec    string    `json:"codec"`
	Version  string    `json:"version"`
	Command  []string  `json:"command"`
	Extra    int64     `json:"program_and_model_bytes"`
	Coded    int64     `json:"compressed_bytes"`
	Compress []Cost    `json:"compress,omitempty"` // a run each; none if only sizes were asked for
	Restore  []Cost    `json:"restore,omitempty"`
	Error    string    `json:"error,omitempty"` // what went wrong, if anything
	When     time.Time `json:"when"`
}

// Bits returns bits per byte, 0 of an empty file.
func (r *Result) Bits() float64 {
	if r.Size == 0 {
		return 0
	}
	return 8 * float64(r.Coded) / float64(r.Size)
}

// Input is a file to measure by: all of it, or its first bytes.
type Input struct {
	Name string // as it is shown
	Path string // of the file
	Most int64  // bytes that are taken; 0 is all
	Want string // SHA-256 of the whole file in hex, if it is known
}

// Options are how codecs are measured.
type Options struct {
	Runs    int           // at least one
	Timeout time.Duration // of each run of a program; 0 is none
	Timed   bool          // whether times are kept
}

// Measure compresses and restores an input by a codec, as often as is asked. What is
// wrong with the codec is in the result; the error says what is wrong with the input,
// the machine, or that ctx has ended.
func Measure(ctx context.Context, c Codec, in Input, o Options) (*Result, error) {
	dir, err := os.MkdirTemp("", "pith-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "in")
	size, sum, err := in.copy(path)
	if err != nil {
		return nil, err
	}
	r := &Result{File: in.Name, Size: size, SHA256: hex.EncodeToString(sum), Codec: c.Name, Version: c.Version,
		Command: c.Compress, Extra: c.Extra, When: time.Now().UTC().Truncate(time.Second)}
	coded, back := filepath.Join(dir, "coded"+c.Suffix), filepath.Join(dir, "back")
	for i := range max(1, o.Runs) {
		made, restored, n, err := once(ctx, c, path, coded, back, size, sum, o.Timeout)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil && i > 0 && n != r.Coded {
			err = fmt.Errorf("compressing: made %d bytes at first and %d later", r.Coded, n)
		}
		if err != nil {
			r.Error, r.Coded, r.Compress, r.Restore = err.Error(), 0, nil, nil
			return r, nil
		}
		r.Coded = n
		if o.Timed {
			r.Compress, r.Restore = append(r.Compress, made), append(r.Restore, restored)
		}
	}
	return r, nil
}

// once compresses and restores in one time.
func once(ctx context.Context, c Codec, in, coded, back string, size int64, sum []byte, limit time.Duration) (made, restored Cost, n int64, err error) {
	_ = os.RemoveAll(coded)
	_ = os.RemoveAll(back)
	within := func(argv []string, from, to string, most int64) (Cost, error) {
		ctx, cancel := ctx, context.CancelFunc(func() {})
		if limit > 0 {
			ctx, cancel = context.WithTimeout(ctx, limit)
		}
		defer cancel()
		return run(ctx, argv, from, to, most)
	}
	const slack = 64 << 20
	if made, err = within(c.Compress, in, coded, 2*size+slack); err != nil {
		return made, restored, 0, fmt.Errorf("compressing: %w", err)
	}
	info, err := os.Stat(coded)
	if err != nil {
		return made, restored, 0, errors.New("compressing: wrote no file")
	}
	if restored, err = within(c.Restore, coded, back, size+slack); err != nil {
		return made, restored, 0, fmt.Errorf("restoring: %w", err)
	}
	got, gotSum, err := hashFile(back)
	if err != nil {
		return made, restored, 0, errors.New("restoring: wrote no file")
	}
	if got != size || !bytes.Equal(gotSum, sum) {
		return made, restored, 0, fmt.Errorf("restoring: %d other bytes instead of %d", got, size)
	}
	return made, restored, info.Size(), nil
}

// copy writes the input's bytes to a file of their own, so that no codec sees more
// than them, and none sees their name.
func (in Input) copy(path string) (size int64, sum []byte, err error) {
	from, err := os.Open(in.Path)
	if err != nil {
		return 0, nil, err
	}
	defer from.Close()
	if in.Want != "" {
		h := sha256.New()
		if _, err := io.Copy(h, from); err != nil {
			return 0, nil, err
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != in.Want {
			return 0, nil, fmt.Errorf("%s is not the file that the manifest names: its SHA-256 is %s", in.Path, got)
		}
		if _, err := from.Seek(0, io.SeekStart); err != nil {
			return 0, nil, err
		}
	}
	to, err := os.Create(path)
	if err != nil {
		return 0, nil, err
	}
	defer to.Close()
	var r io.Reader = from
	if in.Most > 0 {
		r = io.LimitReader(from, in.Most)
	}
	h := sha256.New()
	if size, err = io.Copy(io.MultiWriter(to, h), r); err != nil {
		return 0, nil, err
	}
	return size, h.Sum(nil), to.Close()
}

func hashFile(path string) (size int64, sum []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, h.Sum(nil), err
}
