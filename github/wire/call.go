package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
)

// Call is one request to the REST interface, with JSON in and out.
type Call struct {
	Method string // "" is GET
	Path   string // below the root, without a slash in front, its parts escaped
	Query  url.Values
	In     any // of the body; nil sends none
	Out    any // a pointer that the answer is decoded into, where there is one; nil leaves the answer
	// Poll keeps the answer and its ETag, and asks next time whether it has changed: GitHub does not count an
	// answer that it has not. For reads that are repeated.
	Poll bool
	// Again repeats a write whose outcome GitHub's answer left open. Only for one that does no harm when it
	// happens twice.
	Again bool
	// Cursor, where it is not nil, gets the cursor of the next page of a list that has no numbers of pages, "" after
	// the last.
	Cursor *string
}

// Caller makes calls. It is safe for concurrent use.
type Caller struct {
	hc    *http.Client
	root  *url.URL
	t     *Transport
	mu    sync.Mutex
	known map[string]known
}

// known is an answer that may still be true.
type known struct {
	etag string
	body []byte
	next int
}

const (
	maxAnswer = 64 << 20 // in bytes, of one answer
	maxKnown  = 64       // answers that are kept
)

// NewCaller returns a caller below root, whose path ends in a slash. It makes no request.
func NewCaller(t *Transport, root *url.URL) *Caller {
	return &Caller{hc: &http.Client{Transport: t}, root: root, t: t, known: map[string]known{}}
}

// Do makes the request and returns the number of the next page, 0 when this one is the last. A refusal is an
// [*Error].
func (c *Caller) Do(ctx context.Context, call Call) (next int, err error) {
	for attempt := 0; ; attempt++ {
		next, err = c.once(ctx, call)
		if err == nil || !call.Again || !Unclear(err) || ctx.Err() != nil || attempt >= c.t.retries {
			return next, err
		}
		if serr := c.t.sleep(ctx, Backoff(attempt)); serr != nil {
			return 0, err
		}
	}
}

func (c *Caller) once(ctx context.Context, call Call) (int, error) {
	req, key, err := c.request(ctx, call)
	if err != nil {
		return 0, err
	}
	resp, err := c.hc.Do(req)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			return 0, e
		}
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		k, ok := c.recall(key)
		if !ok {
			return 0, errors.New("GitHub says that an answer has not changed which it was not asked about")
		}
		return k.next, into(k.body, call.Out)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode == http.StatusNoContent {
		return 0, nil
	}
	next := nextPage(resp.Header.Get("Link"))
	if call.Cursor != nil {
		*call.Cursor = nextCursor(resp.Header.Get("Link"))
	}
	if etag := resp.Header.Get("ETag"); call.Poll && etag != "" {
		c.keep(key, known{etag, body, next})
	}
	return next, into(body, call.Out)
}

func (c *Caller) request(ctx context.Context, call Call) (*http.Request, string, error) {
	u, err := c.root.Parse(call.Path)
	if err != nil {
		return nil, "", fmt.Errorf("making an address: %w", err)
	}
	u.RawQuery = call.Query.Encode()
	var body io.Reader
	if call.In != nil {
		raw, err := json.Marshal(call.In)
		if err != nil {
			return nil, "", fmt.Errorf("writing a request: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	method := call.Method
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	key := u.String()
	if k, ok := c.recall(key); ok && call.Poll {
		req.Header.Set("If-None-Match", k.etag)
	}
	return req, key, nil
}

func (c *Caller) recall(key string) (known, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.known[key]
	return k, ok
}

func (c *Caller) keep(key string, k known) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, there := c.known[key]; !there && len(c.known) >= maxKnown {
		clear(c.known) // a process polls a few addresses; forgetting costs a request
	}
	c.known[key] = k
}

func into(body []byte, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

var nextLink = regexp.MustCompile(`<[^<>]*[?&]page=(\d{1,9})(?:&[^<>]*)?>; *rel="next"`)

// nextPage returns the number of the page that a Link header names as the next one, 0 for none.
func nextPage(link string) int {
	m := nextLink.FindStringSubmatch(link)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

var cursorLink = regexp.MustCompile(`<[^<>]*[?&]cursor=([^&<>]{1,300})(?:&[^<>]*)?>; *rel="next"`)

// nextCursor returns the cursor of the next page that a Link header names, "" for none.
func nextCursor(link string) string {
	m := cursorLink.FindStringSubmatch(link)
	if m == nil {
		return ""
	}
	c, err := url.QueryUnescape(m[1])
	if err != nil {
		return ""
	}
	return c
}

// Pages makes a call for each page of a list, at most most of them, and calls each with the number of the
// page once its answer is in Out. It reports whether there were more pages.
func (c *Caller) Pages(ctx context.Context, call Call, most int, each func(page int)) (more bool, err error) {
	q := url.Values{}
	for k, v := range call.Query {
		q[k] = v
	}
	q.Set("per_page", "100")
	for page := 1; page != 0; {
		if page > most {
			return true, nil
		}
		if page > 1 {
			q.Set("page", strconv.Itoa(page))
		}
		call.Query = q
		next, err := c.Do(ctx, call)
		if err != nil {
			return false, err
		}
		each(page)
		if next != 0 && next <= page {
			return false, fmt.Errorf("page %d is followed by page %d", page, next)
		}
		page = next
	}
	return false, nil
}
