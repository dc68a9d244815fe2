// Package page is the App's dashboard: what people who signed in look at, and the few things that they can do there.
//
// It knows the pages, their exports, and who may do what on them. It refuses to know SQL, how a review is carried out and how
// people sign in, which is package signin's. Pages are rendered here and run no script. What a page shows is asked for with the
// viewer's scope, and held against it once more: what belongs to others is not there, which is also what is said of it.
//
// Every string that comes from a repository, a person or GitHub is hostile.
package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/pertask/pertask/app/page/guard"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/listing"
	"github.com/pertask/pertask/app/page/reckon"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/price"
)

// Queue is what people see of the queue and do to it. Package sqlqueue's is one.
type Queue interface {
	queue.Counter
	queue.DeadLister
	Revive(ctx context.Context, key string) error
}

// Key is what can be seen of a provider key: everything but the key.
type Key struct {
	Name        string // such as "OPENAI_API_KEY"
	Fingerprint string // of the value; it tells keys apart and no more
	By          string // login of who set it
	Set         time.Time
	Hosts       []string // that it may be sent to, as host.Read writes them; none where it cannot be used
}

// Keys keeps the provider keys of installations. Implementations are safe for concurrent use.
type Keys interface {
	// Keys lists those of an installation in the order of their names.
	Keys(ctx context.Context, installation int64) ([]Key, error)
	// SetKey keeps a key in the place of the one of its name. It cannot be read again but by reviews, and is sent to its
	// provider's own hosts and to these, which are as host.Read writes them.
	SetKey(ctx context.Context, installation int64, name, value string, hosts []string, by string) error
	// RemoveKey forgets a key. One that is not there is no error.
	RemoveKey(ctx context.Context, installation int64, name string) error
}

// Reviews are what the dashboard reads of the reviews. Package sqlrecord's store is one.
type Reviews interface {
	record.Log
	record.Accounts
	List(context.Context, record.Scope, record.Filter) ([]record.Review, error)
	Review(ctx context.Context, s record.Scope, id string) (record.Review, bool, error)
}

// Config is what the dashboard needs.
type Config struct {
	// Gate lets people in.
	Gate *signin.Gate
	// URL is where people find the App, as signin.Config has it.
	URL string
	// Web is where people find GitHub; "" is https://github.com.
	Web string
	// Reviews, Audit and Repos are what the App remembers.
	Reviews Reviews
	Audit   record.Audit
	Repos   record.Repos
	// Queue is the work that waits.
	Queue Queue
	// Keys are the provider keys, and KeyNames the names that one can have.
	Keys     Keys
	KeyNames []string
	// Senders are who may send what agents consumed, to URL and then SendPath, such as "/otlp".
	Senders  Senders
	SendPath string
	// Ledger is what agents consumed, Pricing what that cost, each hour at its own rates, and Predictions what was promised.
	Ledger      reckon.Ledger
	Pricing     price.Pricing
	Predictions Predictions
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log is told of what went wrong; nil is nowhere.
	Log *slog.Logger
}

// server is the dashboard.
type server struct {
	Config
	web   *url.URL
	reads *guard.Turns // of many records, each of which holds up to some thousand in memory
}

// ReviewPath is the path of the page of a review, for links to it.
func ReviewPath(installation int64, id string) string { return listing.ReviewPath(installation, id) }

// New returns the dashboard as a handler of "/" and everything below, or an error about what is missing.
func New(cfg Config) (http.Handler, error) {
	for what, missing := range map[string]bool{"a gate": cfg.Gate == nil, "reviews": cfg.Reviews == nil, "an audit log": cfg.Audit == nil, "repositories": cfg.Repos == nil,
		"a queue": cfg.Queue == nil, "keys": cfg.Keys == nil, "senders": cfg.Senders == nil, "a ledger": cfg.Ledger == nil, "predictions": cfg.Predictions == nil, "the App's URL": cfg.URL == ""} {
		if missing {
			return nil, fmt.Errorf("setting up the dashboard: %s is missing", what)
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Web == "" {
		cfg.Web = "https://github.com"
	}
	web, err := url.Parse(cfg.Web)
	if err != nil || web.Host == "" || web.Scheme != "https" && web.Scheme != "http" {
		return nil, fmt.Errorf("setting up the dashboard: GitHub's address %q; allowed is one such as \"https://github.com\"", cfg.Web)
	}
	s := &server{Config: cfg, web: web, reads: &guard.Turns{All: maxHeavy, Each: maxOwn, Line: maxLine, Wait: heavyWait}}
	return guard.Protect(cfg.URL, func(w http.ResponseWriter, r *http.Request, why string) {
		s.fail(w, r, nil, trouble.Problem{Status: http.StatusForbidden, Title: "Refused", Word: why})
	}, s.routes())
}

// routes are all that there is. A path of nothing ends at the last one.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+layout.StylePath, layout.Style)
	mux.HandleFunc("GET /signin", s.signIn)
	mux.HandleFunc("GET "+signin.Callback, s.signedIn)
	mux.HandleFunc("POST /signout", s.signOut)
	s.summed(mux, "/repositories", repositories)
	mux.HandleFunc("GET /{$}", s.page(s.heavy(front)))
	const in = "/i/{installation}"
	s.listed(mux, in+"/reviews", reviews)
	s.listed(mux, in+"/verdicts", verdicts)
	s.summed(mux, in+"/spend", checks)
	s.summed(mux, in+"/cost", cost)
	s.summed(mux, in+"/audit", logged) // somebody that is looked for may be far back
	s.listed(mux, in+"/queue", queued)
	s.listed(mux, in+"/keys", keys)
	mux.HandleFunc("GET "+in+"/agents", s.page(agentsCost)) // it takes its turn when GitHub has answered
	s.exported(mux, in+"/agents", divided)
	for end := range shares {
		s.exported(mux, in+"/agents"+end, share(end))
	}
	s.summed(mux, in+"/predictions", predictions)
	s.exported(mux, in+"/predictions/calibration", calibration)
	s.listed(mux, in+"/senders", senders)
	mux.HandleFunc("POST "+in+"/senders/make", s.do(makeSender))
	mux.HandleFunc("POST "+in+"/senders/remove", s.do(removeSender))
	mux.HandleFunc("GET "+in+"/reviews/{id}", s.page(one))
	s.exported(mux, in+"/reviews/{id}/facts", oneFacts)
	s.exported(mux, in+"/reviews/{id}/suites", oneSuites)
	mux.HandleFunc("GET "+in+"/reviews/{id}/report", s.do(document))
	mux.HandleFunc("GET "+in+"/reviews/{id}/suites/{number}/report.json", s.do(raw))
	s.exported(mux, in+"/queue/parts", parts)
	s.exported(mux, in+"/queue/dead", dead)
	mux.HandleFunc("POST "+in+"/queue/revive", s.do(revive))
	mux.HandleFunc("POST "+in+"/keys/set", s.do(setKey))
	mux.HandleFunc("POST "+in+"/keys/remove", s.do(removeKey))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, nil, trouble.Missing) })
	return mux
}

// listed adds a page with its two exports.
func (s *server) listed(mux *http.ServeMux, path string, build builder) {
	mux.HandleFunc("GET "+path, s.page(build))
	s.exported(mux, path, build)
}

// summed is listed for a page that reads many records.
func (s *server) summed(mux *http.ServeMux, path string, build builder) {
	mux.HandleFunc("GET "+path, s.page(s.heavy(build)))
	s.exported(mux, path, build)
}

// exported adds the exports of what build lists first.
func (s *server) exported(mux *http.ServeMux, path string, build builder) {
	mux.HandleFunc("GET "+path+".csv", s.export(build, "csv"))
	mux.HandleFunc("GET "+path+".json", s.export(build, "json"))
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	if err := s.Gate.Start(w, r); err != nil {
		s.fail(w, r, nil, err)
	}
}

// signedIn ends a sign-in. It is written down for every installation that the person can see into.
func (s *server) signedIn(w http.ResponseWriter, r *http.Request) {
	v, err := s.Gate.End(w, r)
	if err != nil {
		s.fail(w, r, nil, err)
		return
	}
	for _, g := range v.Grants {
		act := record.Act{Time: s.Now(), Repo: record.Repo{Installation: g.Installation}, Actor: v.Login, Verb: "sign-in"}
		if err := s.Audit.Append(context.WithoutCancel(r.Context()), act); err != nil && !errors.Is(err, record.ErrGone) {
			s.Log.Error("dashboard: writing a sign-in into the audit log", "installation", g.Installation, "login", v.Login, "error", err)
		}
	}
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.Gate.SignOut(w, r); err != nil {
		s.fail(w, r, nil, err)
	}
}
