// Package githubtest is GitHub in memory: a server on a loopback address that speaks as much of REST and
// GraphQL as package github uses, and enforces GitHub's documented limits.
//
// It knows the wire: endpoints, whom a token is of and what they may, pages, archives, and how a fault answers. What is behind the
// wire is below it: repostore has the repositories, with gitstore's commits, checkstore's check runs, statusstore's statuses and
// commentstore's comments; appstore has the Apps, signin the pages for people, query the fields of GraphQL, which graph executes,
// payload what webhooks say, traffic what was received and sent, rate the limits, and contract GitHub's own description. It
// refuses to know package github, so that a mistake there is not repeated here, and everything that package does not ask for.
// It is where the lock is: the stores have none, and are used under it.
// Where GitHub's documentation and what was measured of the live service differ, it does what was measured.
// It is a package of its own, and not a test file, because commands run it as a process in their tests too.
package githubtest

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/appstore"
	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/github/githubtest/rate"
	"github.com/pertask/pertask/github/githubtest/repostore"
	"github.com/pertask/pertask/github/githubtest/signin"
	"github.com/pertask/pertask/github/githubtest/traffic"
)

// ActionsApp is the id of the App whose tokens workflows get.
const ActionsApp = checkstore.ActionsApp

// Options change a server's behaviour. The zero value is usable.
type Options struct {
	// Token is the first actor's; "" makes one up.
	Token string
	// Actor is who Token belongs to; an empty Login is the one of workflow tokens, with the permissions
	// that our documentation asks for.
	Actor Actor
	// ContentLimit is the number of comments and check runs that may be created in a minute before the
	// secondary rate limit; GitHub's is 80. 0 is no limit.
	ContentLimit int
	// Hourly is the primary rate limit; 0 is 5,000.
	Hourly int
	// Points is the hourly limit of GraphQL, which counts what a query costs; 0 is Hourly.
	Points int
	// TreeLimit is the number of entries of a recursive tree; 0 is GitHub's 100,000.
	TreeLimit int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// BadRequests says that the test makes requests on purpose that GitHub does not describe. They are no
	// violations when they are refused; an answer that GitHub does not describe still is one.
	BadRequests bool
	// Unchecked leaves out the check of every request and answer against what GitHub publishes, for runs that
	// make too many of them. It costs about a millisecond each.
	Unchecked bool
	// Silent leaves a run out of the answer to the request that starts it, as earlier versions of GitHub do.
	Silent bool
}

// Actor is who a token belongs to.
type Actor struct {
	Login string // such as "github-actions[bot]" or "octocat"
	App   int64  // 0 for a person, who may not write check runs
	Slug  string // of the App
	// Permissions are none, read or write by GitHub's names, such as "pull_requests" and "checks".
	Permissions map[string]string
	in          *appstore.Installation // of an installation's token
	user        bool                   // a person's token of an App
	of          *appstore.Registered   // the App of a person's token
}

// WorkflowActor returns the actor of a GITHUB_TOKEN with the permissions that a workflow of ours asks for.
func WorkflowActor() Actor {
	return Actor{Login: "github-actions[bot]", App: ActionsApp, Slug: "github-actions", Permissions: map[string]string{
		"contents": "read", "metadata": "read", "pull_requests": "write", "checks": "write",
	}}
}

// ReadOnlyActor returns the actor of a GITHUB_TOKEN for a pull request from a fork.
func ReadOnlyActor() Actor {
	a := WorkflowActor()
	a.Permissions = map[string]string{"contents": "read", "metadata": "read", "pull_requests": "read", "checks": "read"}
	return a
}

// Server is a GitHub of its own. All methods are safe for concurrent use.
type Server struct {
	URL        string // REST, with a slash at the end
	GraphQLURL string
	SiteURL    string // of the pages for people, without a slash at the end
	Token      string // of the first actor

	traffic.Traffic // what was received, and what goes wrong
	// Deliveries are the webhooks that were sent.
	Deliveries traffic.Deliveries

	opt      Options
	fatal    func(format string, args ...any)
	api, cdn *httptest.Server
	mux      *http.ServeMux

	mu      sync.Mutex
	actors  map[string]Actor // by token
	apps    *appstore.Store
	site    *signin.Site // for people
	repos   *repostore.Store
	nextID  int64
	rate    *rate.Limiter
	points  *rate.Points
	broken  []string                         // see Violations
	tickets map[string]string                // paths of archives, by key
	onRun   func(repo string, r WorkflowRun) // takes runs that start; may be nil
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	return NewWith(t, Options{})
}

// NewWith is New with options.
func NewWith(t testing.TB, opt Options) *Server {
	t.Helper()
	s, err := Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	s.fatal = t.Fatalf
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Error("against GitHub's own description: " + v)
		}
	})
	return s
}

// Start starts a server without a test. Its seeding methods panic on wrong arguments.
func Start(opt Options) (*Server, error) {
	if opt.Token == "" {
		opt.Token = "ghs_" + random(18)
	}
	if opt.Actor.Login == "" {
		opt.Actor = WorkflowActor()
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	opt.Hourly = cmp.Or(opt.Hourly, 5000)
	opt.TreeLimit = cmp.Or(opt.TreeLimit, 100_000)
	s := &Server{
		Token: opt.Token, opt: opt, mux: http.NewServeMux(),
		fatal:  func(f string, args ...any) { panic("githubtest: " + fmt.Sprintf(f, args...)) },
		actors: map[string]Actor{opt.Token: opt.Actor}, apps: appstore.New(random),
		tickets: map[string]string{},
		// Above 31 bits, as the real ones have been for years.
		nextID: 5_000_000_000,
	}
	s.repos = repostore.New(s.id)
	s.site = s.newSite()
	s.rate = rate.New(opt.Hourly, opt.ContentLimit, opt.Now)
	s.points = rate.NewPoints(cmp.Or(opt.Points, opt.Hourly), opt.Now)
	s.routes()
	s.api = httptest.NewServer(http.HandlerFunc(s.serve))
	s.cdn = httptest.NewServer(http.HandlerFunc(s.serveArchive))
	s.URL, s.GraphQLURL, s.SiteURL = s.api.URL+"/", s.api.URL+"/graphql", s.api.URL
	return s, nil
}

// Close stops the server.
func (s *Server) Close() {
	s.Deliveries.Wait()
	s.api.CloseClientConnections()
	s.api.Close()
	s.cdn.CloseClientConnections()
	s.cdn.Close()
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, see its documentation
	return hex.EncodeToString(b)
}

// AddToken makes another actor known.
func (s *Server) AddToken(token string, a Actor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.actors[token] = a
}

// id returns a new id. The caller holds the lock.
func (s *Server) id() int64 { s.nextID++; return s.nextID }

// Request is one request that was received, in the order of arrival.
type Request = traffic.Request

// Fault is a way to go wrong.
type Fault = traffic.Fault

// Matcher picks requests.
type Matcher = traffic.Matcher

// Match picks requests by method, "" for any, and a regular expression that matches the path.
func Match(method, path string) Matcher { return traffic.Match(method, path) }

// call is one request while it is handled, under the server's lock.
type call struct {
	s     *Server
	r     *http.Request
	body  []byte
	actor Actor
	repo  *repo
	app   *appstore.Registered // of a JSON web token, or of a person's token
	head  http.Header          // of the answer
}

// reply is an answer before it is written.
type reply struct {
	status int
	body   any // []byte is written as it is
	kind   string
}

func fail(status int, format string, args ...any) reply {
	return reply{status: status, body: map[string]any{
		"message": fmt.Sprintf(format, args...), "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	}}
}

// invalid is a 422 with the detail inside, as GitHub's validations answer.
func invalid(resource, field, code, message string) reply {
	e := map[string]any{"resource": resource, "field": field, "code": code}
	if message != "" {
		e["message"] = message
	}
	return reply{status: http.StatusUnprocessableEntity, body: map[string]any{
		"message": "Validation Failed", "errors": []any{e}, "documentation_url": "https://docs.github.com/rest", "status": "422",
	}}
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

var notFound = fail(http.StatusNotFound, "Not Found")

// need checks a permission of the actor. The zero reply is leave to go on.
func (c *call) need(permission, level string) (reply, bool) {
	have := c.actor.Permissions[permission]
	if have == "write" || have == level {
		return reply{}, true
	}
	c.head.Set("X-Accepted-GitHub-Permissions", permission+"="+level)
	if c.actor.App == 0 {
		return fail(http.StatusForbidden, "Resource not accessible by personal access token"), false
	}
	return fail(http.StatusForbidden, "Resource not accessible by integration"), false
}

func (c *call) decode(v any) (reply, bool) {
	if err := json.Unmarshal(c.body, v); err != nil {
		return fail(http.StatusBadRequest, "Problems parsing JSON"), false
	}
	return reply{}, true
}

// page returns the bounds of the page that is asked for, and writes the Link header.
func (c *call) page(total int) (from, to int) {
	p := c.r.URL.Path
	if c.repo != nil { // GitHub links to the repository by number, whatever name the request used
		p = regexp.MustCompile(`^/repos/[^/]+/[^/]+`).ReplaceAllString(p, fmt.Sprintf("/repositories/%d", c.repo.ID))
	}
	from, to, link := body.Page(c.r.URL.Query(), total, c.s.api.URL+p)
	if link != "" {
		c.head.Set("Link", link)
	}
	return from, to
}
