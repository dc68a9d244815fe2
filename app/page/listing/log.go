package listing

import (
	"strings"

	"github.com/pertask/pertask/app/page/result"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
)

// verbs are what is said of an entry of the log. One that is not here is said as it is.
var verbs = map[string]string{"run": "asked to measure", "more": "asked for more trials", "accept": "accepted", "reprice": "asked for other prices", "key-set": "set a provider key",
	"key-removed": "removed a provider key", "sender-made": "made a sender", "sender-removed": "removed a sender", "sign-in": "signed in", "budget-set": "set the budget", "revive": "had work taken up again", record.VerbVerdict: "posted a verdict", record.VerbResult: "posted a result"}

// Log lists entries of the log.
func (n Names) Log(all []record.Entry) *sheet.Sheet {
	l := &sheet.Sheet{Name: "audit", Cards: true, Caption: "What happened, the newest first", Columns: []sheet.Column{{Key: "time", Title: "When (UTC)"}, {Key: "actor", Title: "Who"}, {Key: "verb", Title: "What"},
		{Key: "reason", Title: "Result, or their words"}, {Key: "repository", Title: "Repository"}, {Key: "pull", Title: "Pull request"}, {Key: "head", Title: "Head"}, {Key: "repository_id"},
		{Key: "title"}, {Key: "conclusion"}, {Key: "verdicts"}, {Key: "state"}, {Key: "asked_by"}, {Key: "review"}}}
	for _, e := range all {
		if e.Act != nil {
			l.Rows = append(l.Rows, n.act(*e.Act))
		} else {
			l.Rows = append(l.Rows, n.posted(*e.Review, e.Verb()))
		}
	}
	return l
}

func (n Names) act(a record.Act) []sheet.Cell {
	actor, verb, repo, none := sheet.Text(a.Actor), sheet.Text(a.Verb), n.Name(a.Repo), sheet.Cell{Raw: ""}
	if a.Actor == "" {
		actor.Show = "the\u00a0App"
	}
	if w := verbs[a.Verb]; w != "" {
		verb.Show = w
	}
	if a.Repo.ID == 0 {
		repo = sheet.Cell{Show: "all", Raw: ""}
	}
	return []sheet.Cell{sheet.When(a.Time), actor, verb, sheet.Text(a.Reason), repo, n.Pull(a.Repo, a.Pull), sheet.Short(a.Head), sheet.ID(a.Repo.ID), none, none, none, none, none, none}
}

// posted is a review that has ended. What it was about is in its words, and who asked for it below the App's name.
func (n Names) posted(r record.Review, verb string) []sheet.Cell {
	who := sheet.Cell{Show: "the\u00a0App", Raw: ""}
	if r.By != "" {
		who.Note = "for " + sheet.Show(r.By)
	}
	did := sheet.Cell{Show: verbs[verb], Raw: verb}
	switch r.State {
	case record.Superseded:
		did.Show = "ended a review early"
	case record.Broken:
		did.Show = "gave a review up"
	}
	title, rest := result.Split(r.Title)
	var found []string
	for _, s := range r.Suites {
		found = append(found, s.Name+": "+strings.TrimSuffix(s.Result+" "+s.Verdict, " "))
	}
	return []sheet.Cell{sheet.When(r.Ended).To(ReviewPath(r.Repo.Installation, r.ID)), who, did, {Show: title, More: rest, Raw: "", Class: result.Tone(r)}, n.Name(r.Repo), n.Pull(r.Repo, r.Pull), sheet.Short(r.Head),
		sheet.ID(r.Repo.ID), sheet.Text(r.Title), sheet.Text(r.Conclusion), sheet.Text(strings.Join(found, "; ")), sheet.Text(string(r.State)), sheet.Text(r.By), sheet.Text(r.ID)}
}
