// Package asked reads what the forms of the dashboard's lists ask for, and makes those forms.
//
// It knows the names and values in addresses. It refuses to know who may see what: the repository is checked before, and the place
// in a list after.
package asked

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/record"
)

var states = []record.State{record.Running, record.Ended, record.Superseded, record.Broken}

// review is the id of a review as package record makes them.
var review = regexp.MustCompile(`^[0-9a-f]{32}$`)

// IsReview reports whether a text can be the ID of a review.
func IsReview(id string) bool { return review.MatchString(id) }

// Since is a day that is asked for; zero without one.
func Since(q url.Values) (time.Time, error) {
	s := q.Get("since")
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, trouble.Bad("since is a day such as 2026-01-31.")
	}
	return t, nil
}

// Reviews reads what is asked for of the reviews, of a repository that the viewer can see, 0 for all. Before is an ID, of whatever
// review.
func Reviews(q url.Values, repo int64) (f record.Filter, err error) {
	f.Repo = repo
	if f.Since, err = Since(q); err != nil {
		return f, err
	}
	f.Suite, f.Model, f.State = strings.TrimSpace(q.Get("suite")), strings.TrimSpace(q.Get("model")), record.State(q.Get("state"))
	if f.State != "" && !slices.Contains(states, f.State) {
		return f, trouble.Bad("state is one of running, ended, superseded and broken.")
	}
	if len(f.Suite) > 200 || len(f.Model) > 200 {
		return f, trouble.Bad("The name of a suite or a model has at most 200 characters.")
	}
	if f.Before = q.Get("before"); f.Before != "" && !review.MatchString(f.Before) {
		return f, trouble.Bad("before is the id of a review.")
	}
	return f, nil
}

// Query is a filter as people can link to it, without the place in the list.
func Query(f record.Filter) url.Values {
	q := url.Values{}
	since := ""
	if !f.Since.IsZero() {
		since = f.Since.Format(time.DateOnly)
	}
	for key, value := range map[string]string{"repo": number(f.Repo), "since": since, "suite": f.Suite, "model": f.Model, "state": string(f.State)} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return q
}

// number is a number above 0, and nothing for 0.
func number[N int | int64](n N) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

// day is the field of the day since when.
func day(since time.Time) layout.Field {
	f := layout.Field{Name: "since", Label: "Since", Type: "date"}
	if !since.IsZero() {
		f.Value = since.Format(time.DateOnly)
	}
	return f
}

// Form is the form of a filter, with the choice of a repository.
func Form(path string, f record.Filter, repo layout.Field, state bool) *layout.Form {
	out := &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{repo,
		{Name: "suite", Label: "Suite", Type: "text", Value: f.Suite}, {Name: "model", Label: "Model", Type: "text", Value: f.Model}}}
	if state {
		x := layout.Field{Name: "state", Label: "State", Options: []layout.Option{{Words: "all"}}}
		for _, s := range states {
			x.Options = append(x.Options, layout.Option{Value: string(s), Words: string(s), Chosen: s == f.State})
		}
		out.Fields = append(out.Fields, x)
	}
	out.Fields = append(out.Fields, day(f.Since))
	return out
}
