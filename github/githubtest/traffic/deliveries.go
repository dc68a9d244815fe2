package traffic

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sign returns the value of X-Hub-Signature-256 for a body.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Hook is where webhooks go.
type Hook struct {
	URL    string
	Secret string
	App    int64 // id
	Form   bool  // as a form, and not as JSON
	// Client sends; nil is one that gives up after GitHub's 10 seconds.
	Client *http.Client
}

// Delivery is one attempt to deliver a webhook.
type Delivery struct {
	ID           int64
	GUID         string // the same for all attempts
	Event        string
	Action       string
	Installation int64
	Repository   int64
	At           time.Time
	Took         time.Duration
	Redelivery   bool
	Status       int    // of the answer; 0 when there was none
	Answer       string // its beginning
	Payload      []byte
	App          int64
	URL          string // where it went
}

// Failed reports whether the delivery is in GitHub's list of failed ones.
func (d Delivery) Failed() bool { return d.Status < 200 || d.Status >= 300 }

// Deliveries sends webhooks and remembers how they were answered. The zero value is ready. It is safe for concurrent use.
type Deliveries struct {
	mu   sync.Mutex
	all  []Delivery
	next int64
	busy sync.WaitGroup
}

// GUID returns a new id of a delivery, as GitHub writes it.
func GUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails, see its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	x := hex.EncodeToString(b)
	return strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-")
}

// Request makes the request of a webhook, as GitHub does.
func (h Hook) Request(d Delivery) (*http.Request, error) {
	body, kind := d.Payload, "application/json"
	if h.Form {
		body, kind = []byte(url.Values{"payload": {string(d.Payload)}}.Encode()), "application/x-www-form-urlencoded"
	}
	req, err := http.NewRequest(http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for k, v := range map[string]string{
		"Content-Type": kind, "User-Agent": "GitHub-Hookshot/0123abc", "Accept": "*/*", "X-GitHub-Event": d.Event, "X-GitHub-Delivery": d.GUID,
		"X-GitHub-Hook-ID": strconv.FormatInt(h.App*10+1, 10), "X-GitHub-Hook-Installation-Target-ID": strconv.FormatInt(h.App, 10),
		"X-GitHub-Hook-Installation-Target-Type": "integration",
	} {
		req.Header.Set(k, v)
	}
	if h.Secret != "" {
		req.Header.Set("X-Hub-Signature-256", Sign(h.Secret, body))
	}
	return req, nil
}

// Send delivers a webhook, waits for the answer and remembers it. A GUID of "" is a new one; ID and what the answer says are
// filled in.
func (t *Deliveries) Send(h Hook, d Delivery, now func() time.Time) Delivery {
	d.GUID = cmp.Or(d.GUID, GUID())
	d.At, d.App, d.URL, d.Status, d.Answer = now().UTC(), h.App, h.URL, 0, "failed to connect to host"
	client := h.Client
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	began := time.Now()
	if req, err := h.Request(d); err == nil {
		if resp, err := client.Do(req); err == nil {
			text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
			resp.Body.Close()
			d.Status, d.Answer = resp.StatusCode, string(text)
		}
	}
	d.Took = time.Since(began)
	return t.keep(d)
}

func (t *Deliveries) keep(d Delivery) Delivery {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next++
	d.ID = 300_000_000_000 + t.next // above 31 bits, as the real ones
	t.all = append(t.all, d)
	return d
}

// Again delivers a webhook once more, in the background. Wait waits for it.
func (t *Deliveries) Again(h Hook, d Delivery, now func() time.Time) {
	d.Redelivery = true
	t.busy.Go(func() { t.Send(h, d, now) })
}

// Wait waits for what is delivered in the background.
func (t *Deliveries) Wait() { t.busy.Wait() }

// All returns the deliveries of an App, the oldest first; 0 is of all Apps.
func (t *Deliveries) All(app int64) []Delivery {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Delivery
	for _, d := range t.all {
		if app == 0 || d.App == app {
			out = append(out, d)
		}
	}
	return out
}

// Find returns a delivery of an App by its id.
func (t *Deliveries) Find(app, id int64) (Delivery, bool) {
	for _, d := range t.All(app) {
		if d.ID == id {
			return d, true
		}
	}
	return Delivery{}, false
}

// Page returns deliveries of an App, the newest first, from a cursor on, "" being the newest, and the cursor of the next page,
// "" after the last. The status is success, failure or "" for all. A cursor that it did not give is an error.
func (t *Deliveries) Page(app int64, status, cursor string, per int) (page []Delivery, next string, err error) {
	all := t.All(app)
	slices.Reverse(all)
	all = slices.DeleteFunc(all, func(d Delivery) bool { return status != "" && d.Failed() != (status == "failure") })
	if cursor != "" {
		id, err := strconv.ParseInt(strings.TrimPrefix(cursor, "v1_"), 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("cursor %q is none", cursor)
		}
		all = slices.DeleteFunc(all, func(d Delivery) bool { return d.ID > id })
	}
	if len(all) > per {
		next = "v1_" + strconv.FormatInt(all[per].ID, 10)
		all = all[:per]
	}
	return all, next, nil
}
