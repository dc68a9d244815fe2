package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/listing"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
)

// visit is one request of somebody who signed in.
type visit struct {
	*server
	w      http.ResponseWriter
	r      *http.Request
	ctx    context.Context
	q      url.Values
	viewer signin.Viewer
	grant  signin.Grant // of the installation in the path; zero without one
	took   bool         // its turn among those who read a lot
	export bool         // everything is asked for rather than a page of it
}

// builder makes what a page shows.
type builder func(*visit) (*layout.View, error)

// enter finds out who asks and about which installation. What somebody cannot see is not there.
func (s *server) enter(w http.ResponseWriter, r *http.Request) (*visit, error) {
	viewer, err := s.Gate.Viewer(r)
	if err != nil {
		return nil, err
	}
	v := &visit{server: s, w: w, r: r, ctx: r.Context(), q: r.URL.Query(), viewer: viewer}
	if in := r.PathValue("installation"); in != "" {
		id, err := strconv.ParseInt(in, 10, 64)
		grant, ok := viewer.Grant(id)
		if err != nil || !ok || strconv.FormatInt(id, 10) != in || len(grant.Repos) == 0 {
			return v, trouble.Missing
		}
		grant.Repos = slices.SortedFunc(slices.Values(grant.Repos), func(a, b signin.Repo) int { return strings.Compare(a.Name, b.Name) })
		v.grant = grant
	}
	return v, nil
}

// do answers by hand.
func (s *server) do(f func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.enter(w, r)
		if err == nil {
			err = f(v)
		}
		if err != nil {
			s.fail(w, r, v, err)
		}
	}
}

// page answers with a page.
func (s *server) page(build builder) http.HandlerFunc {
	return s.do(func(v *visit) error {
		p, err := build(v)
		if err != nil {
			return err
		}
		return v.show(p)
	})
}

// show renders a page whole before any of it is sent, so that an error becomes a page of its own.
func (v *visit) show(p *layout.View) error {
	p.Login = sheet.Show(v.viewer.Login)
	if v.grant.Installation != 0 {
		p.Account = sheet.Show(v.grant.Account)
		p.Tabs = tabs(v.grant.Installation, p.Tab)
	}
	for _, g := range v.viewer.Grants {
		if len(g.Repos) > 0 {
			p.Others = append(p.Others, layout.Tab{Words: sheet.Show(g.Account), Path: at(g.Installation, "/reviews"), Here: g.Installation == v.grant.Installation})
		}
	}
	return layout.Render(v.w, p)
}

// fail answers with what went wrong. v is nil where nobody is known to have signed in.
func (s *server) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody listens
	}
	p, known := trouble.Explain(err)
	if !known {
		s.Log.Error("dashboard: answering", "path", r.URL.Path, "error", err)
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	w.Header().Del("Content-Disposition")
	if strings.HasSuffix(r.URL.Path, ".csv") || strings.HasSuffix(r.URL.Path, ".json") {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(p.Status)
		_, _ = w.Write([]byte(p.Word + "\n"))
		return
	}
	page := &layout.View{Title: p.Title, Status: p.Status, Blocks: []layout.Block{{Text: []string{p.Word}}}}
	if p.Status == http.StatusUnauthorized || errors.Is(err, signin.ErrStart) || errors.Is(err, signin.ErrDenied) {
		page.Blocks[0].Links = []layout.Tab{{Words: "Sign in with GitHub", Path: signInPath(r)}}
	} else {
		page.Blocks[0].Links = []layout.Tab{{Words: "To your repositories", Path: "/"}}
	}
	write := func() error { return layout.Render(w, page) }
	if v != nil {
		write = func() error { return v.show(page) }
	}
	if err := write(); err != nil {
		s.Log.Error("dashboard: writing a page", "error", err)
		http.Error(w, p.Word, http.StatusInternalServerError)
	}
}

// signInPath is that of a sign-in which comes back to where somebody wanted to go.
func signInPath(r *http.Request) string {
	next := "/"
	if r.Method == http.MethodGet {
		next = signin.Next(r.URL.RequestURI())
	}
	if next == "/" {
		return "/signin"
	}
	return "/signin?" + url.Values{"next": {next}}.Encode()
}

func at(installation int64, path string) string {
	return "/i/" + strconv.FormatInt(installation, 10) + path
}

func tabs(installation int64, here string) []layout.Tab {
	var out []layout.Tab
	for _, t := range []layout.Tab{{Words: "Reviews", Path: "/reviews"}, {Words: "Verdicts", Path: "/verdicts"}, {Words: "Cost per task", Path: "/cost"}, {Words: "Agents", Path: "/agents"}, {Words: "Predictions", Path: "/predictions"}, {Words: "Spend of checks", Path: "/spend"},
		{Words: "Audit log", Path: "/audit"}, {Words: "Queue", Path: "/queue"}, {Words: "Keys", Path: "/keys"}, {Words: "Senders", Path: "/senders"}} {
		out = append(out, layout.Tab{Words: t.Words, Path: at(installation, t.Path), Here: t.Path == "/"+here})
	}
	return out
}

// repo is a repository that is asked for: 0 for all, trouble.Missing for one that the viewer cannot see.
func (v *visit) repo() (int64, error) {
	s := v.q.Get("repo")
	if s == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, trouble.Bad("repo is the number that GitHub gives a repository.")
	}
	if _, ok := v.grant.Repo(id); !ok {
		return 0, trouble.Missing
	}
	return id, nil
}

// repoField is the choice of a repository.
func (v *visit) repoField(chosen int64) layout.Field {
	f := layout.Field{Name: "repo", Label: "Repository", Options: []layout.Option{{Words: "all"}}}
	for _, r := range v.grant.Repos {
		f.Options = append(f.Options, layout.Option{Value: strconv.FormatInt(r.ID, 10), Words: sheet.Show(r.Name), Chosen: r.ID == chosen})
	}
	return f
}

// ours leaves out what a grant does not show. The store has left it out already; that it is asked twice is on purpose.
func (v *visit) ours(g signin.Grant, all []record.Review) []record.Review {
	return slices.DeleteFunc(all, func(r record.Review) bool {
		_, ok := g.Repo(r.Repo.ID)
		wrong := r.Repo.Installation != g.Installation || !ok
		if wrong {
			v.Log.Error("dashboard: the store returned a review out of scope", "installation", g.Installation, "review", r.ID)
		}
		return wrong
	})
}

// names are what the viewer knows repositories by.
func (v *visit) names() listing.Names { return listing.Names{Web: v.web, Grants: v.viewer.Grants} }
