package pick

import (
	"bytes"
	"cmp"
	"container/heap"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
)

// Pick is a document that was chosen.
type Pick struct {
	Unit
	Score float64
	nth   int // of the source
	sum   [sha256.Size]byte
}

// Chooser keeps the best documents of those it is shown: its memory is that of what it
// keeps. Of equal scores the first counts; copies count once.
type Chooser struct {
	Most    int     // documents that are kept; 0 is any number
	Bytes   int64   // of their texts together; 0 is any number
	Least   float64 // score that they must have
	Exclude map[[sha256.Size]byte]bool

	Seen, Copies, Excluded, Empty int

	kept worst
	size int64 // bytes of the texts that are kept
	sums map[[sha256.Size]byte]bool
}

// Sum returns what copies of a text are known by.
func Sum(text []byte) [sha256.Size]byte { return sha256.Sum256(text) }

// worst is a heap whose first is the worst.
type worst []*Pick

func (w worst) Len() int           { return len(w) }
func (w worst) Less(i, j int) bool { return better(w[j], w[i]) }
func (w worst) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *worst) Push(x any)        { *w = append(*w, x.(*Pick)) }
func (w *worst) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}

func better(a, b *Pick) bool {
	if a.Score != b.Score {
		return a.Score > b.Score
	}
	return a.nth < b.nth
}

// Add shows the chooser the next document of the source with its score. It copies what
// it keeps.
func (c *Chooser) Add(u Unit, score float64) {
	c.Seen++
	if len(u.Text) == 0 {
		c.Empty++
		return
	}
	p := &Pick{Unit: u, Score: score, nth: c.Seen, sum: Sum(u.Text)}
	switch {
	case c.Exclude[p.sum]:
		c.Excluded++
		return
	// A copy of what was dropped scores no better, and is dropped below.
	case c.sums[p.sum]:
		c.Copies++
		return
	case score < c.Least, c.full() && !better(p, c.kept[0]):
		return
	}
	p.Raw, p.Text = bytes.Clone(u.Raw), bytes.Clone(u.Text)
	if c.sums == nil {
		c.sums = map[[sha256.Size]byte]bool{}
	}
	c.sums[p.sum] = true
	heap.Push(&c.kept, p)
	c.size += int64(len(p.Text))
	for c.over() {
		out := heap.Pop(&c.kept).(*Pick)
		c.size -= int64(len(out.Text))
		delete(c.sums, out.sum)
	}
}

// full reports whether nothing fits any more that is worse than what is kept.
func (c *Chooser) full() bool {
	return c.Most > 0 && len(c.kept) == c.Most || c.Bytes > 0 && c.size >= c.Bytes
}

// over reports whether the worst that is kept is too much.
func (c *Chooser) over() bool {
	return c.Most > 0 && len(c.kept) > c.Most || c.Bytes > 0 && c.size-int64(len(c.kept[0].Text)) >= c.Bytes
}

// Best returns what was kept, best first, as far as there is room.
func (c *Chooser) Best() []*Pick {
	all := slices.SortedFunc(slices.Values(c.kept), func(a, b *Pick) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.nth, b.nth))
	})
	total := int64(0)
	for i, p := range all {
		if total += int64(len(p.Text)); c.Bytes > 0 && total > c.Bytes {
			return all[:i]
		}
	}
	return all
}

// JSON returns a document as a line of JSONL: a record of its own as it is, with the
// fields of the score behind its last; else an object with its place, and its text
// unless it is a whole file.
func (p *Pick) JSON(rank int, as string) ([]byte, error) {
	score := fmt.Sprintf(`"_rank":%d,"_score":%.6f,"_bytes":%d`, rank, p.Score, len(p.Text))
	if as == "jsonl" {
		body := bytes.TrimRight(p.Raw, " \t\r\n}")
		end := p.Raw[len(body):]
		comma := ","
		if i := bytes.IndexByte(p.Raw, '{'); len(bytes.TrimSpace(p.Raw[i+1:len(body)])) == 0 {
			comma = ""
		}
		// What is cut off may hold braces of objects inside: the last is the record's.
		last := bytes.LastIndexByte(end, '}')
		return slices.Concat(body, end[:last], []byte(comma+score), end[last:]), nil
	}
	place := struct {
		Source string  `json:"_src"`
		Offset int64   `json:"_offset"`
		Text   *string `json:"text,omitempty"`
	}{Source: p.Source, Offset: p.Offset}
	if as != "file" {
		text := string(p.Text)
		place.Text = &text
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(place); err != nil {
		return nil, err
	}
	return slices.Concat([]byte("{"+score+","), bytes.TrimSpace(out.Bytes())[1:]), nil
}
