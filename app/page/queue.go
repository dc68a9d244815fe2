package page

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
)

// subject is what a key of the queue is about: "installation/repository#pull", ".../group" and the like.
type subject struct {
	installation int64
	repo         int64 // 0 for the installation
	rest         string
}

// about reads a key: "7/70/#42" is pull request 42 of repository 70 of installation 7, and "7" or "7/installation" that installation.
func about(key string) (s subject, ok bool) {
	parts := strings.SplitN(key, "/", 3)
	var err error
	if s.installation, err = strconv.ParseInt(parts[0], 10, 64); err != nil || s.installation <= 0 {
		return subject{}, false
	}
	if key == parts[0]+"/installation" { // as package hook writes it
		return s, true
	}
	if len(parts) > 1 {
		if s.repo, err = strconv.ParseInt(parts[1], 10, 64); err != nil || s.repo <= 0 {
			return subject{}, false
		}
	}
	if len(parts) > 2 {
		s.rest = parts[2]
	}
	return s, true
}

// work is a dead key that the viewer may do something about.
type work struct {
	queue.Dead
	subject
}

// mayRevive reports whether the viewer can write to what a key is about. The installation's own work is its administrators'.
func (v *visit) mayRevive(s subject) (bool, error) {
	if s.installation != v.grant.Installation {
		return false, nil
	}
	if s.repo == 0 {
		return v.admin()
	}
	r, ok := v.grant.Repo(s.repo)
	return ok && (r.Write || r.Admin), nil
}

// health is how the queue stands. Readers have no business with it.
func (v *visit) health() (queue.Health, error) {
	if !slices.ContainsFunc(v.grant.Repos, func(r signin.Repo) bool { return r.Write || r.Admin }) {
		return queue.Health{}, problem{http.StatusForbidden, "Not for readers", "The queue is shown to people who can write to a repository here."}
	}
	return v.Queue.Health(v.ctx)
}

// given is the work that was given up and that the viewer may do something about.
func (v *visit) given(h queue.Health) ([]work, error) {
	var out []work
	for _, d := range h.Dead {
		s, ok := about(d.Key)
		if !ok {
			continue
		}
		if ok, err := v.mayRevive(s); err != nil {
			return nil, err
		} else if ok {
			out = append(out, work{d, s})
		}
	}
	return out, nil
}

func queued(v *visit) (*layout.View, error) {
	h, err := v.health()
	if err != nil {
		return nil, err
	}
	dead, err := v.given(h)
	if err != nil {
		return nil, err
	}
	facts := []layout.Fact{fact("waiting", "Waiting", sheet.Whole(h.Waiting)), fact("running", "Being worked on", sheet.Whole(h.Running)), fact("oldest", "Oldest that waits (UTC)", sheet.When(h.Oldest))}
	if h.Oldest.IsZero() {
		facts[2].Cell.Show = "none"
	}
	path := at(v.grant.Installation, "/queue")
	figures := export(facts, path)
	figures.Name = "queue"
	p := &layout.View{Title: "Queue", Tab: "queue", Blocks: []layout.Block{{Text: words("Work that this App has promised to do, for everybody who uses it. Work that failed %d times is given up until somebody has it taken up again.", queue.MaxAttempts), Facts: facts},
		{List: figures}, {Title: "Given up here", List: v.deadList(dead, path)}}}
	if v.q.Get("done") == "revived" {
		p.Done = "The work is taken up again."
	}
	return p, nil
}

func (v *visit) deadList(all []work, path string) *sheet.Sheet {
	l := &sheet.Sheet{Name: "dead", Cards: true, Caption: "Work that was given up", Export: path + "/dead", Empty: "No work on your repositories was given up.", Columns: []sheet.Column{{Key: "repository", Title: "Repository"},
		{Key: "subject", Title: "About"}, {Title: "Do"}, {Key: "notes", Title: "Events", Num: true}, {Key: "last", Title: "Last attempt (UTC)"}, {Key: "error", Title: "What went wrong"}, {Key: "key"}}}
	for _, d := range all {
		name := sheet.Text(v.called(d.repo))
		if d.repo == 0 {
			name = sheet.Cell{Show: "all", Raw: ""}
		}
		what := sheet.Text(d.rest)
		if d.rest == "" {
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

func dead(v *visit) (*layout.View, error) {
	h, err := v.health()
	if err != nil {
		return nil, err
	}
	all, err := v.given(h)
	return &layout.View{Blocks: []layout.Block{{List: v.deadList(all, "")}}}, err
}

// revive has given-up work taken up again. Of work of others it says that it is not there.
func revive(v *visit) error {
	key := v.r.PostFormValue("key")
	s, ok := about(key)
	if !ok || s.installation != v.grant.Installation {
		return errMissing
	}
	if _, readable := v.grant.Repo(s.repo); s.repo != 0 && !readable {
		return errMissing
	}
	if may, err := v.mayRevive(s); err != nil {
		return err
	} else if !may {
		return problem{http.StatusForbidden, "Not for readers", "Work is taken up again by people who can write to the repository."}
	}
	if err := v.note(s.repo, "revive", key); err != nil {
		return err
	}
	if err := v.Queue.Revive(v.ctx, key); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, at(v.grant.Installation, "/queue?done=revived"), http.StatusSeeOther)
	return nil
}

// note writes what the viewer is about to do into the audit log. It comes first: a log may have an act in it that then failed, and
// never lacks one that was done.
func (v *visit) note(repo int64, verb, reason string) error {
	r := record.Repo{Installation: v.grant.Installation, ID: repo, Name: v.called(repo)}
	return v.Audit.Append(v.ctx, record.Act{Time: v.Now(), Repo: r, Actor: v.viewer.Login, Verb: verb, Reason: reason})
}

// admin reports whether the viewer administers every repository that the App is installed in there, as the owner of an account
// does: a provider key pays for all of them.
func (v *visit) admin() (bool, error) {
	installed, err := v.Repos.Installed(v.ctx, v.grant.Installation)
	if err != nil || len(installed) == 0 {
		return false, err
	}
	for _, x := range installed {
		if r, ok := v.grant.Repo(x.ID); !ok || !r.Admin {
			return false, nil
		}
	}
	return true, nil
}

var _ Queue = queue.Queue(nil)
