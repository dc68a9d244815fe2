package listing

import (
	"strconv"
	"strings"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/queue"
)

// Subject is what a key of the queue is about: "installation/repository#pull", ".../group" and the like.
type Subject struct {
	Installation int64
	Repo         int64 // 0 for the installation
	Rest         string
}

// About reads a key: "7/70/#42" is pull request 42 of repository 70 of installation 7, and "7" or "7/installation" that installation.
func About(key string) (s Subject, ok bool) {
	parts := strings.SplitN(key, "/", 3)
	var err error
	if s.Installation, err = strconv.ParseInt(parts[0], 10, 64); err != nil || s.Installation <= 0 {
		return Subject{}, false
	}
	if key == parts[0]+"/installation" { // as package hook writes it
		return s, true
	}
	if len(parts) > 1 {
		if s.Repo, err = strconv.ParseInt(parts[1], 10, 64); err != nil || s.Repo <= 0 {
			return Subject{}, false
		}
	}
	if len(parts) > 2 {
		s.Rest = parts[2]
	}
	return s, true
}

// Work is a dead key that the viewer may do something about.
type Work struct {
	queue.Dead
	Subject
}

// Parts lists how the work of repositories stands.
func (n Names) Parts(all []queue.Part, path string) *sheet.Sheet {
	l := &sheet.Sheet{Name: "queue-parts", Cards: true, Caption: "Work of each repository", Export: path + "/parts", Empty: "There is no work.", Columns: []sheet.Column{{Key: "repository", Title: "Repository"}, {Key: "waiting", Title: "Waiting", Num: true},
		{Key: "running", Title: "Being worked on", Num: true}, {Key: "dead", Title: "Given up", Num: true}, {Key: "oldest", Title: "Oldest that waits (UTC)"}, {Key: "repository_id"}}}
	for _, p := range all {
		s, _ := About(p.Name)
		name := sheet.Text(n.called(s))
		if s.Repo == 0 {
			name = sheet.Cell{Show: "the installation", Raw: ""}
		}
		l.Rows = append(l.Rows, []sheet.Cell{name, sheet.Whole(p.Waiting), sheet.Whole(p.Running), sheet.Whole(p.Dead), sheet.When(p.Oldest), sheet.ID(s.Repo)})
	}
	return l
}

// Dead lists work that was given up, with what has it taken up again.
func (n Names) Dead(all []Work, path string) *sheet.Sheet {
	l := &sheet.Sheet{Name: "dead", Cards: true, Caption: "Work that was given up", Export: path + "/dead", Empty: "No work on your repositories was given up.", Columns: []sheet.Column{{Key: "repository", Title: "Repository"},
		{Key: "subject", Title: "About"}, {Title: "Do"}, {Key: "notes", Title: "Events", Num: true}, {Key: "last", Title: "Last attempt (UTC)"}, {Key: "error", Title: "What went wrong"}, {Key: "key"}}}
	for _, d := range all {
		name := sheet.Text(n.called(d.Subject))
		if d.Repo == 0 {
			name = sheet.Cell{Show: "all", Raw: ""}
		}
		what := sheet.Text(d.Rest)
		if d.Rest == "" {
			what.Show = "the installation"
		}
		wrong := sheet.Text(d.Err)
		if d.Err == "" {
			wrong.Show = "the worker died"
		}
		again := &layout.Form{Post: true, Action: path + "/revive", Submit: "Revive", Class: "inline", Fields: []layout.Field{{Name: "key", Type: "hidden", Value: d.Key}}}
		l.Rows = append(l.Rows, []sheet.Cell{name, what, {Do: again}, sheet.Whole(d.Dead.Notes), sheet.When(d.Last), wrong, sheet.Text(d.Key)})
	}
	return l
}

// called is the name of a subject's repository.
func (n Names) called(s Subject) string {
	for _, g := range n.Grants {
		if r, ok := g.Repo(s.Repo); ok && g.Installation == s.Installation {
			return r.Name
		}
	}
	return ""
}
