package githubtest

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/gitstore"
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
	all, found := c.repo.Changes(p)
	if !found {
		return fail(http.StatusUnprocessableEntity, "No common ancestor between %s and %s.", p.Base, p.Head)
	}
	from, to := c.page(len(all))
	return ok(c.repo.FilesJSON(p.Head, all[from:to]))
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
	q := c.r.URL.Query()
	var page func(int) (int, int)
	if q.Has("page") || q.Has("per_page") {
		page = c.page
	}
	out, found := c.repo.Comparison(base, head, q.Get("page") == "" || q.Get("page") == "1", page)
	if !found {
		return fail(http.StatusNotFound, "No common ancestor between %s and %s.", from, to)
	}
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
	if parts[2] == "artifact" {
		id, _ := strconv.ParseInt(parts[3], 10, 64)
		_, a := repo.Runs.Artifact(id)
		return a.Data
	}
	return repo.Git.Tarball(parts[0]+"-"+parts[1]+"-"+parts[3][:7], parts[3])
}
