package githubtest

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strings"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/gitstore"
)

const (
	maxFiles   = 3000
	maxCompare = 300
	unpaged    = 250 // commits of a comparison without pages, the latest ones
)

func (c *call) permission() reply {
	login := c.r.PathValue("login")
	level, ok2 := c.repo.Writers[strings.ToLower(login)]
	if !ok2 {
		level = "read" // of everyone on a public repository
	}
	role := level
	if level == "maintain" {
		level = "write"
	}
	return ok(body.Permission(level, role, login))
}

func (c *call) listFiles() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	p := c.repo.Pulls[c.number("number")]
	if p == nil {
		return notFound
	}
	base, found := c.repo.Git.MergeBase(p.Base, p.Head)
	if !found {
		return fail(http.StatusUnprocessableEntity, "No common ancestor between %s and %s.", p.Base, p.Head)
	}
	all := c.repo.Git.Changes(base, p.Head)
	all = all[:min(len(all), maxFiles)]
	from, to := c.page(len(all))
	return ok(append([]any{}, c.files(p.Head, all[from:to])...))
}

func (c *call) files(commit string, all []gitstore.Change) []any {
	var out []any
	for _, f := range all {
		out = append(out, body.File(c.repo.FullName, commit, f.Path, f.Previous, f.Status, f.SHA, f.Patch, f.Added, f.Deleted))
	}
	return out
}

func (c *call) compare() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	from, to, dots := strings.Cut(c.r.PathValue("basehead"), "...")
	base, okBase := c.s.repos.Resolve(c.repo, from)
	head, okHead := c.s.repos.Resolve(c.repo, to)
	if !dots || !okBase || !okHead {
		return notFound
	}
	mb, found := c.repo.Git.MergeBase(base, head)
	if !found {
		return fail(http.StatusNotFound, "No common ancestor between %s and %s.", from, to)
	}
	ahead, behind := c.repo.Git.Log(head, base), c.repo.Git.Log(base, head)
	status := "diverged"
	switch {
	case len(ahead) == 0 && len(behind) == 0:
		status = "identical"
	case len(behind) == 0:
		status = "ahead"
	case len(ahead) == 0:
		status = "behind"
	}
	files := []any{}
	if p := c.r.URL.Query().Get("page"); p == "" || p == "1" {
		all := c.repo.Git.Changes(mb, head)
		files = append(files, c.files(head, all[:min(len(all), maxCompare)])...)
	}
	lo, hi := max(len(ahead)-unpaged, 0), len(ahead)
	if q := c.r.URL.Query(); q.Has("page") || q.Has("per_page") {
		lo, hi = c.page(len(ahead))
	}
	commits := []any{}
	for _, id := range ahead[lo:hi] {
		commits = append(commits, c.repo.DB().ShownJSON(id))
	}
	out := body.Comparison(c.repo.FullName, base, head)
	maps.Copy(out, map[string]any{
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "commits": commits, "files": files,
		"merge_base_commit": c.repo.DB().ShownJSON(mb), "base_commit": c.repo.DB().ShownJSON(base),
	})
	return ok(out)
}

func (c *call) getTree() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	ref := c.r.PathValue("sha")
	if sha, found := c.s.repos.Resolve(c.repo, ref); found {
		ref = sha
	}
	id, entries, found := c.repo.Git.Tree(ref)
	if !found {
		return notFound
	}
	out, truncated := []any{}, false
	add := func(p string, e gitstore.Entry) {
		if len(out) >= c.s.opt.TreeLimit {
			truncated = true
			return
		}
		out = append(out, c.repo.DB().EntryJSON(p, e))
	}
	if c.r.URL.Query().Has("recursive") {
		c.repo.Git.Walk(id, "", add)
	} else {
		for _, e := range entries { // the limit is that of recursive trees
			out = append(out, c.repo.DB().EntryJSON(e.Name, e))
		}
	}
	return ok(map[string]any{"sha": id, "url": c.repo.DB().URL + "/git/trees/" + id, "tree": out, "truncated": truncated})
}

func (c *call) wantsRaw() bool { return strings.Contains(c.r.Header.Get("Accept"), "raw") }

func (c *call) getBlob() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	sha := c.r.PathValue("sha")
	data, found := c.repo.Git.Blob(sha)
	if !found {
		return notFound
	}
	if c.wantsRaw() {
		return reply{status: http.StatusOK, body: []byte(data), kind: "application/vnd.github.raw; charset=utf-8"}
	}
	return ok(map[string]any{
		"sha": sha, "node_id": "B_" + sha, "url": c.repo.DB().URL + "/git/blobs/" + sha, "size": len(data), "encoding": "base64", "content": base64.StdEncoding.EncodeToString([]byte(data)),
	})
}

// tarball redirects to another server, with a key in the address.
func (c *call) tarball() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	sha, found := c.s.repos.Resolve(c.repo, c.r.PathValue("ref"))
	if !found {
		return notFound
	}
	key, p := random(12), "/"+c.repo.FullName+"/legacy.tar.gz/"+sha
	c.s.tickets[key] = p
	c.head.Set("Location", c.s.cdn.URL+p+"?token="+key)
	return reply{status: http.StatusFound}
}

// serveArchive is the server that archives come from.
func (s *Server) serveArchive(w http.ResponseWriter, r *http.Request) {
	req := Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Agent: r.UserAgent(), Archive: true, Authorized: r.Header.Get("Authorization") != "",
	}
	n := s.Record(req)
	data := s.archive(r.URL.Query().Get("token"), r.URL.Path)
	status := http.StatusOK
	if data == nil {
		status = http.StatusNotFound
	}
	s.Settle(n, status)
	w.Header().Set("Content-Type", "application/x-gzip")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client may have gone
}

// archive returns the archive at a path, once for each key, and only at the path that the key is for.
func (s *Server) archive(key, path string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if path != s.tickets[key] {
		return nil
	}
	delete(s.tickets, key)
	parts := strings.Split(strings.Trim(path, "/"), "/") // as tarball has put it together
	repo := s.repos.Find(parts[0] + "/" + parts[1])
	return repo.Git.Tarball(parts[0]+"-"+parts[1]+"-"+parts[3][:7], parts[3])
}
