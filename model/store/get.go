package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// How long a server may be silent, how often it is asked again without anything
// having come, and how long before that; tests shorten them.
var (
	silence = 30 * time.Second
	tries   = 5
	pause   = time.Second
)

// state is what is known of a file that is being got.
type state struct {
	URL       string `json:"url"`
	Validator string `json:"validator"` // ETag or date, by which the server tells versions
	Size      int64  `json:"size"`      // −1 if it is not known
}

func readState(path string) (s state) {
	data, err := os.ReadFile(path + stateSuffix)
	if err != nil || json.Unmarshal(data, &s) != nil {
		return state{}
	}
	return s
}

// getter gets one file.
type getter struct {
	Download
	from, to string
	digest   string // that the server tells, or ""
	file     *os.File
	have     int64
	state    state
}

// statusError is an answer that asking again does not change.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string {
	switch e.status {
	case http.StatusNotFound:
		return "the server has no such file (404)"
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Sprintf("the server does not allow it (%d)", e.status)
	}
	return "the server answers " + e.text
}

// get returns the complete file, which another process cannot get meanwhile.
func (g *getter) get(ctx context.Context) (_ *os.File, err error) {
	if g.file, err = os.OpenFile(g.to, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			g.file.Close()
		}
	}()
	if err := lock(g.file); err != nil {
		return nil, fmt.Errorf("%s: another process is getting it", g.to)
	}
	defer func() {
		if err != nil && g.have == 0 { // there is nothing to go on with
			_ = os.Remove(g.to)
			_ = removePartial(g.to)
		}
	}()
	info, err := g.file.Stat()
	if err != nil {
		return nil, err
	}
	g.have, g.state = info.Size(), readState(g.to)
	if g.state.URL != g.from || g.state.Validator == "" {
		g.have, g.state = 0, state{Size: -1}
	}
	g.ask(ctx)
	for failures := 0; g.have != g.state.Size; {
		before := g.have
		err := g.request(ctx)
		var status *statusError
		var local *os.PathError
		switch {
		case err == nil:
			return g.file, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &status), errors.As(err, &local):
			return nil, err
		case g.have > before:
			failures = 0
		default:
			failures++
		}
		if failures >= tries {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause << failures):
		}
	}
	return g.file, nil
}

func (g *getter) client(follow bool) *http.Client {
	return &http.Client{CheckRedirect: func(next *http.Request, before []*http.Request) error {
		switch {
		case !follow:
			return http.ErrUseLastResponse
		case len(before) >= 10:
			return errors.New("redirected too often")
		case next.URL.Scheme != "https" && !g.Insecure:
			return &statusError{text: "with an address without TLS"}
		}
		return nil
	}}
}

func (g *getter) newRequest(ctx context.Context, method string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, g.from, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "identity") // ranges are of the file itself
	if g.Token != "" {
		r.Header.Set("Authorization", "Bearer "+g.Token) // dropped where redirected to another host
	}
	return r, nil
}

// ask asks for the file's hash, which hubs tell before they redirect.
func (g *getter) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	r, err := g.newRequest(ctx, http.MethodHead)
	if err != nil {
		return
	}
	answer, err := g.client(false).Do(r)
	if err != nil {
		return // the request for the file itself will say why
	}
	answer.Body.Close()
	tag := strings.Trim(strings.TrimPrefix(answer.Header.Get("X-Linked-Etag"), "W/"), `"`)
	if blobs.MatchString(tag) {
		g.digest = tag
	}
}

// request gets what is missing, or as much as comes.
func (g *getter) request(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watch.Stop()
	r, err := g.newRequest(ctx, http.MethodGet)
	if err != nil {
		return err
	}
	if g.have > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", g.have))
		r.Header.Set("If-Range", g.state.Validator)
	}
	answer, err := g.client(true).Do(r)
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		err = failed.Err // without the address, which is said anyway
	}
	if err != nil {
		return orSilent(ctx, err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusPartialContent && g.have > 0:
		if from, size, ok := contentRange(answer.Header.Get("Content-Range")); !ok || from != g.have || size != g.state.Size && g.state.Size >= 0 {
			return g.restart(&temporaryError{"the server sends another part than was asked for"})
		}
	case answer.StatusCode == http.StatusRequestedRangeNotSatisfiable && g.have > 0:
		return g.restart(&temporaryError{"the server does not have as much any more"})
	case answer.StatusCode == http.StatusOK:
		g.have = 0
		if err := g.remember(answer); err != nil {
			return err
		}
	case answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests:
		return &temporaryError{"the server answers " + answer.Status}
	default:
		return &statusError{answer.StatusCode, answer.Status}
	}
	if err := g.file.Truncate(g.have); err != nil {
		return err
	}
	n, err := io.Copy(io.NewOffsetWriter(g.file, g.have), &watched{answer.Body, func(n int64) {
		watch.Reset(silence)
		if g.Progress != nil {
			g.Progress(path.Base(strings.TrimSuffix(g.to, partial)), g.have+n, g.state.Size)
		}
	}, 0})
	g.have += n
	switch {
	case err != nil:
		return orSilent(ctx, err)
	case g.state.Size >= 0 && g.have != g.state.Size:
		return io.ErrUnexpectedEOF
	}
	return nil
}

var errSilent = &temporaryError{"the server is silent"}

// orSilent returns why a request was given up, if it was.
func orSilent(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause == error(errSilent) {
		return cause
	}
	return err
}

// temporaryError is one after which it makes sense to ask again.
type temporaryError struct{ what string }

func (e *temporaryError) Error() string { return e.what }

// restart forgets what is there, so that the next request gets all.
func (g *getter) restart(err error) error {
	g.have, g.state = 0, state{Size: -1}
	if err := g.file.Truncate(0); err != nil {
		return err
	}
	return err
}

// remember writes down what the server says of the file it begins to send.
func (g *getter) remember(answer *http.Response) error {
	g.state = state{URL: g.from, Size: answer.ContentLength}
	if tag := answer.Header.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		g.state.Validator = tag
	} else if tag == "" {
		g.state.Validator = answer.Header.Get("Last-Modified")
	}
	data, err := json.Marshal(g.state)
	if err != nil {
		return err
	}
	return os.WriteFile(g.to+stateSuffix, data, 0o600)
}

// contentRange reads a header such as bytes 5-9/10.
func contentRange(header string) (from, size int64, ok bool) {
	span, all, found := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	first, _, dash := strings.Cut(span, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if !found || !dash || err != nil {
		return 0, 0, false
	}
	size, err = strconv.ParseInt(all, 10, 64)
	return from, size, err == nil
}

// watched tells how much was read.
type watched struct {
	io.Reader
	read func(n int64)
	n    int64
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.n += int64(n)
	w.read(w.n)
	return n, err
}
