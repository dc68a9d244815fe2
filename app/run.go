package app

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/app/enroll"
	"github.com/pertask/pertask/app/hook"
	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb/sqlledger"
	"github.com/pertask/pertask/app/work"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/app"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
)

// turns is how many turns are worked on at once for each review that may measure: those that wait for it, and those that spend
// nothing, are not to keep others waiting.
const turns = 16

// share is how many of these one installation may have, and spare those that only the App's own keys, and those of installations
// coming and going, may have.
const share, spare = turns / 4, 4

// run works as the App that credentials are of, until the context ends.
func (s *Server) run(ctx context.Context, c enroll.Credentials) error {
	auth := github.AppAuth{ID: c.ID, PrivateKey: []byte(c.PrivateKey)}
	gh, err := app.New(github.Config{BaseURL: s.cfg.API, GraphQLURL: s.cfg.GraphQL, App: &auth, Transport: s.hub})
	if err != nil {
		return err
	}
	m, err := s.measurer(auth, c.Slug+"[bot]")
	if err != nil {
		return err
	}
	h, err := hook.New(hook.Config{Secrets: [][]byte{[]byte(c.WebhookSecret)}, Queue: s.queue, Log: s.log,
		Count: func(event, outcome string) { s.metrics.webhooks.WithLabelValues(event, outcome).Inc() }})
	if err != nil {
		return err
	}
	a, err := s.agents(ctx, auth)
	if err != nil {
		return err
	}
	pages, err := s.pages(c, a)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle(enroll.PathWebhook, h)
	mux.Handle(PathTelemetry+"/", s.telemetry())
	mux.Handle("/", pages)
	chores := &chores{s: s, github: gh, catchUp: &hook.CatchUp{GitHub: gh, Log: s.log}, removed: m.Forget}
	promises := s.promises(auth, m)
	chores.follow = promises.Follow
	w := work.New(work.Config{Measure: m, App: c.ID, Audit: s.records, Repos: s.records, Fill: s.cfg.Fill, Grace: s.cfg.Grace, Now: time.Now, Log: s.log,
		Listed: chores.listed, Merged: promises.Merged, Others: map[string]func(context.Context, queue.Note) error{kindCatchUp: chores.hourly, kindRetention: chores.daily, kindFollow: chores.following},
		Did: func(kind, outcome string) { s.metrics.notes.WithLabelValues(kind, outcome).Inc() }})
	s.handler.Store(shown{mux})
	s.working.Store(true)
	defer s.working.Store(false)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		s.working.Store(false) // nobody is to send this process more, while its reviews end
	}()
	go chores.keepNoting(ctx)
	s.log.Info("working", "app", c.ID, "slug", c.Slug, "reviews", s.cfg.Reviews)
	f := &fair{each: max(s.cfg.Reviews*share, s.cfg.Each+1), all: s.cfg.Reviews * turns, do: w.Turn, add: s.queue.Add, now: time.Now}
	err = s.queue.Work(ctx, f.all+spare, f.turn)
	if ctx.Err() == nil {
		return errors.Join(errors.New("working has ended by itself"), err)
	}
	<-stopped
	return err
}

// toGitHub carries requests to GitHub, and counts them.
func (s *Server) toGitHub() http.RoundTripper {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.ResponseHeaderTimeout = time.Minute
	tr.MaxIdleConnsPerHost = 32
	return counted{tr, s.metrics}
}

// measurer carries out reviews for the App.
func (s *Server) measurer(auth github.AppAuth, login string) (*measure.Measurer, error) {
	var providers http.RoundTripper
	if !s.cfg.PrivateUpstreams {
		providers = measure.PublicOnly()
	}
	return measure.New(measure.Config{
		App: auth, Login: login, BaseURL: s.cfg.API, GraphQLURL: s.cfg.GraphQL, GitHub: s.hub, Provider: providers, Book: price.Embedded(), Version: s.world.Version,
		Reviews: s.records, Audit: s.records, Evidence: s.evidence, Keys: s.keys, Getenv: s.world.Getenv, Scratch: s.scratch, Hide: s.hidden(), Slots: s.slots,
		Limits: func(context.Context, measure.Tenant) (measure.Limits, error) {
			return measure.Limits{Repo: s.cfg.PerRepo, Installation: s.cfg.PerInstallation}, nil
		},
		ReportURL: s.reportURL, Sandbox: s.cfg.Sandbox, Ended: func(r record.Review) { s.metrics.review(r) }, Now: time.Now, Log: s.log,
	})
}

// evidence is where the trials and verdicts of one repository are kept.
func (s *Server) evidence(t measure.Tenant) measure.Evidence {
	l := sqlledger.New(s.db, t.Installation, t.Repo).WithLease(s.cfg.Lease)
	return measure.Evidence{Base: l, Tests: l, Journal: func(ctx context.Context, key string) (trial.Journal, error) { return l.Journal(ctx, key) }}
}

// reportURL is the page of a review; "" where nobody else could reach it.
func (s *Server) reportURL(installation int64, id string) string {
	if s.cfg.Public == nil {
		return ""
	}
	return s.cfg.Public.String() + page.ReviewPath(installation, id)
}

// hidden are the paths that no agent may see.
func (s *Server) hidden() []string {
	out := []string{s.cfg.Data}
	if path, file := strings.CutPrefix(s.cfg.Database, "sqlite:"); file || !strings.Contains(path, "://") {
		if abs, err := filepath.Abs(path); err == nil && !strings.HasPrefix(abs, s.cfg.Data+string(filepath.Separator)) {
			out = append(out, abs, abs+"-wal", abs+"-shm", abs+"-journal")
		}
	}
	for _, path := range append(secretFiles(s.world.Getenv), s.keyFiles()...) {
		abs, err := filepath.Abs(path)
		if err != nil {
			continue
		}
		for _, p := range []string{abs, s.folder(abs)} {
			if p != "" && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// folder is the folder of a secret file, which may have its copies and earlier versions; "" where agents need something in it.
func (s *Server) folder(file string) string {
	dir := filepath.Dir(file)
	if filepath.Dir(filepath.Dir(dir)) == filepath.Dir(dir) { // such as /etc, and the root itself
		return ""
	}
	needs := append(filepath.SplitList(s.world.Getenv("PATH")), os.TempDir())
	if s.scratch != nil {
		needs = append(needs, s.scratch.Root())
	}
	for _, needed := range needs {
		if needed == dir || strings.HasPrefix(needed, dir+string(filepath.Separator)) {
			return ""
		}
	}
	return dir
}

// keyFiles are the files with provider keys that the environment names.
func (s *Server) keyFiles() []string {
	var out []string
	for _, u := range meter.DefaultUpstreams() {
		if path := s.world.Getenv(u.KeyEnv + fileSuffix); path != "" && !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	return out
}

// shown is a handler as an atomic.Value takes it.
type shown struct{ http.Handler }
