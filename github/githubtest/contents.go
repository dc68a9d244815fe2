package githubtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"net/http"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	maxFiles    = 3000
	maxCompare  = 300
	maxContents = 1 << 20
	maxListing  = 1000
)

func (c *call) getPull() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	p := c.repo.pulls[c.number("number")]
	if p == nil {
		return notFound
	}
	return ok(c.s.pullJSON(c.repo, p))
}

func (c *call) permission() reply {
	login := c.r.PathValue("login")
	level, ok2 := c.repo.writers[strings.ToLower(login)]
	if !ok2 {
		level = "read" // of everyone on a public repository
	}
	role := level
	if level == "maintain" {
		level = "write"
	}
	return ok(map[string]any{"permission": level, "role_name": role, "user": map[string]any{"login": login}})
}

func (c *call) listFiles() reply {
	if rep, ok := c.need("pull_requests", "read"); !ok {
		return rep
	}
	p := c.repo.pulls[c.number("number")]
	if p == nil {
		return notFound
	}
	base, found := c.repo.git.mergeBase(p.Base, p.Head)
	if !found {
		return fail(http.StatusUnprocessableEntity, "No common ancestor between %s and %s.", p.Base, p.Head)
	}
	all := c.repo.git.changes(base, p.Head)
	all = all[:min(len(all), maxFiles)]
	from, to := c.page(len(all))
	return ok(append([]any{}, jsonOf(all[from:to])...))
}

// change is one file of a diff.
type change struct {
	path, previous, status, sha string
	patch                       string
	hasPatch                    bool
	added, deleted              int
}

func jsonOf(all []change) []any {
	var out []any
	for _, c := range all {
		m := map[string]any{
			"filename": c.path, "status": c.status, "sha": c.sha, "additions": c.added, "deletions": c.deleted, "changes": c.added + c.deleted,
		}
		if c.previous != "" {
			m["previous_filename"] = c.previous
		}
		if c.hasPatch && c.patch != "" {
			m["patch"] = c.patch
		}
		out = append(out, m)
	}
	return out
}

func (st *store) text(e entry) string {
	if o := st.get(e.sha, "blob"); o != nil {
		return o.data
	}
	return ""
}

// changes compares two commits, sorted by path, with renames found.
func (st *store) changes(base, head string) []change {
	was, is := st.flat(base), st.flat(head)
	var out []change
	renamedFrom := st.renames(was, is)
	gone := map[string]bool{}
	for p, e := range is {
		old, had := was[p]
		if had && old == e {
			continue
		}
		ch := change{path: p, status: "modified", sha: e.sha}
		if !had {
			ch.status = "added"
			if from := renamedFrom[p]; from != "" {
				old, ch.status, ch.previous = was[from], "renamed", from
				gone[from] = true
			}
		} else if old.sha == e.sha {
			ch.status = "changed"
		}
		ch.patch, ch.added, ch.deleted, ch.hasPatch = patch(st.text(old), st.text(e))
		out = append(out, ch)
	}
	for p, e := range was {
		if _, still := is[p]; still || gone[p] {
			continue
		}
		ch := change{path: p, status: "removed", sha: e.sha}
		ch.patch, ch.added, ch.deleted, ch.hasPatch = patch(st.text(e), "")
		out = append(out, ch)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].path < out[j].path })
	return out
}

// renames maps new paths to old ones: the same content first, then half of the lines in common.
func (st *store) renames(was, is map[string]entry) map[string]string {
	var olds, news []string
	for p := range was {
		if _, still := is[p]; !still {
			olds = append(olds, p)
		}
	}
	for p := range is {
		if _, had := was[p]; !had {
			news = append(news, p)
		}
	}
	sort.Strings(olds)
	sort.Strings(news)
	out, taken := map[string]string{}, map[string]bool{}
	pair := func(alike func(a, b entry) bool) {
		for _, n := range news {
			for _, o := range olds {
				if out[n] == "" && !taken[o] && was[o].mode != Submodule && is[n].mode != Submodule && alike(was[o], is[n]) {
					out[n], taken[o] = o, true
				}
			}
		}
	}
	pair(func(a, b entry) bool { return a.sha == b.sha && st.text(a) != "" })
	if len(olds)*len(news) <= 100 { // GitHub has a limit too
		pair(func(a, b entry) bool {
			la, lb := lines(st.text(a)), lines(st.text(b))
			_, added, deleted, ok := patch(st.text(a), st.text(b))
			total := len(la) + len(lb)
			return ok && total > 0 && 2*(added+deleted) <= total
		})
	}
	return out
}

func (c *call) compare() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	from, to, dots := strings.Cut(c.r.PathValue("basehead"), "...")
	base, okBase := c.s.resolve(c.repo, from)
	head, okHead := c.s.resolve(c.repo, to)
	if !dots || !okBase || !okHead {
		return notFound
	}
	mb, found := c.repo.git.mergeBase(base, head)
	if !found {
		return fail(http.StatusNotFound, "No common ancestor between %s and %s.", from, to)
	}
	inBase, inHead := c.repo.git.ancestors(base), c.repo.git.ancestors(head)
	count := func(in, not map[string]bool) (out []any) {
		for id := range in {
			if !not[id] {
				out = append(out, map[string]any{"sha": id})
			}
		}
		return out
	}
	ahead, behind := count(inHead, inBase), count(inBase, inHead)
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
		all := c.repo.git.changes(mb, head)
		files = append(files, jsonOf(all[:min(len(all), maxCompare)])...)
	}
	lo, hi := c.page(len(ahead))
	return ok(map[string]any{
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
		"merge_base_commit": map[string]any{"sha": mb}, "base_commit": map[string]any{"sha": base},
		"commits": append([]any{}, ahead[lo:hi]...), "files": files,
	})
}

func (c *call) getTree() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	ref := c.r.PathValue("sha")
	if sha, found := c.s.resolve(c.repo, ref); found {
		ref = sha
	}
	id, t := c.repo.git.treeOf(ref)
	if t == nil {
		return notFound
	}
	out, truncated := []any{}, false
	add := func(p string, e entry) {
		if len(out) >= c.s.opt.TreeLimit {
			truncated = true
			return
		}
		m := map[string]any{"path": p, "mode": e.mode, "type": e.kind(), "sha": e.sha}
		if e.kind() == "blob" {
			m["size"] = len(c.repo.git.text(e))
		}
		out = append(out, m)
	}
	if c.r.URL.Query().Has("recursive") {
		c.repo.git.walk(id, "", add)
	} else {
		for _, e := range t.entries { // the limit is that of recursive trees
			m := map[string]any{"path": e.name, "mode": e.mode, "type": e.kind(), "sha": e.sha}
			if e.kind() == "blob" {
				m["size"] = len(c.repo.git.text(e))
			}
			out = append(out, m)
		}
	}
	return ok(map[string]any{"sha": id, "tree": out, "truncated": truncated})
}

func (c *call) wantsRaw() bool { return strings.Contains(c.r.Header.Get("Accept"), "raw") }

func (c *call) getBlob() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	sha := c.r.PathValue("sha")
	b := c.repo.git.get(sha, "blob")
	if b == nil {
		return notFound
	}
	if c.wantsRaw() {
		return reply{status: http.StatusOK, body: []byte(b.data), kind: "application/vnd.github.raw; charset=utf-8"}
	}
	return ok(map[string]any{
		"sha": sha, "size": len(b.data), "encoding": "base64", "content": base64.StdEncoding.EncodeToString([]byte(b.data)),
	})
}

func (c *call) getContents() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	ref := c.r.URL.Query().Get("ref")
	if ref == "" {
		ref = "main"
	}
	sha, found := c.s.resolve(c.repo, ref)
	if !found {
		return fail(http.StatusNotFound, "No commit found for the ref %s", ref)
	}
	p := strings.Trim(c.r.PathValue("path"), "/")
	e, found := c.repo.git.at(sha, p)
	if found && e.mode == Symlink { // followed to a file inside the repository
		if to, ok := c.repo.git.at(sha, path.Join(path.Dir(p), c.repo.git.text(e))); ok && to.kind() == "blob" {
			e = to
		}
	}
	if !found {
		return notFound
	}
	git := c.repo.git
	if e.mode == directory {
		out := []any{}
		for _, k := range git.get(e.sha, "tree").entries {
			kind := map[string]string{"tree": "dir"}[k.kind()]
			if kind == "" {
				kind = "file" // also a submodule
			}
			out = append(out, map[string]any{"name": k.name, "path": path.Join(p, k.name), "type": kind, "sha": k.sha, "size": len(git.text(k))})
		}
		return ok(out[:min(len(out), maxListing)])
	}
	data := git.text(e)
	if c.wantsRaw() {
		return reply{status: http.StatusOK, body: []byte(data), kind: "application/vnd.github.raw; charset=utf-8"}
	}
	m := map[string]any{"name": path.Base(p), "path": p, "sha": e.sha, "size": len(data), "type": "file", "encoding": "none", "content": ""}
	if len(data) <= maxContents {
		m["encoding"], m["content"] = "base64", base64.StdEncoding.EncodeToString([]byte(data))
	}
	return ok(m)
}

// tarball redirects to another server, with a key in the address.
func (c *call) tarball() reply {
	if rep, ok := c.need("contents", "read"); !ok {
		return rep
	}
	sha, found := c.s.resolve(c.repo, c.r.PathValue("ref"))
	if !found {
		return notFound
	}
	key := random(12)
	c.s.tickets[key] = true
	c.head.Set("Location", c.s.cdn.URL+"/"+c.repo.FullName+"/legacy.tar.gz/"+sha+"?token="+key)
	return reply{status: http.StatusFound}
}

// serveArchive is the server that archives come from.
func (s *Server) serveArchive(w http.ResponseWriter, r *http.Request) {
	req := Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Archive: true, Authorized: r.Header.Get("Authorization") != "",
	}
	n, _ := s.record(req)
	s.mu.Lock()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	key := r.URL.Query().Get("token")
	var data []byte
	if len(parts) == 4 && s.tickets[key] {
		if repo := s.repos[strings.ToLower(parts[0]+"/"+parts[1])]; repo != nil {
			data = repo.git.tarball(parts[0]+"-"+parts[1]+"-"+parts[3][:7], parts[3])
		}
		delete(s.tickets, key)
	}
	s.mu.Unlock()
	status := http.StatusOK
	if data == nil {
		status = http.StatusNotFound
	}
	s.settle(n, status)
	w.Header().Set("Content-Type", "application/x-gzip")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client may have gone
}

// tarball packs a commit as GitHub does: a global header with the commit, and everything below one folder.
func (st *store) tarball(top, commit string) []byte {
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	tw := tar.NewWriter(gz)
	when := time.Unix(1767225600, 0)
	put := func(h *tar.Header, data string) {
		h.ModTime = when
		h.Size = int64(len(data))
		if tw.WriteHeader(h) == nil { // a buffer does not fail
			_, _ = tw.Write([]byte(data))
		}
	}
	_ = tw.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": commit}})
	put(&tar.Header{Typeflag: tar.TypeDir, Name: top + "/", Mode: 0o775}, "")
	type item struct {
		p string
		e entry
	}
	var all []item
	st.walk(commit, "", func(p string, e entry) { all = append(all, item{p, e}) })
	slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.p, b.p) })
	for _, i := range all {
		name := top + "/" + i.p
		switch i.e.mode {
		case directory, Submodule:
			put(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o775}, "")
		case Symlink:
			put(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: st.text(i.e), Mode: 0o777}, "")
		default:
			mode, _ := strconv.ParseInt(i.e.mode[3:], 8, 64)
			put(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode | 0o020}, st.text(i.e))
		}
	}
	if tw.Close() != nil || gz.Close() != nil {
		return nil
	}
	return buf.Bytes()
}
