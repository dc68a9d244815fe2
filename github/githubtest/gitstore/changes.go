package gitstore

import "sort"

// Change is one file of a diff.
type Change struct {
	Path     string
	Previous string // of a renamed file
	Status   string // added, removed, modified, renamed, or changed when only the mode is another
	SHA      string // of the blob; of the removed one for a removed file
	Patch    string // hunks; "" for binary and large files, and where no line is another
	Added    int    // lines
	Deleted  int    // lines
}

// Changes compares two commits, sorted by path, with renames found.
func (st *Store) Changes(base, head string) []Change {
	was, is := st.flat(base), st.flat(head)
	var out []Change
	renamedFrom := st.renames(was, is)
	gone := map[string]bool{}
	for p, e := range is {
		old, had := was[p]
		if had && old == e {
			continue
		}
		ch := Change{Path: p, Status: "modified", SHA: e.SHA}
		if !had {
			ch.Status = "added"
			if from := renamedFrom[p]; from != "" {
				old, ch.Status, ch.Previous = was[from], "renamed", from
				gone[from] = true
			}
		} else if old.SHA == e.SHA {
			ch.Status = "changed"
		}
		ch.Patch, ch.Added, ch.Deleted, _ = patch(st.Text(old), st.Text(e))
		out = append(out, ch)
	}
	for p, e := range was {
		if _, still := is[p]; still || gone[p] {
			continue
		}
		ch := Change{Path: p, Status: "removed", SHA: e.SHA}
		ch.Patch, ch.Added, ch.Deleted, _ = patch(st.Text(e), "")
		out = append(out, ch)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

// renames maps new paths to old ones: the same content first, then half of the lines in common.
func (st *Store) renames(was, is map[string]Entry) map[string]string {
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
	pair := func(alike func(a, b Entry) bool) {
		for _, n := range news {
			for _, o := range olds {
				if out[n] == "" && !taken[o] && was[o].Mode != Submodule && is[n].Mode != Submodule && alike(was[o], is[n]) {
					out[n], taken[o] = o, true
				}
			}
		}
	}
	pair(func(a, b Entry) bool { return a.SHA == b.SHA && st.Text(a) != "" })
	if len(olds)*len(news) <= 100 { // GitHub has a limit too
		pair(func(a, b Entry) bool {
			la, lb := lines(st.Text(a)), lines(st.Text(b))
			_, added, deleted, _ := patch(st.Text(a), st.Text(b))
			total := len(la) + len(lb)
			return total > 0 && added+deleted > 0 && 2*(added+deleted) <= total
		})
	}
	return out
}
