package listing_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page/listing"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
)

var names = listing.Names{Web: &url.URL{Scheme: "https", Host: "github.com"}, Grants: []signin.Grant{{Installation: 7, Repos: []signin.Repo{{ID: 70, Name: "acme/agent"}, {ID: 71, Name: "acme/../x y"}}}}}

// raw is a column of a sheet as exports have it.
func raw(t *testing.T, l *sheet.Sheet, key string) (out []any) {
	t.Helper()
	i := slices.IndexFunc(l.Columns, func(c sheet.Column) bool { return c.Key == key })
	for _, row := range l.Rows {
		if len(row) != len(l.Columns) {
			t.Fatalf("a row of %d cells in %d columns", len(row), len(l.Columns))
		}
		out = append(out, row[i].Raw)
	}
	return out
}

// Repositories have the name of now, and a link only where a name can stand in an address.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		repo       record.Repo
		pull       int
		name, href string
	}{
		{record.Repo{Installation: 7, ID: 70, Name: "acme/old"}, 4, "acme/agent", "https://github.com/acme/agent/pull/4"},
		{record.Repo{Installation: 7, ID: 70}, 0, "acme/agent", ""},
		{record.Repo{Installation: 8, ID: 70, Name: "other/x"}, 4, "other/x", "https://github.com/other/x/pull/4"},
		{record.Repo{Installation: 7, ID: 71}, 4, "acme/../x y", ""},
	} {
		if name, pull := names.Name(c.repo), names.Pull(c.repo, c.pull); name.Raw != c.name || pull.Href != c.href || pull.Raw != c.pull {
			t.Errorf("%+v: %v, %v %q", c.repo, name.Raw, pull.Raw, pull.Href)
		}
	}
}

// The log has what people did beside what was posted, each in its columns.
func TestLog(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	repo := record.Repo{Installation: 7, ID: 70}
	review := func(state record.State, results ...string) record.Entry {
		r := record.Review{ID: "a", Repo: repo, Ended: at, State: state, Title: "Switch. Less", By: "ada", Conclusion: "success"}
		for _, x := range results {
			r.Suites = append(r.Suites, record.Suite{Name: "s", Result: x, Verdict: map[string]string{"measured": "switch"}[x]})
		}
		return record.Entry{Place: record.Place{At: at, Review: "a"}, Review: &r}
	}
	l := names.Log([]record.Entry{{Act: &record.Act{Time: at, Repo: record.Repo{Installation: 7}, Verb: "key-set", Reason: "K", Actor: "olga"}}, {Act: &record.Act{Time: at, Repo: repo, Verb: "fly"}},
		review(record.Ended, "measured", "not-measured"), review(record.Ended, "nothing-changed"), review(record.Superseded), review(record.Broken)})
	for key, want := range map[string][]any{
		"verb": {"key-set", "fly", "verdict", "result", "result", "result"}, "actor": {"olga", "", "", "", "", ""}, "asked_by": {"", "", "ada", "ada", "ada", "ada"},
		"repository": {"", "acme/agent", "acme/agent", "acme/agent", "acme/agent", "acme/agent"}, "reason": {"K", "", "", "", "", ""}, "title": {"", "", "Switch. Less", "Switch. Less", "Switch. Less", "Switch. Less"},
		"verdicts": {"", "", "s: measured switch; s: not-measured", "s: nothing-changed", "", ""},
	} {
		if d := cmp.Diff(want, raw(t, l, key)); d != "" {
			t.Errorf("%s (-want +got):\n%s", key, d)
		}
	}
	var shown []string
	for _, r := range l.Rows {
		shown = append(shown, r[2].Show)
	}
	if d := cmp.Diff([]string{"set a provider key", "fly", "posted a verdict", "posted a result", "ended a review early", "gave a review up"}, shown); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAbout(t *testing.T) {
	for key, want := range map[string]listing.Subject{"7": {Installation: 7}, "7/installation": {Installation: 7}, "7/70": {Installation: 7, Repo: 70}, "7/70/#42": {Installation: 7, Repo: 70, Rest: "#42"}, "7/70/a/b": {Installation: 7, Repo: 70, Rest: "a/b"}} {
		if got, ok := listing.About(key); !ok || got != want {
			t.Errorf("%q: %+v, %v", key, got, ok)
		}
	}
	for _, key := range []string{"", "x", "0", "-7", "7/", "7/x", "7/0", "7/-1/#1", "7/installation/x", "app/catch-up"} {
		if got, ok := listing.About(key); ok {
			t.Errorf("%q is %+v", key, got)
		}
	}
}

func TestQueue(t *testing.T) {
	parts := names.Parts([]queue.Part{{Name: "7/installation", Dead: 1}, {Name: "7/70", Waiting: 2, Running: 1}}, "/q")
	if d := cmp.Diff([]any{"", "acme/agent"}, raw(t, parts, "repository")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	dead := names.Dead([]listing.Work{{Dead: queue.Dead{Key: "7/70/#1", Notes: 3, Err: "disk full"}, Subject: listing.Subject{Installation: 7, Repo: 70, Rest: "#1"}}}, "/q")
	if d := cmp.Diff([]any{"disk full"}, raw(t, dead, "error")); d != "" || dead.Export != "/q/dead" {
		t.Errorf("%s (-want +got):\n%s", dead.Export, d)
	}
}
