package merged_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/merged"
)

// TestCost measures what 1,000 merged pull requests cost: the queries and the points.
func TestCost(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{})
	w.merged(1000)
	w.now = w.now.Add(1000 * time.Hour)
	got := w.all(merged.Query{})
	if len(got.Pulls) != 1000 || got.Queries > 24 || got.Cost != got.Queries {
		t.Errorf("got %d pull requests for %d queries and %d points", len(got.Pulls), got.Queries, got.Cost)
	}
	t.Logf("1,000 pull requests: %d queries, %d points", got.Queries, got.Cost)
}

// TestTooSlow makes pages smaller when GitHub takes too long, and larger again after some.
func TestTooSlow(t *testing.T) {
	for name, fault := range map[string]githubtest.Fault{
		"502": {Status: 502}, "504": {Status: 504},
	} {
		w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{Page: 40})
		w.merged(100)
		fault.Match, fault.Times = githubtest.Match("POST", "graphql"), 2
		w.Inject(fault)
		got := w.all(merged.Query{})
		if len(got.Pulls) != 100 || len(w.waits) != 0 {
			t.Errorf("%s: got %d pull requests after waits of %v", name, len(got.Pulls), w.waits)
		}
		var sizes []string
		for _, r := range w.Requests() {
			_, rest, _ := strings.Cut(r.Body, `"first":`)
			size, _, _ := strings.Cut(rest, ",")
			sizes = append(sizes, size)
		}
		if diff := cmp.Diff(sizes, []string{"40", "20", "10", "10", "10", "10", "20", "20", "20", "20"}); diff != "" {
			t.Errorf("%s: sizes, got-want:\n%s", name, diff)
		}
	}
}

// TestSlowPullRequest asks again for a page in which GitHub could not show one in time, in smaller ones, and leaves that one
// out in the end: its neighbours are not lost.
func TestSlowPullRequest(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, merged.Options{Page: 40})
	w.merged(100)
	w.ChangePull("acme/shop", 70, func(p *githubtest.Pull) { p.Unreadable, p.Updated = true, p.Updated.Add(time.Second) })
	if got := w.all(merged.Query{}); len(got.Pulls) != 99 || got.Skipped != 1 || got.Queries > 20 {
		t.Errorf("got %d pull requests, %d skipped, %d queries", len(got.Pulls), got.Skipped, got.Queries)
	}
}

// TestGivesUp ends when GitHub does not answer the smallest page either, with the place to go on from.
func TestGivesUp(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{Page: 10})
	w.merged(30)
	queries := 0
	w.OnRequest(func(githubtest.Request) {
		if queries++; queries == 3 {
			w.Fail(githubtest.Match("POST", "graphql"), 502, 6, false)
		}
	})
	got, err := w.All(context.Background(), merged.Query{Repo: shop})
	if err == nil || !strings.Contains(err.Error(), "GitHub answered 502") || len(got.Pulls) != 20 || len(w.waits) != 4 {
		t.Fatalf("got %d pull requests and %v after %v", len(got.Pulls), err, w.waits)
	}
	rest := w.all(merged.Query{Cursor: got.Next})
	if diff := cmp.Diff(numbers(rest.Pulls), to(1, 10)); diff != "" {
		t.Errorf("the rest, got-want:\n%s", diff)
	}
}

func TestBrokenConnection(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{})
	w.merged(3)
	w.Fail(githubtest.Match("POST", "graphql"), 0, 2, false)
	if got := w.all(merged.Query{}); len(got.Pulls) != 3 || len(w.waits) != 2 || got.Queries != 3 {
		t.Errorf("got %+v after %v", got, w.waits)
	}
}

// TestSecondaryLimit waits as long as GitHub says, and not longer than is allowed.
func TestSecondaryLimit(t *testing.T) {
	for name, tt := range map[string]struct {
		after string
		waits []time.Duration
	}{"a minute": {"60", []time.Duration{time.Minute}}, "an hour": {"3600", nil}} {
		w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{})
		w.merged(3)
		w.Inject(githubtest.Fault{Match: githubtest.Match("POST", "graphql"), Status: 403, Message: "You have exceeded a secondary rate limit.", Header: map[string]string{"Retry-After": tt.after}})
		got, err := w.All(context.Background(), merged.Query{Repo: shop})
		if diff := cmp.Diff(w.waits, tt.waits); diff != "" {
			t.Errorf("%s: waits, got-want:\n%s", name, diff)
		}
		if tt.waits == nil && (!errors.Is(err, github.ErrRateLimited) || got.Next == "") || tt.waits != nil && (err != nil || len(got.Pulls) != 3) {
			t.Errorf("%s: got %d pull requests and %v", name, len(got.Pulls), err)
		}
	}
}

// TestHourlyLimit leaves a part of the hour's points to others, waits for the next hour when that is near, and else stops
// with a cursor and in words.
func TestHourlyLimit(t *testing.T) {
	for name, tt := range map[string]struct {
		age     time.Duration // of the hour, when reading begins
		reserve int
		used    int // points, before it stops or waits
		waits   bool
	}{
		"soon over":       {50 * time.Minute, 0, 18, true},
		"just begun":      {time.Minute, 0, 18, false},
		"another reserve": {time.Minute, 15, 5, false},
		"no reserve":      {time.Minute, -1, 20, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{Unchecked: true, Points: 20}, merged.Options{Page: 10, Reserve: tt.reserve})
			w.merged(300)
			w.now = w.now.Add(tt.age)
			got, err := w.All(context.Background(), merged.Query{Repo: shop})
			if tt.waits {
				if err != nil || len(got.Pulls) != 300 || len(w.waits) != 1 || w.waits[0] != 10*time.Minute+time.Second {
					t.Fatalf("got %d pull requests and %v after %v", len(got.Pulls), err, w.waits)
				}
				return
			}
			if !errors.Is(err, github.ErrRateLimited) || got.Cost != tt.used || len(w.waits) != 0 || !strings.Contains(err.Error(), "until 2026-12-02T10:00:0") {
				t.Fatalf("got %d points and %v after %v", got.Cost, err, w.waits)
			}
			want := fmt.Sprintf("%d of 20 points of the hour are left, and", 20-tt.used)
			if tt.reserve >= 0 && !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
			w.now = w.now.Add(time.Hour)
			rest := got
			for rest.Next != "" { // as a scheduled job would, hour by hour
				if rest, err = w.All(context.Background(), merged.Query{Repo: shop, Cursor: rest.Next}); err != nil {
					w.now = w.now.Add(time.Hour)
				}
				got.Pulls = append(got.Pulls, rest.Pulls...)
			}
			if len(got.Pulls) < 300 {
				t.Errorf("got %d pull requests in all", len(got.Pulls))
			}
		})
	}
}

// TestBudget ends a read that has cost what it may, and goes on with it.
func TestBudget(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{Page: 10, Budget: 3})
	w.merged(50)
	got, err := w.All(context.Background(), merged.Query{Repo: shop})
	if !errors.Is(err, merged.ErrBudget) || errors.Is(err, github.ErrRateLimited) || got.Cost != 3 || len(got.Pulls) != 30 {
		t.Fatalf("got %d pull requests for %d points and %v", len(got.Pulls), got.Cost, err)
	}
	if rest := w.all(merged.Query{Cursor: got.Next}); len(rest.Pulls) != 20 || rest.Cost != 3 {
		t.Errorf("the rest: got %d pull requests for %d points", len(rest.Pulls), rest.Cost)
	}
}

// TestDeadline waits for no limit that ends after the context.
func TestDeadline(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true, Points: 10}, merged.Options{Page: 10})
	w.merged(100)
	w.now = w.now.Add(55 * time.Minute)
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(time.Hour)) // long past on the reader's clock
	defer cancel()
	if _, err := w.All(ctx, merged.Query{Repo: shop}); !errors.Is(err, github.ErrRateLimited) || len(w.waits) != 0 {
		t.Errorf("got %v after %v: it waits beyond the deadline", err, w.waits)
	}
}

// wire answers the first requests with texts of its own, and changes what the server answers to others.
type wire struct {
	first  []string
	change func(string) string
}

func (x *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	text := string(body)
	if len(x.first) > 0 {
		text, x.first = x.first[0], x.first[1:]
	} else if x.change != nil {
		text = x.change(text)
	}
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return resp, nil
}

// TestAnswers shows what is made of answers that the server in memory never gives.
func TestAnswers(t *testing.T) {
	const slow = `{"data":null,"errors":[{"message":"Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug. Please include ` + "`AB:12`" + ` when reporting this issue."}]}`
	replace := func(old, is string) func(string) string {
		return func(s string) string { return strings.ReplaceAll(s, old, is) }
	}
	for name, tt := range map[string]struct {
		wire  wire
		pulls int
		skip  int
		fails string
	}{
		"a time-out in an answer":     {wire{first: []string{slow, slow}}, 3, 0, ""},
		"time-outs without end":       {wire{first: slices.Repeat([]string{slow}, 20)}, 0, 0, "Something went wrong"},
		"no limits on this server":    {wire{change: func(s string) string { return limits.ReplaceAllString(s, `"rateLimit":null`) }}, 3, 0, ""},
		"a head that is no id":        {wire{change: replace(`"headRefOid":"`, `"headRefOid":"x`)}, 0, 3, ""},
		"a state that is not known":   {wire{change: replace(`"state":"MERGED"`, `"state":"ODD"`)}, 0, 3, ""},
		"merged at no time":           {wire{change: func(s string) string { return mergedAt.ReplaceAllString(s, `"mergedAt":null`) }}, 0, 3, ""},
		"a cursor that does not move": {wire{change: replace(`"hasNextPage":false`, `"hasNextPage":true`)}, 3, 0, "does not move"},
		"no JSON":                     {wire{first: slices.Repeat([]string{"<html>"}, 20)}, 0, 0, "not JSON"},
		"another error":               {wire{first: []string{`{"data":null,"errors":[{"message":"no","type":"ODD"}]}`}}, 0, 0, `GitHub answered 200 "no"`},
		"a node limit":                {wire{first: []string{`{"errors":[{"message":"This query exceeds the node limit"}]}`}}, 3, 0, ""},
		"no commits to be seen":       {wire{first: []string{`{"data":{"repository":{"nameWithOwner":"acme/shop","pullRequests":{"nodes":[null,null],"pageInfo":{}}}},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by personal access token","path":["repository","pullRequests","nodes",0,"commits"]}]}`}}, 0, 0, "permission missing"},
		"one head is hidden": {wire{change: func(s string) string {
			s = headRepo.ReplaceAllString(s, `"headRepository":null`)
			return strings.TrimSuffix(s, "}") + `,"errors":[{"type":"FORBIDDEN","message":"Resource protected by organization SAML enforcement","path":["repository","pullRequests","nodes",0,"headRepository"]}]}`
		}}, 3, 0, ""},
		"no repository":                          {wire{first: slices.Repeat([]string{`{"data":{"repository":null}}`}, 9)}, 0, 0, "has no repository"},
		"an error beside what cannot be decoded": {wire{first: slices.Repeat([]string{`{"data":{"repository":{"nameWithOwner":"acme/shop","pullRequests":{"nodes":[{"number":"x"}]}}},"errors":[{"message":"x","path":["repository","pullRequests","nodes",0,"labels"]}]}`}, 9)}, 0, 0, "reading the pull requests"},
		"labels that cannot be read":             {wire{change: replace(`"labels":{"nodes":[]}`, `"labels":null`)}, 3, 0, ""},
		"a null among commits and more":          {wire{change: replace(`"nodes":[]`, `"nodes":[null]`)}, 3, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{})
			w.merged(3)
			r, err := merged.New(github.Config{
				BaseURL: w.URL, GraphQLURL: w.GraphQLURL, Token: w.Token, Transport: &tt.wire, Now: func() time.Time { return w.now },
				Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
			}, merged.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.All(context.Background(), merged.Query{Repo: shop})
			if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Fatalf("got %v, want %q", err, tt.fails)
			}
			if len(got.Pulls) != tt.pulls || got.Skipped != tt.skip {
				t.Errorf("got %d pull requests, %d skipped", len(got.Pulls), got.Skipped)
			}
		})
	}
}

var (
	limits   = regexp.MustCompile(`"rateLimit":\{[^}]*\}`)
	headRepo = regexp.MustCompile(`"headRepository":\{[^}]*\}`)
	mergedAt = regexp.MustCompile(`"mergedAt":"[^"]*"`)
)
