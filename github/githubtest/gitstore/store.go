// Package gitstore is git's object database in memory, as far as a server needs it.
//
// It knows blobs, trees and commits with git's own object ids, merge bases, diffs with renames and patches, and
// archives. It refuses to know branches, repositories, HTTP, and how GitHub shows any of it in JSON.
package gitstore

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
)

// The modes of entries, as GitHub writes them.
const (
	Regular    = "100644"
	Executable = "100755"
	Symlink    = "120000"
	Submodule  = "160000"
	Directory  = "040000" // of a tree inside a tree
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

// Entry is one entry of a tree.
type Entry struct{ Name, Mode, SHA string }

// Kind returns what an entry is: blob, tree, or commit for a submodule.
func (e Entry) Kind() string {
	switch e.Mode {
	case Directory:
		return "tree"
	case Submodule:
		return "commit"
	}
	return "blob"
}

// object is a git object: exactly one of the three is meant.
type object struct {
	kind    string // blob, tree or commit
	data    string // of a blob; the message of a commit
	entries []Entry
	tree    string // of a commit
	parents []string
	when    int // order of commits
}

// Store is git's object database. A repository and its forks share one. It is not safe for concurrent use.
type Store struct{ objects map[string]*object }

// New returns an empty store.
func New() *Store { return &Store{objects: map[string]*object{}} }

func (st *Store) put(kind, payload string, o *object) string {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", kind, len(payload), payload))
	id := hex.EncodeToString(sum[:])
	if st.objects[id] == nil {
		o.kind, o.when = kind, len(st.objects)
		st.objects[id] = o
	}
	return id
}

func (st *Store) get(id, kind string) *object {
	if o := st.objects[id]; o != nil && o.kind == kind {
		return o
	}
	return nil
}

// putTree stores the files below dir, "" for the root, and returns the id of its tree.
func (st *Store) putTree(files map[string]File, dir string) string {
	var entries []Entry
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
		e := Entry{rel, f.Mode, f.Content}
		if e.Mode == "" {
			e.Mode = Regular
		}
		if e.Mode != Submodule {
			e.SHA = st.put("blob", f.Content, &object{data: f.Content})
		}
		entries = append(entries, e)
	}
	for name := range below {
		entries = append(entries, Entry{name, Directory, st.putTree(files, dir+name+"/")})
	}
	// Git sorts directories as if their names ended in a slash.
	key := func(e Entry) string {
		if e.Mode == Directory {
			return e.Name + "/"
		}
		return e.Name
	}
	sort.Slice(entries, func(i, j int) bool { return key(entries[i]) < key(entries[j]) })
	var b strings.Builder
	for _, e := range entries {
		id, _ := hex.DecodeString(e.SHA)
		fmt.Fprintf(&b, "%s %s\x00%s", strings.TrimPrefix(e.Mode, "0"), e.Name, id)
	}
	return st.put("tree", b.String(), &object{entries: entries})
}

// Graft stores a tree that is base, "" for an empty one, with the files put in; one with an empty mode is taken out.
// It returns false when base is not a tree.
func (st *Store) Graft(base string, files map[string]File) (string, bool) {
	all := map[string]File{}
	if base != "" {
		if st.get(base, "tree") == nil {
			return "", false
		}
		for p, e := range st.flat(base) {
			text := e.SHA
			if e.Mode != Submodule {
				text = st.Text(e)
			}
			all[p] = File{text, e.Mode}
		}
	}
	for p, f := range files {
		if f.Mode == "" {
			delete(all, p)
			continue
		}
		all[p] = f
	}
	return st.putTree(all, ""), true
}

// CommitTree stores a commit of a tree that is there.
func (st *Store) CommitTree(tree string, parents []string, message string) (string, bool) {
	if st.get(tree, "tree") == nil || slices.ContainsFunc(parents, func(p string) bool { return !st.HasCommit(p) }) {
		return "", false
	}
	return st.commit(tree, parents, message), true
}

// Parents returns the parents of a commit.
func (st *Store) Parents(commit string) []string {
	if c := st.get(commit, "commit"); c != nil {
		return slices.Clone(c.parents)
	}
	return nil
}

// Message returns the message of a commit.
func (st *Store) Message(commit string) string {
	if c := st.get(commit, "commit"); c != nil {
		return c.data
	}
	return ""
}

// Commit stores a commit with all the files of its tree, not a change, and returns its id, which is the same for
// the same arguments.
func (st *Store) Commit(parents []string, files map[string]File, message string) string {
	return st.commit(st.putTree(files, ""), parents, message)
}

func (st *Store) commit(tree string, parents []string, message string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author Ada <ada@example.com> 1767225600 +0000\ncommitter Ada <ada@example.com> 1767225600 +0000\n\n%s\n", message)
	return st.put("commit", b.String(), &object{data: message, tree: tree, parents: slices.Clone(parents)})
}

// HasCommit reports whether there is a commit with the id.
func (st *Store) HasCommit(id string) bool { return st.get(id, "commit") != nil }

// Blob returns the content of the blob with the id.
func (st *Store) Blob(id string) (string, bool) {
	if o := st.get(id, "blob"); o != nil {
		return o.data, true
	}
	return "", false
}

// Text returns the content of the file or the target of the link that an entry is, "" for others.
func (st *Store) Text(e Entry) string {
	text, _ := st.Blob(e.SHA)
	return text
}

// Tree returns the id and the entries of the tree with the id, or of that of the commit with the id.
func (st *Store) Tree(id string) (tree string, entries []Entry, ok bool) {
	tree, t := st.treeOf(id)
	if t == nil {
		return "", nil, false
	}
	return tree, t.entries, true
}

func (st *Store) treeOf(id string) (string, *object) {
	if c := st.get(id, "commit"); c != nil {
		id = c.tree
	}
	return id, st.get(id, "tree")
}

// flat lists the files of a commit or tree by path.
func (st *Store) flat(id string) map[string]Entry {
	out := map[string]Entry{}
	st.Walk(id, "", func(p string, e Entry) {
		if e.Mode != Directory {
			out[p] = e
		}
	})
	return out
}

// Walk visits every entry below the commit or tree with the id, directories before what is in them. Paths begin
// with dir.
func (st *Store) Walk(id, dir string, visit func(string, Entry)) {
	_, t := st.treeOf(id)
	if t == nil {
		return
	}
	for _, e := range t.entries {
		p := path.Join(dir, e.Name)
		visit(p, e)
		if e.Mode == Directory {
			st.Walk(e.SHA, p, visit)
		}
	}
}

// At returns what stands at a path of a commit; "" and "." are the root.
func (st *Store) At(commit, p string) (Entry, bool) {
	id, t := st.treeOf(commit)
	e := Entry{"", Directory, id}
	p = strings.Trim(p, "/")
	if p == "" || p == "." {
		return e, t != nil
	}
	for name := range strings.SplitSeq(p, "/") {
		if t == nil {
			return Entry{}, false
		}
		i := slices.IndexFunc(t.entries, func(e Entry) bool { return e.Name == name })
		if i < 0 {
			return Entry{}, false
		}
		e = t.entries[i]
		t = st.get(e.SHA, "tree")
	}
	return e, true
}

// Ancestors returns the commits reachable from id, id included.
func (st *Store) Ancestors(id string) map[string]bool {
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

// Log returns the commits that are reachable from id and not from without, oldest first.
func (st *Store) Log(id, without string) []string {
	not, out := st.Ancestors(without), []string{}
	for c := range st.Ancestors(id) {
		if !not[c] {
			out = append(out, c)
		}
	}
	sort.Slice(out, func(i, j int) bool { return st.objects[out[i]].when < st.objects[out[j]].when })
	return out
}

// MergeBase returns a best common ancestor, the latest one where there are several, and false where there is none.
func (st *Store) MergeBase(a, b string) (string, bool) {
	inA, best, found := st.Ancestors(a), "", false
	var common []string
	for id := range st.Ancestors(b) {
		if inA[id] {
			common = append(common, id)
		}
	}
	for _, id := range common {
		reachable := slices.ContainsFunc(common, func(o string) bool { return o != id && st.Ancestors(o)[id] })
		if !reachable && (!found || st.objects[id].when > st.objects[best].when) {
			best, found = id, true
		}
	}
	return best, found
}
