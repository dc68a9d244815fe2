package githubtest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
)

// The modes of files.
const (
	Regular    = "100644"
	Executable = "100755"
	Symlink    = "120000"
	Submodule  = "160000"
	directory  = "040000"
)

// File is a file of a commit. For Submodule the content is the object id of a commit.
type File struct {
	Content string
	Mode    string // "" is Regular
}

// Text returns files with the given contents.
func Text(contents map[string]string) map[string]File {
	out := map[string]File{}
	for p, c := range contents {
		out[p] = File{Content: c}
	}
	return out
}

// entry is one entry of a tree.
type entry struct{ name, mode, sha string }

func (e entry) kind() string {
	switch e.mode {
	case directory:
		return "tree"
	case Submodule:
		return "commit"
	}
	return "blob"
}

// object is a git object: exactly one of the three is meant.
type object struct {
	kind    string // blob, tree or commit
	data    string // of a blob
	entries []entry
	tree    string // of a commit
	parents []string
	when    int // order of commits
}

// store is git's object database, with git's own object ids. A repository and its forks share one.
type store struct{ objects map[string]*object }

func (st *store) put(kind, payload string, o *object) string {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", kind, len(payload), payload))
	id := hex.EncodeToString(sum[:])
	if st.objects[id] == nil {
		o.kind, o.when = kind, len(st.objects)
		st.objects[id] = o
	}
	return id
}

func (st *store) get(id, kind string) *object {
	if o := st.objects[id]; o != nil && o.kind == kind {
		return o
	}
	return nil
}

// putTree stores the files below dir, "" for the root, and returns the id of its tree.
func (st *store) putTree(files map[string]File, dir string) string {
	var entries []entry
	below := map[string]bool{}
	for p, f := range files {
		rel, ok := strings.CutPrefix(p, dir)
		if !ok {
			continue
		}
		if name, _, deep := strings.Cut(rel, "/"); deep {
			below[name] = true
			continue
		}
		e := entry{rel, f.Mode, f.Content}
		if e.mode == "" {
			e.mode = Regular
		}
		if e.mode != Submodule {
			e.sha = st.put("blob", f.Content, &object{data: f.Content})
		}
		entries = append(entries, e)
	}
	for name := range below {
		entries = append(entries, entry{name, directory, st.putTree(files, dir+name+"/")})
	}
	// Git sorts directories as if their names ended in a slash.
	key := func(e entry) string {
		if e.mode == directory {
			return e.name + "/"
		}
		return e.name
	}
	sort.Slice(entries, func(i, j int) bool { return key(entries[i]) < key(entries[j]) })
	var b strings.Builder
	for _, e := range entries {
		id, _ := hex.DecodeString(e.sha)
		fmt.Fprintf(&b, "%s %s\x00%s", strings.TrimPrefix(e.mode, "0"), e.name, id)
	}
	return st.put("tree", b.String(), &object{entries: entries})
}

func (st *store) commit(parents []string, files map[string]File, message string) string {
	tree := st.putTree(files, "")
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author Ada <ada@example.com> 1767225600 +0000\ncommitter Ada <ada@example.com> 1767225600 +0000\n\n%s\n", message)
	return st.put("commit", b.String(), &object{tree: tree, parents: slices.Clone(parents)})
}

// treeOf returns the tree with the id, or that of the commit with the id.
func (st *store) treeOf(id string) (string, *object) {
	if c := st.get(id, "commit"); c != nil {
		id = c.tree
	}
	return id, st.get(id, "tree")
}

// flat lists the files of a commit or tree by path.
func (st *store) flat(id string) map[string]entry {
	out := map[string]entry{}
	st.walk(id, "", func(p string, e entry) {
		if e.mode != directory {
			out[p] = e
		}
	})
	return out
}

func (st *store) walk(id, dir string, visit func(string, entry)) {
	_, t := st.treeOf(id)
	if t == nil {
		return
	}
	for _, e := range t.entries {
		p := path.Join(dir, e.name)
		visit(p, e)
		if e.mode == directory {
			st.walk(e.sha, p, visit)
		}
	}
}

// at returns what stands at a path of a commit; "" and "." are the root.
func (st *store) at(commit, p string) (entry, bool) {
	id, t := st.treeOf(commit)
	e := entry{"", directory, id}
	p = strings.Trim(p, "/")
	if p == "" || p == "." {
		return e, t != nil
	}
	for name := range strings.SplitSeq(p, "/") {
		if t == nil {
			return entry{}, false
		}
		i := slices.IndexFunc(t.entries, func(e entry) bool { return e.name == name })
		if i < 0 {
			return entry{}, false
		}
		e = t.entries[i]
		t = st.get(e.sha, "tree")
	}
	return e, true
}

// ancestors returns the commits reachable from id, id included.
func (st *store) ancestors(id string) map[string]bool {
	seen := map[string]bool{}
	for todo := []string{id}; len(todo) > 0; {
		id, todo = todo[0], todo[1:]
		c := st.get(id, "commit")
		if c == nil || seen[id] {
			continue
		}
		seen[id] = true
		todo = append(todo, c.parents...)
	}
	return seen
}

// mergeBase returns a best common ancestor, the latest one where there are several.
func (st *store) mergeBase(a, b string) (string, bool) {
	inA, best, found := st.ancestors(a), "", false
	var common []string
	for id := range st.ancestors(b) {
		if inA[id] {
			common = append(common, id)
		}
	}
	for _, id := range common {
		reachable := slices.ContainsFunc(common, func(o string) bool { return o != id && st.ancestors(o)[id] })
		if !reachable && (!found || st.objects[id].when > st.objects[best].when) {
			best, found = id, true
		}
	}
	return best, found
}
