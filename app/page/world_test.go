package page_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/price"
)

// store is what the App remembers, in memory. With open it forgets to look at scopes, as a store with a mistake would.
type store struct {
	mu      sync.Mutex
	reviews []record.Review
	acts    []record.Act
	repos   []record.Repo
	dead    []queue.Dead
	parts   []queue.Part
	revived []string
	keys    map[int64][]page.Key
	senders map[int64][]page.Sender
	books   *books
	values  map[string]string
	open    bool
	listed  int // calls of List and Log
	failAt  int // of them the one that fails; 0 is none
	slowAt  int // and the one that takes slow
	slow    time.Duration
	fail    error
}

func (s *store) sees(scope record.Scope, r record.Repo) bool {
	return s.open || r.Installation == scope.Installation && (r.ID == 0 || slices.Contains(scope.Repos, r.ID))
}

func (s *store) SaveReview(_ context.Context, r record.Review) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reviews = append(s.reviews, r)
	slices.SortFunc(s.reviews, func(a, b record.Review) int {
		return cmp.Or(b.Started.Compare(a.Started), strings.Compare(a.ID, b.ID))
	})
	return nil
}

func (s *store) List(_ context.Context, scope record.Scope, f record.Filter) ([]record.Review, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listed++; s.listed == s.failAt {
		return nil, errDisk
	}
	if s.listed == s.slowAt {
		time.Sleep(s.slow)
	}
	past := f.Before == ""
	var out []record.Review
	for _, r := range s.reviews {
		if !past {
			past = r.ID == f.Before
			continue
		}
		fits := func(x record.Suite) bool {
			return (f.Suite == "" || x.Name == f.Suite) && (f.Model == "" || x.BaseModel == f.Model || x.HeadModel == f.Model)
		}
		if !s.sees(scope, r.Repo) || f.Repo != 0 && r.Repo.ID != f.Repo || f.State != "" && r.State != f.State || r.Started.Before(f.Since) ||
			(f.Suite != "" || f.Model != "") && !slices.ContainsFunc(r.Suites, fits) {
			continue
		}
		r.Suites = slices.Clone(r.Suites)
		for i := range r.Suites {
			r.Suites[i].Report = nil
		}
		if out = append(out, r); len(out) == cmp.Or(f.Limit, 100) {
			break
		}
	}
	return out, s.fail
}

func (s *store) Review(_ context.Context, scope record.Scope, id string) (record.Review, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reviews {
		if r.ID == id && s.sees(scope, r.Repo) {
			return r, true, s.fail
		}
	}
	return record.Review{}, false, s.fail
}

func (s *store) Spent(context.Context, int64, int64, time.Time) (price.Amount, error) {
	return price.Amount{}, errors.New("the dashboard adds up what its viewer sees")
}

func (s *store) Append(_ context.Context, a record.Act) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.acts = append(s.acts, a)
	return nil
}

func (s *store) Acts(context.Context, record.Scope, record.Filter, time.Time) ([]record.Act, error) {
	return nil, errors.New("the dashboard reads the log")
}

func (s *store) SaveRepos(_ context.Context, repos ...record.Repo) error {
	s.repos = append(s.repos, repos...)
	return nil
}

func (s *store) RemoveRepos(context.Context, int64, ...int64) error { return nil }

func (s *store) Installed(_ context.Context, installation int64) ([]record.Repo, error) {
	var out []record.Repo
	for _, r := range s.repos {
		if r.Installation == installation {
			out = append(out, r)
		}
	}
	return out, s.fail
}

func (s *store) Log(_ context.Context, scope record.Scope, f record.LogFilter) ([]record.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed++
	var out []record.Entry
	for i, a := range s.acts {
		if s.sees(scope, a.Repo) {
			out = append(out, record.Entry{Place: record.Place{At: a.Time, Act: int64(i + 1)}, Act: &a})
		}
	}
	for _, r := range s.reviews {
		if s.sees(scope, r.Repo) && !r.Ended.IsZero() {
			out = append(out, record.Entry{Place: record.Place{At: r.Ended, Review: r.ID}, Review: &r})
		}
	}
	out = slices.DeleteFunc(out, func(e record.Entry) bool { return !f.Has(e) })
	slices.SortFunc(out, func(a, b record.Entry) int { return b.Place.Compare(a.Place) })
	return out[:min(len(out), f.Count())], s.fail
}

func (s *store) Booked(_ context.Context, scope record.Scope, since, _ time.Time) ([]record.Booked, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []record.Booked
	for _, r := range s.reviews {
		if s.sees(scope, r.Repo) && !r.Started.Before(since) {
			out = append(out, record.Booked{Repo: r.Repo.ID, Spent: r.Spent, Reserved: r.Reserved, Running: r.Ended.IsZero(), Count: 1})
		}
	}
	return out, s.fail
}

func (s *store) CountOf(_ context.Context, prefix string) ([]queue.Part, error) {
	by := map[string]queue.Part{}
	for _, d := range s.dead {
		name := queue.PartOf(prefix, d.Key)
		if s.open || d.Key == prefix || strings.HasPrefix(d.Key, prefix+"/") {
			by[name] = queue.Part{Name: name, Dead: by[name].Dead + 1}
		}
	}
	for _, x := range s.parts {
		if s.open || strings.HasPrefix(x.Name, prefix+"/") {
			x.Dead = by[x.Name].Dead
			by[x.Name] = x
		}
	}
	return slices.SortedFunc(maps.Values(by), func(a, b queue.Part) int { return strings.Compare(a.Name, b.Name) }), s.fail
}

func (s *store) DeadOf(_ context.Context, prefix string) ([]queue.Dead, error) {
	return slices.DeleteFunc(slices.Clone(s.dead), func(d queue.Dead) bool {
		return !s.open && d.Key != prefix && !strings.HasPrefix(d.Key, prefix+"/")
	}), s.fail
}

func (s *store) Revive(_ context.Context, key string) error {
	s.revived = append(s.revived, key)
	return s.fail
}

func (s *store) Keys(_ context.Context, installation int64) ([]page.Key, error) {
	return s.keys[installation], s.fail
}

func (s *store) SetKey(_ context.Context, installation int64, name, value string, hosts []string, by string) error {
	sum := sha256.Sum256([]byte(value))
	k := page.Key{Name: name, Fingerprint: hex.EncodeToString(sum[:4]), By: by, Set: start, Hosts: hosts}
	s.keys[installation] = append(slices.DeleteFunc(s.keys[installation], func(k page.Key) bool { return k.Name == name }), k)
	s.values[fmt.Sprint(installation, "/", name)] = value
	return s.fail
}

func (s *store) RemoveKey(_ context.Context, installation int64, name string) error {
	s.keys[installation] = slices.DeleteFunc(s.keys[installation], func(k page.Key) bool { return k.Name == name })
	return s.fail
}

// token is that of every sender that is made.
const token = "pti_shown-once_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func (s *store) Senders(_ context.Context, installation int64) ([]page.Sender, error) {
	return s.senders[installation], s.fail
}

func (s *store) MakeSender(_ context.Context, installation int64, name, by string) (string, error) {
	if len(s.senders[installation]) == 3 {
		return "", fmt.Errorf("making a sender: %w", page.ErrFull)
	}
	s.senders[installation] = append(s.senders[installation], page.Sender{Name: name, By: by, Made: start})
	return token, s.fail
}

func (s *store) RemoveSender(_ context.Context, installation int64, name string) error {
	s.senders[installation] = slices.DeleteFunc(s.senders[installation], func(x page.Sender) bool { return x.Name == name })
	return s.fail
}

// start is the time of all that is shown.
var start = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

// people are who signs in, by login.
var people = map[string]signin.User{
	// writes to one repository and reads another; not to acme/hidden, which the App is installed in
	"ada": {ID: 1, Login: "ada", Grants: []signin.Grant{{Installation: 7, Account: "acme", Repos: []signin.Repo{{ID: 71, Name: "acme/site"}, {ID: 70, Name: "acme/agent", Write: true, Admin: true}}}}},
	// owns the account
	"olga": {ID: 2, Login: "olga", Grants: []signin.Grant{{Installation: 7, Account: "acme", Repos: []signin.Repo{{ID: 70, Name: "acme/agent", Write: true, Admin: true}, {ID: 71, Name: "acme/site", Write: true, Admin: true},
		{ID: 72, Name: "acme/hidden", Write: true, Admin: true}}}, {Installation: 9, Account: "olga", Repos: []signin.Repo{{ID: 90, Name: "olga/notes", Write: true, Admin: true}}}}},
	"rita": {ID: 3, Login: "rita", Grants: []signin.Grant{{Installation: 7, Account: "acme", Repos: []signin.Repo{{ID: 70, Name: "acme/agent"}}}}},
	"eve":  {ID: 4, Login: "eve", Grants: []signin.Grant{{Installation: 8, Account: "evil", Repos: []signin.Repo{{ID: 80, Name: "evil/x", Write: true, Admin: true}}}}},
	"none": {ID: 5, Login: "none", Grants: []signin.Grant{{Installation: 7, Account: "acme"}}},
}

// world is a dashboard with a fake of GitHub's sign-in, both on loopback.
type world struct {
	*httptest.Server
	*store
	github *httptest.Server
	mu     sync.Mutex
	login  string // who is at the browser
	down   bool
	now    time.Time
	log    *strings.Builder
}

func (x *world) User(_ context.Context, token string) (signin.User, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.down {
		return signin.User{}, errors.New("502")
	}
	u, ok := people[strings.TrimPrefix(token, "ghu_")]
	if !ok {
		return u, signin.ErrRevoked
	}
	return u, nil
}

// newWorld fills in what is shown.
func newWorld(t *testing.T) *world {
	t.Helper()
	x := bare(t, nil)
	fill(t, x.store)
	fillBooks(t, x.store.books)
	return x
}

// bare is a dashboard of nothing.
func bare(t *testing.T, change func(*page.Config)) *world {
	t.Helper()
	x := &world{store: &store{keys: map[int64][]page.Key{}, senders: map[int64][]page.Sender{}, books: newBooks(), values: map[string]string{}}, now: start, login: "ada", log: &strings.Builder{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		back, err := url.Parse(r.FormValue("redirect_uri"))
		if err != nil || r.FormValue("code_challenge") == "" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		back.RawQuery = url.Values{"code": {x.login}, "state": {r.FormValue("state")}}.Encode()
		http.Redirect(w, r, back.String(), http.StatusFound)
	})
	mux.HandleFunc("POST /login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer"}`, "ghu_"+r.FormValue("code"))
	})
	x.github = httptest.NewServer(mux)
	t.Cleanup(x.github.Close)
	var handler http.Handler
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(x.Server.Close)
	cfg := page.Config{URL: x.URL, Reviews: x.store, Audit: x.store, Repos: x.store, Queue: x.store, Keys: x.store, Senders: x.store, SendPath: "/otlp", Ledger: x.store, Predictions: x.store, Pricing: price.Pricing{Book: price.Embedded()}, KeyNames: []string{"ANTHROPIC_API_KEY", "OPENAI_API_KEY"},
		Now: func() time.Time { x.mu.Lock(); defer x.mu.Unlock(); return x.now }, Log: slog.New(slog.NewTextHandler(x.log, nil))}
	key, err := secret.Generate()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.New(key)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Gate, err = signin.New(signin.Config{URL: x.URL, ClientID: "Iv1.fake", ClientSecret: "hush", Sessions: &sessions{all: map[string]signin.Session{}}, Box: box, Access: x, Now: cfg.Now,
		Endpoint: oauth2.Endpoint{AuthURL: x.github.URL + "/login/oauth/authorize", TokenURL: x.github.URL + "/login/oauth/access_token"}})
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&cfg)
	}
	if handler, err = page.New(cfg); err != nil {
		t.Fatal(err)
	}
	return x
}

// sessions keeps sessions in a map.
type sessions struct {
	mu  sync.Mutex
	all map[string]signin.Session
}

func (m *sessions) Save(_ context.Context, s signin.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[s.Hash] = s
	return nil
}

func (m *sessions) Load(_ context.Context, hash string) (signin.Session, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.all[hash]
	return s, ok, nil
}

func (m *sessions) Touch(context.Context, string, time.Time) error { return nil }

func (m *sessions) Delete(_ context.Context, hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, hash)
	return nil
}

// reviewID is the id of a review of a number.
func reviewID(n int) string { return fmt.Sprintf("%032x", n) }

func usd(s string) price.Amount { return price.Known(price.MustMoney(s)) }

func ptr(f float64) *float64 { return &f }

// fixture is a report of package report's tests.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../report/testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fill puts in reviews of half a year and of three tenants, with what people did.
func fill(t *testing.T, s *store) {
	t.Helper()
	agent, site, hidden := record.Repo{Installation: 7, ID: 70, Name: "acme/agent"}, record.Repo{Installation: 7, ID: 71, Name: "acme/old-site"}, record.Repo{Installation: 7, ID: 72, Name: "acme/hidden"}
	evil := record.Repo{Installation: 8, ID: 80, Name: "evil/x"}
	_ = s.SaveRepos(context.Background(), agent, site, hidden, evil, record.Repo{Installation: 9, ID: 90, Name: "olga/notes"})
	save := func(n int, r record.Repo, change func(*record.Review)) {
		x := record.Review{ID: reviewID(n), Repo: r, Pull: 100 + n, Head: strings.Repeat("c0ffee0", 6)[:40], Base: strings.Repeat("ba5e", 10), Kind: "pull_request", Delivery: fmt.Sprintf("d-%d", n), State: record.Ended,
			Started: start.AddDate(0, 0, -3*n), Ended: start.AddDate(0, 0, -3*n).Add(7*time.Minute + 12*time.Second), Conclusion: "success", Spent: usd("1.2345")}
		if change != nil {
			change(&x)
		}
		if err := s.SaveReview(context.Background(), x); err != nil {
			t.Fatal(err)
		}
	}
	models := []string{"gpt-5.4", "gpt-5.5", "claude-sonnet-4-6"}
	for n := range 60 {
		repo := agent
		if n%5 == 4 {
			repo = site
		}
		save(n, repo, func(r *record.Review) {
			cost := 0.21 + 0.002*float64((n*7)%23)
			x := record.Suite{Name: "worst-three", Result: "measured", Verdict: "switch", Ratio: ptr(0.81), Low: ptr(0.74), High: ptr(0.89), BaseModel: models[n%2], HeadModel: models[n%2+1],
				Base: usd(fmt.Sprintf("%.4f", cost*1.3)), Head: usd(fmt.Sprintf("%.4f", cost)), BaseRate: ptr(0.875), HeadRate: ptr(0.9), Question: "q1", Evidence: "e1"}
			r.Title = "Switch. A completed task costs 0.81x as much with " + x.HeadModel
			switch n {
			case 0:
				r.State, r.Ended, r.Title, r.Conclusion, r.Spent, r.Reserved, r.By = record.Running, time.Time{}, "", "", usd("0.25"), usd("3"), "ada"
				return
			case 1:
				x.Verdict, x.Ratio, x.Low, x.High, x.Report = "dont-switch", ptr(2.31), ptr(2.2), ptr(2.42), fixture(t, "dont-switch")
				r.Title, r.Conclusion, r.Exit, r.By = "Don't switch. A completed task costs 2.31x as much with claude-sonnet-4-6", "failure", 1, "olga"
			case 2:
				y := x
				y.Name, y.Verdict, y.Report = "one-shot", "inconclusive", fixture(t, "inconclusive")
				x.Report = fixture(t, "switch")
				r.Suites = append(r.Suites, y)
			case 3:
				r.State, r.Title, r.Conclusion, r.Spent = record.Superseded, "", "neutral", price.Amount{}
				return
			case 5:
				r.State, r.Title, r.Conclusion = record.Broken, "The provider did not answer for 20 minutes", "failure"
				return
			case 6:
				x = record.Suite{Name: "worst-three", Result: "nothing-changed"}
				r.Title, r.Spent = "No model setting changed", usd("0")
			case 4:
				x.Result, x.Verdict, r.By = "accepted", "dont-switch", "olga"
				r.Title = "Accepted by olga: the contract with the city needs this model"
			case 7:
				x.Head, x.HeadRate, x.Ratio, x.Low, x.High, x.Verdict = price.Amount{}, ptr(0), nil, nil, nil, "dont-switch"
			}
			r.Suites = append(r.Suites, x)
		})
	}
	save(500, hidden, func(r *record.Review) {
		r.Started, r.Ended, r.Title, r.Spent = start.Add(-time.Hour), start.Add(-time.Minute), "hidden result", usd("1000")
		r.Suites = []record.Suite{{Name: "hidden-suite", Result: "measured", HeadModel: "hidden-model", Head: usd("9"), HeadRate: ptr(1), Report: fixture(t, "switch")}}
	})
	save(800, evil, func(r *record.Review) {
		r.Started, r.Ended, r.Title, r.Spent = start.Add(-time.Hour), start.Add(-time.Minute), "evil result", usd("2000")
		r.Suites = []record.Suite{{Name: "evil-suite", Result: "measured", HeadModel: "evil-model", Head: usd("9"), HeadRate: ptr(1), Report: fixture(t, "switch")}}
	})
	act := func(ago time.Duration, r record.Repo, pull int, actor, verb, reason string) {
		head := ""
		if pull > 0 {
			head = strings.Repeat("c0ffee0", 6)[:40]
		}
		_ = s.Append(context.Background(), record.Act{Time: start.Add(-ago), Repo: r, Pull: pull, Head: head, Actor: actor, Verb: verb, Reason: reason})
	}
	act(time.Hour, agent, 101, "olga", "accept", "The new model is needed for the contract with the city; we pay the difference.")
	act(2*time.Hour, agent, 101, "ada", "run", "")
	act(3*time.Hour, site, 104, "ada", "more", "8 more trials")
	act(4*time.Hour, record.Repo{Installation: 7}, 0, "olga", "key-set", "OPENAI_API_KEY")
	act(5*time.Hour, agent, 0, "", "budget-set", "40 USD a month")
	act(time.Hour, hidden, 600, "olga", "accept", "hidden reason")
	act(time.Hour, evil, 900, "eve", "accept", "evil reason")
	for n := range 60 {
		act(time.Duration(n+6)*time.Hour, agent, 100, "ada", "run", fmt.Sprintf("again %d", n))
	}
	s.parts = []queue.Part{{Name: "7/70", Waiting: 3, Running: 2, Oldest: start.Add(-2 * time.Minute)}, {Name: "7/71", Waiting: 1, Running: 1, Oldest: start.Add(-time.Minute)}, {Name: "7/72", Waiting: 1000, Running: 2000, Oldest: start.AddDate(0, 0, -2)},
		{Name: "8/80", Waiting: 1000, Running: 2000, Oldest: start.AddDate(0, 0, -2)}}
	s.dead = []queue.Dead{
		{Key: "7/70/#101", Notes: 2, Last: start.Add(-time.Hour), Err: "reading the suite: no space left on device"}, {Key: "7/71/push", Notes: 1, Last: start.Add(-2 * time.Hour)},
		{Key: "7/72/#600", Notes: 9, Last: start, Err: "hidden error"}, {Key: "8/80/#900", Notes: 7, Last: start, Err: "evil error"}, {Key: "7", Notes: 1, Last: start, Err: "installation error"}, {Key: "what", Notes: 1, Err: "strange error"}}
	s.keys[7] = []page.Key{{Name: "ANTHROPIC_API_KEY", Fingerprint: "91c0aa5e", By: "olga", Set: start.AddDate(0, -2, 0)}}
	s.senders[7] = []page.Sender{{Name: "payments team", By: "olga", Made: start.AddDate(0, -1, 0), Used: start.Add(-2 * time.Hour)}}
	s.senders[8] = []page.Sender{{Name: "evil sender", By: "eve", Made: start}}
	s.keys[8] = []page.Key{{Name: "OPENAI_API_KEY", Fingerprint: "deadbeef", By: "eve", Set: start}}
}

// client is a browser of somebody who signed in; "" has not.
func (x *world) client(t *testing.T, login string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	if login == "" {
		return c
	}
	x.mu.Lock()
	x.login = login
	x.mu.Unlock()
	if a := ask(t, c, x.URL+"/signin"); a.status != 200 {
		t.Fatalf("signing in %s: %d %s", login, a.status, a.body)
	}
	return c
}

// answer is what a page answered.
type answer struct {
	status int
	header http.Header
	body   string
	path   string // after redirects
}

func read(t *testing.T, res *http.Response, err error) answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b), res.Request.URL.RequestURI()}
}

func ask(t *testing.T, c *http.Client, url string) answer {
	t.Helper()
	res, err := c.Get(url)
	return read(t, res, err)
}

// send posts a form as a browser does from a page of ours.
func (x *world) send(t *testing.T, c *http.Client, path string, form url.Values, header ...string) answer {
	t.Helper()
	r, err := http.NewRequest("POST", x.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if header == nil {
		header = []string{"Sec-Fetch-Site", "same-origin", "Origin", x.URL}
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(r)
	return read(t, res, err)
}
