package page

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
)

// verbs are what is said of an act. One that is not here is said as it is.
var verbs = map[string]string{"run": "asked to measure", "more": "asked for more trials", "accept": "accepted", "reprice": "asked for other prices", "key-set": "set a provider key",
	"key-removed": "removed a provider key", "sign-in": "signed in", "budget-set": "set the budget", "revive": "had work taken up again"}

// acts lists what was done.
func (v *visit) acts(path string, all []record.Act, empty string) *sheet.Sheet {
	l := &sheet.Sheet{Name: "audit", Cards: true, Caption: "What was done, the newest first", Export: path, Empty: empty, Columns: []sheet.Column{{Key: "time", Title: "When (UTC)"}, {Key: "actor", Title: "Who"}, {Key: "verb", Title: "What"},
		{Key: "reason", Title: "In their words"}, {Key: "repository", Title: "Repository"}, {Key: "pull", Title: "Pull request"}, {Key: "head", Title: "Head"}, {Key: "repository_id"}}}
	for _, a := range all {
		actor, verb, repo := sheet.Text(a.Actor), sheet.Text(a.Verb), v.name(a.Repo)
		if a.Actor == "" {
			actor.Show = "the App"
		}
		if w := verbs[a.Verb]; w != "" {
			verb.Show = w
		}
		if a.Repo.ID == 0 {
			repo = sheet.Cell{Show: "all", Raw: ""}
		}
		l.Rows = append(l.Rows, []sheet.Cell{sheet.When(a.Time), actor, verb, sheet.Text(a.Reason), repo, v.pull(a.Repo, a.Pull), sheet.Short(a.Head), sheet.ID(a.Repo.ID)})
	}
	return l
}

// seen leaves out acts on what a grant does not show, as ours does.
func (v *visit) seen(all []record.Act) []record.Act {
	return slices.DeleteFunc(all, func(a record.Act) bool {
		_, ok := v.grant.Repo(a.Repo.ID)
		wrong := a.Repo.Installation != v.grant.Installation || a.Repo.ID != 0 && !ok
		if wrong {
			v.Log.Error("dashboard: the store returned an act out of scope", "installation", v.grant.Installation)
		}
		return wrong
	})
}

// actsOn are those on the pull request of a review, at most the last 1,000 on its repository.
func (v *visit) actsOn(r record.Review) ([]record.Act, error) {
	all, err := v.Audit.Acts(v.ctx, v.grant.Scope(), record.Filter{Repo: r.Repo.ID, Limit: 1000}, time.Time{})
	return slices.DeleteFunc(v.seen(all), func(a record.Act) bool { return a.Repo.ID != r.Repo.ID || a.Pull != r.Pull || r.Pull == 0 }), err
}

func audit(v *visit) (*layout.View, error) {
	var f record.Filter
	var before time.Time
	var err error
	if f.Repo, err = v.repo(); err != nil {
		return nil, err
	}
	if f.Since, err = v.since(); err != nil {
		return nil, err
	}
	if s := v.q.Get("before"); s != "" {
		if before, err = time.Parse(time.RFC3339Nano, s); err != nil {
			return nil, bad("before is a time such as 2026-01-31T12:00:00Z.")
		}
	}
	limit := perPage
	if v.export {
		limit = most
	}
	all, next, err := v.readActs(f, before, limit)
	if err != nil {
		return nil, err
	}
	path := at(v.grant.Installation, "/audit")
	l := v.acts(path, all, "Nothing was done yet, or nothing that is asked for.")
	q := url.Values{}
	if f.Repo != 0 {
		q.Set("repo", strconv.FormatInt(f.Repo, 10))
	}
	since := layout.Field{Name: "since", Label: "Since", Type: "date"}
	if !f.Since.IsZero() {
		since.Value = f.Since.Format(time.DateOnly)
		q.Set("since", since.Value)
	}
	l.Query = q.Encode()
	p := &layout.View{Title: "Audit log", Tab: "audit", Blocks: []layout.Block{{Text: words("What people did and what the App did for them. Nothing in it is ever changed. What reviews found is under Verdicts."),
		Form: &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{v.repoField(f.Repo), since}}}, {List: l}}}
	if !before.IsZero() {
		p.Newest = path + "?" + l.Query
	}
	if !next.IsZero() {
		q.Set("before", next.UTC().Format(time.RFC3339Nano))
		if v.export {
			path = v.r.URL.Path
		}
		p.Older = path + "?" + q.Encode()
	}
	return p, nil
}

// readActs reads up to limit acts, in steps, and returns the time before which the next ones were; zero for none. Acts of one and
// the same time stay on one page, unless there are more of them than it holds.
func (v *visit) readActs(f record.Filter, before time.Time, limit int) (all []record.Act, next time.Time, err error) {
	for {
		f.Limit = min(limit-len(all), 999) + 1
		got, err := v.Audit.Acts(v.ctx, v.grant.Scope(), f, before)
		if err != nil {
			return nil, next, err
		}
		if len(got) < f.Limit {
			return append(all, v.seen(got)...), time.Time{}, nil
		}
		first := got[len(got)-1].Time // what is left for the next page begins here
		keep := got[:len(got)-1]
		for len(keep) > 0 && !keep[len(keep)-1].Time.After(first) {
			keep = keep[:len(keep)-1]
		}
		if len(keep) == 0 {
			keep = got[:len(got)-1]
		}
		next = keep[len(keep)-1].Time
		all = append(all, v.seen(slices.Clone(keep))...)
		if before = next; len(all) >= limit || limit <= perPage {
			return all, next, nil
		}
	}
}
