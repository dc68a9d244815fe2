package githubtest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/graph"
	"github.com/pertask/pertask/github/githubtest/query"
	"github.com/pertask/pertask/github/githubtest/signin"
)

func (s *Server) routes() {
	repo := func(pattern string, h func(*call) reply) {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(method+" /repos/{owner}/{repo}/"+path, s.inRepo(h))
	}
	repo("GET pulls/{number}", (*call).getPull)
	repo("GET pulls/{number}/files", (*call).listFiles)
	repo("GET commits/{ref}/pulls", (*call).pullsOf)
	repo("POST statuses/{sha}", (*call).createStatus)
	repo("GET issues", (*call).listIssues)
	repo("POST issues", (*call).createIssue)
	repo("PATCH issues/{number}", (*call).editIssue)
	repo("GET issues/{number}/comments", (*call).listComments)
	repo("POST issues/{number}/comments", (*call).createComment)
	repo("GET issue-comments/{id}", (*call).getComment)
	repo("PATCH issue-comments/{id}", (*call).editComment)
	repo("POST issue-comments/{id}/reactions", (*call).react)
	repo("DELETE issue-comments/{id}", (*call).deleteComment)
	repo("POST check-runs", (*call).createCheck)
	repo("GET check-runs/{id}", (*call).getCheck)
	repo("PATCH check-runs/{id}", (*call).updateCheck)
	repo("GET commits/{ref}/check-runs", (*call).listChecks)
	repo("GET git/trees/{sha}", (*call).getTree)
	repo("GET git/blobs/{sha}", (*call).getBlob)
	repo("GET compare/{basehead...}", (*call).compare)
	repo("GET tarball/{ref...}", (*call).tarball)
	repo("GET collaborators/{login}/permission", (*call).permission)
	s.objectRoutes(repo)
	s.workflowRoutes(repo)
	s.appRoutes()
	s.mux.HandleFunc("POST /graphql", s.plain((*call).graphql))
	s.mux.HandleFunc("/", s.plain(func(*call) reply { return notFound }))
}

// graphql answers a query.
func (c *call) graphql() reply {
	var in struct {
		Query     string
		Variables map[string]any
	}
	if rep, ok := c.decode(&in); !ok {
		return rep
	}
	spent, words := c.s.points.Spend(c.actor.Login, query.Cost(in.Query, in.Variables), c.head)
	if words != "" {
		return ok(graph.Answer{Errors: []graph.Error{{Type: "RATE_LIMITED", Message: words}}})
	}
	v := query.Viewer{Login: c.actor.Login, Permissions: c.actor.Permissions, Spent: spent, Repos: c.s.repos, Sees: c.sees}
	return ok(query.Run(&v, in.Query, in.Variables))
}

// callKey finds the call in the request's context.
type callKey struct{}

func (s *Server) plain(h func(*call) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := r.Context().Value(callKey{}).(*call)
		c.r = r
		w.(*answer).reply = h(c)
	}
}

func (s *Server) inRepo(h func(*call) reply) http.HandlerFunc {
	return s.plain(func(c *call) reply {
		c.repo = s.repos.Find(c.r.PathValue("owner") + "/" + c.r.PathValue("repo"))
		if c.repo == nil || !c.sees(c.repo) {
			return notFound
		}
		return h(c)
	})
}

// answer carries a reply out of the mux. What the mux itself writes, such as a redirect to a clean path, is
// kept as its status.
type answer struct{ reply reply }

func (a *answer) Header() http.Header         { return http.Header{} }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }
func (a *answer) WriteHeader(status int)      { a.reply = fail(status, "%s", http.StatusText(status)) }

var (
	enterprise = regexp.MustCompile(`^/api/(v3/|(graphql)$)`)
	byComment  = regexp.MustCompile(`^(/repos/[^/]+/[^/]+)/issues/comments/`)
	byNumber   = regexp.MustCompile(`^/repositories/(\d+)/`)
)

// route maps the paths of a server of one's own, and those with a repository's number, to the usual ones.
func (s *Server) route(path string) string {
	path = enterprise.ReplaceAllString(path, "/$2")
	if m := byNumber.FindStringSubmatch(path); m != nil {
		id, _ := strconv.ParseInt(m[1], 10, 64)
		s.mu.Lock()
		defer s.mu.Unlock()
		if r := s.repos.ByID(id); r != nil {
			return "/repos/" + r.FullName + "/" + path[len(m[0]):]
		}
	}
	return path
}

// sees reports whether the actor may know of a repository.
func (c *call) sees(r *repo) bool {
	if c.actor.user {
		return r.Reads(c.actor.Login)
	}
	return c.actor.in == nil || c.actor.in.Has(r.ID)
}

// serve is every request to the API.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if signin.Is(r.URL.Path) {
		s.visit(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 32<<20))
	if err != nil {
		return // the client has gone
	}
	r.URL.Path = s.route(r.URL.Path)
	r.URL.RawPath = ""
	token, actor, known := s.who(r)
	req := Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: string(body),
		Actor: actor.Login, Agent: r.UserAgent(), Authorized: r.Header.Get("Authorization") != "",
	}
	n := s.Record(req)
	fault := s.Meet(req)
	if fault != nil && fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
		}
	}
	c := &call{s: s, body: body, actor: actor, head: http.Header{}}
	var rep reply
	if !fault.Prevents() {
		rep = s.handle(c, r, token, known)
	}
	if fault.Answers() {
		rep = faulty(fault, c.head)
	}
	s.Settle(n, rep.status)
	raw := rep.bytes(c.head)
	s.hold(r, body, c.head, rep, raw, !fault.Answers())
	if rep.status == 0 {
		panic(http.ErrAbortHandler) // cuts the connection
	}
	for k, v := range c.head {
		w.Header()[k] = v
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(raw) // the client may have gone
}

func (s *Server) who(r *http.Request) (token string, a Actor, known bool) {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") && !strings.EqualFold(kind, "token") {
		return "", Actor{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, known = s.actors[token]
	return token, a, known
}

// handle answers a request, under the lock.
func (s *Server) handle(c *call, r *http.Request, token string, known bool) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.head.Set("X-GitHub-Request-Id", strings.ToUpper(random(4)))
	if m := tokenPath.FindStringSubmatch(r.URL.Path); m != nil && r.Method == http.MethodPost {
		return s.installationToken(token, m[1])
	}
	if m := conversion.FindStringSubmatch(r.URL.Path); m != nil && r.Method == http.MethodPost {
		return s.convert(m[1])
	}
	if c.app = c.actor.of; strings.HasPrefix(token, "eyJ") && (r.URL.Path == "/app" || strings.HasPrefix(r.URL.Path, "/app/")) {
		c.app = s.apps.ByJWT(token, s.opt.Now())
		known, token = c.app != nil, "JSON web token"
	}
	if !known {
		return fail(http.StatusUnauthorized, "Bad credentials")
	}
	if words := s.rate.Count(token, r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/repos/"), c.head); words != "" {
		return fail(http.StatusForbidden, "%s", words)
	}
	a := &answer{}
	inner := r.Clone(context.WithValue(r.Context(), callKey{}, c))
	// The mux cannot tell issues/{number}/comments from issues/comments/{id}.
	inner.URL.Path = byComment.ReplaceAllString(inner.URL.Path, "$1/issue-comments/")
	s.mux.ServeHTTP(a, inner)
	if a.reply.status == 0 {
		return fail(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	return s.conditional(c, r, token, a.reply)
}

// bytes returns the body of a reply, and says in head what it is.
func (rep reply) bytes(head http.Header) []byte {
	raw, isRaw := rep.body.([]byte)
	if !isRaw && rep.body != nil {
		raw, _ = json.Marshal(rep.body) // of maps, texts and numbers
		rep.kind = "application/json; charset=utf-8"
	}
	if rep.kind != "" {
		head.Set("Content-Type", rep.kind)
	}
	return raw
}

// faulty is the answer of a fault.
func faulty(f *Fault, head http.Header) reply {
	if f.Status == 0 {
		return reply{}
	}
	for k, v := range f.Header {
		head.Set(k, v)
	}
	msg := f.Message
	if msg == "" {
		msg = http.StatusText(f.Status)
	}
	return fail(f.Status, "%s", msg)
}

// conditional gives the answer to a GET its ETag, and makes it a 304 when the client has it already. An answer
// 304 does not count against the primary limit.
func (s *Server) conditional(c *call, r *http.Request, token string, rep reply) reply {
	if r.Method != http.MethodGet || rep.status != http.StatusOK {
		return rep
	}
	raw, isRaw := rep.body.([]byte)
	if !isRaw {
		raw, _ = json.Marshal(rep.body) // write reports what cannot be written
	}
	etag := body.ETag(c.head.Get("Link"), raw)
	c.head.Set("ETag", etag)
	if !body.Has(r.Header.Get("If-None-Match"), etag) {
		return rep
	}
	s.rate.Return(token)
	return reply{status: http.StatusNotModified}
}
