package review_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/trial"
)

// errInside is what nobody on a pull request is to read.
var errInside = errors.New("dial tcp 10.0.3.7:5432: connect: connection refused, host=db.internal, /var/lib/pertask/scratch/r1")

// shown is all that people see of a review.
func (w *world) shown(out review.Outcome, k *sink) string {
	s := k.summary + fmt.Sprint(k.files)
	for _, c := range w.hub.Checks(w.repo, w.head) {
		s += c.Title + c.Summary + c.Text
	}
	for _, c := range w.hub.Comments(w.repo, w.pull) {
		s += c.Body
	}
	for _, r := range out.Reports {
		s += fmt.Sprint(r.Reason, r.Findings)
	}
	return s
}

// What GitHub answered is told, and of what broke inside no more than that it did: the log says the rest.
func TestInternalErrorsAreForTheLog(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"a database", errInside, "something broke where it runs"},
		{"GitHub", fmt.Errorf("%w: %w", errInside, &github.Error{Status: 502, Message: "Server Error"}), "GitHub answered 502"},
		{"a rate limit", fmt.Errorf("%w: %w", errInside, github.ErrRateLimited), "GitHub: rate limited"},
	} {
		w, k := scenario(t, "dearer"), newSink()
		var log strings.Builder
		o := w.options(&log)
		o.Journal = func(string) (trial.Journal, string, error) { return nil, "", tt.err }
		out, err := review.New(o).Review(t.Context(), w.trigger(), k)
		if !errors.Is(err, errInside) || !strings.Contains(log.String(), "10.0.3.7") {
			t.Errorf("%s: error %v, log %s", tt.name, err, log.String())
		}
		all := w.shown(out, k)
		if !strings.Contains(all, tt.want) {
			t.Errorf("%s: nobody is told %q:\n%s", tt.name, tt.want, all)
		}
		if strings.Contains(all, "10.0.3.7") || strings.Contains(all, "db.internal") || strings.Contains(all, "/var/lib") {
			t.Errorf("%s: people are told what is inside:\n%s", tt.name, all)
		}
	}
}

// unread are tests that cannot be read.
type unread struct{ ledgertest.Memory }

// Test implements ledger.Tests.
func (*unread) Test(context.Context, string) (ledger.Test, bool, error) {
	return ledger.Test{}, false, errInside
}

func TestWhyATestIsNotExtendedIsForTheLog(t *testing.T) {
	s := newApp(t, "")
	o := s.app()
	o.Tests = &unread{}
	out, k := s.review(t, o, s.asks(command.Command{Verb: command.More}))
	all := s.world.shown(out, k)
	if !strings.Contains(all, "could not be read") || strings.Contains(all, "10.0.3.7") {
		t.Errorf("people are told:\n%s", all)
	}
}

// The same holds for the head's files, where a pull request adds the configuration.
func TestWhyAHeadIsNotReadIsForTheLog(t *testing.T) {
	a, err := txtar.ParseFile("testdata/proposals/good.txtar")
	if err != nil {
		t.Fatal(err)
	}
	l := newLife(t, a)
	o := l.world.options(&l.logs)
	client, err := github.New(github.Config{BaseURL: l.hub.URL, GraphQLURL: l.hub.GraphQLURL, Token: l.token, Transport: unreached{}})
	if err != nil {
		t.Fatal(err)
	}
	o.GitHub = client
	k := newSink()
	out, err := review.New(o).Review(t.Context(), l.trigger(), k)
	all := l.world.shown(out, k)
	if err != nil || !strings.Contains(all, "files could not be read here") || strings.Contains(all, "10.0.3.7") {
		t.Errorf("%v; people are told:\n%s", err, all)
	}
	if !strings.Contains(l.logs.String(), "10.0.3.7") {
		t.Errorf("the log does not say why: %s", l.logs.String())
	}
}

// unreached does not reach the server of archives.
type unreached struct{}

// RoundTrip implements http.RoundTripper.
func (unreached) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, "tarball") {
		return http.DefaultTransport.RoundTrip(r)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: io.NopCloser(iotest.ErrReader(errInside))}, nil
}
