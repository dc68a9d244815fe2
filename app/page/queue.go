package page

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/listing"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
)

// mayRevive reports whether the viewer can write to what a key is about. The installation's own work is its administrators'.
func (v *visit) mayRevive(s listing.Subject) (bool, error) {
	if s.Installation != v.grant.Installation {
		return false, nil
	}
	if s.Repo == 0 {
		return v.admin()
	}
	r, ok := v.grant.Repo(s.Repo)
	return ok && (r.Write || r.Admin), nil
}

// counted is how the work of the repositories that the viewer can read stands, and the installation's own. Readers have no business
// with it.
func (v *visit) counted() ([]queue.Part, error) {
	if !slices.ContainsFunc(v.grant.Repos, func(r signin.Repo) bool { return r.Write || r.Admin }) {
		return nil, trouble.Problem{Status: http.StatusForbidden, Title: "Not for readers", Word: "The queue is shown to people who can write to a repository here."}
	}
	all, err := v.Queue.CountOf(v.ctx, strconv.FormatInt(v.grant.Installation, 10))
	return slices.DeleteFunc(all, func(p queue.Part) bool {
		s, ok := listing.About(p.Name)
		_, readable := v.grant.Repo(s.Repo)
		return !ok || s.Installation != v.grant.Installation || s.Repo != 0 && !readable
	}), err
}

// given is the work that was given up and that the viewer may do something about, and how much of it there is that is not listed.
func (v *visit) given(parts []queue.Part) (out []listing.Work, more int, err error) {
	for _, p := range parts {
		s, _ := listing.About(p.Name)
		if p.Dead == 0 {
			continue
		}
		if may, err := v.mayRevive(s); err != nil {
			return nil, 0, err
		} else if !may {
			continue
		}
		all, err := v.Queue.DeadOf(v.ctx, p.Name)
		if err != nil {
			return nil, 0, err
		}
		more += max(0, p.Dead-len(all))
		for _, d := range all {
			x, ok := listing.About(d.Key)
			if ok && x.Installation == s.Installation && x.Repo == s.Repo && !slices.ContainsFunc(out, func(w listing.Work) bool { return w.Key == d.Key }) {
				out = append(out, listing.Work{Dead: d, Subject: x})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b listing.Work) int { return b.Last.Compare(a.Last) })
	return out, more, nil
}

func queued(v *visit) (*layout.View, error) {
	all, err := v.counted()
	if err != nil {
		return nil, err
	}
	dead, more, err := v.given(all)
	if err != nil {
		return nil, err
	}
	var sum queue.Part
	for _, p := range all {
		sum.Waiting, sum.Running, sum.Dead = sum.Waiting+p.Waiting, sum.Running+p.Running, sum.Dead+p.Dead
		if !p.Oldest.IsZero() && (sum.Oldest.IsZero() || p.Oldest.Before(sum.Oldest)) {
			sum.Oldest = p.Oldest
		}
	}
	facts := []layout.Fact{listing.Fact("waiting", "Events that wait", sheet.Whole(sum.Waiting)), listing.Fact("running", "Being worked on", sheet.Whole(sum.Running)), listing.Fact("dead", "Given up", sheet.Whole(sum.Dead)), listing.Fact("oldest", "Oldest that waits (UTC)", sheet.When(sum.Oldest))}
	if sum.Oldest.IsZero() {
		facts[3].Cell.Show = "none"
	}
	path := at(v.grant.Installation, "/queue")
	figures := listing.One(facts, path)
	figures.Name = "queue"
	p := &layout.View{Title: "Queue", Tab: "queue", Blocks: []layout.Block{{Text: words("Work that this App has promised to do for repositories that you can read here. Work that failed %d times is given up until somebody has it taken up again.", queue.MaxAttempts), Facts: facts},
		{List: figures}}}
	if len(all) > 0 {
		p.Blocks = append(p.Blocks, layout.Block{Title: "Of each repository", List: v.names().Parts(all, path)})
	}
	p.Blocks = append(p.Blocks, layout.Block{Title: "Given up", List: v.names().Dead(dead, path)})
	if more > 0 {
		p.Blocks[len(p.Blocks)-1].Text = words("Only the newest of a repository are listed: %s not.", plural(more, "more key")+" of work are")
	}
	if v.q.Get("done") == "revived" {
		p.Done = "The work is taken up again."
	}
	return p, nil
}

func parts(v *visit) (*layout.View, error) {
	all, err := v.counted()
	return &layout.View{Blocks: []layout.Block{{List: v.names().Parts(all, "")}}}, err
}

func dead(v *visit) (*layout.View, error) {
	all, err := v.counted()
	if err != nil {
		return nil, err
	}
	list, _, err := v.given(all)
	return &layout.View{Blocks: []layout.Block{{List: v.names().Dead(list, "")}}}, err
}

// revive has given-up work taken up again. Of work of others it says that it is not there.
func revive(v *visit) error {
	key := v.r.PostFormValue("key")
	s, ok := listing.About(key)
	if !ok || s.Installation != v.grant.Installation {
		return trouble.Missing
	}
	if _, readable := v.grant.Repo(s.Repo); s.Repo != 0 && !readable {
		return trouble.Missing
	}
	if may, err := v.mayRevive(s); err != nil {
		return err
	} else if !may {
		return trouble.Problem{Status: http.StatusForbidden, Title: "Not for readers", Word: "Work is taken up again by people who can write to the repository."}
	}
	if err := v.note(s.Repo, "revive", key); err != nil {
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
