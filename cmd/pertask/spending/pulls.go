package spending

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/merged"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
)

// mostRepositories is how many repositories are read when none is named: those with the most entries.
const mostRepositories = 50

// names reads the repositories of the options into the form that entries have.
func names(all []string) ([]string, error) {
	var out []string
	for _, s := range all {
		name := s
		if strings.Count(s, "/") == 1 {
			name = "github.com/" + s
		}
		host, rest, _ := strings.Cut(strings.ToLower(name), "/")
		if _, err := github.ParseRepo(rest); err != nil || host == "" || attribute.Remote("https://"+strings.ToLower(name)) == "" {
			return nil, command.Usagef("--repo %q is no repository; allowed are owner/name and host/owner/name", s)
		}
		out = append(out, strings.ToLower(name))
	}
	return out, nil
}

// readPulls reads the pull requests of the repositories that entries name, or of those that were asked for.
func (w *world) readPulls() error {
	for e, err := range w.entries(w.app.Context) {
		if err == nil && e.Source != spend.Check { // which are there without any agent
			w.first = e.Hour
			break
		}
	}
	if len(w.opt.pulls) > 0 {
		return w.readFiles()
	}
	w.ask(w.candidates())
	if w.opt.keep != "" {
		if err := writePullsFile(w.opt.keep, w.stored...); err != nil {
			return fmt.Errorf("writing pull requests: %w", err)
		}
	}
	return nil
}

// candidates are the repositories that are looked at: those that were asked for, or those that entries name.
func (w *world) candidates() []string {
	if w.only != nil {
		return w.only
	}
	found := map[string]int{}
	for e, err := range w.entries(w.app.Context) {
		if err == nil && e.Repository != "" { // the roll-up counts the errors
			found[e.Repository]++
		}
	}
	all := slices.SortedFunc(maps.Keys(found), func(a, b string) int { return cmp.Or(found[b]-found[a], strings.Compare(a, b)) })
	if n := len(all) - mostRepositories; n > 0 {
		w.note("%d repositories with few entries are not looked at; name them with --repo.", n)
		all = all[:mostRepositories]
	}
	return all
}

// ask reads the pull requests of repositories. What cannot be read is noted, and the others are.
func (w *world) ask(wanted []string) {
	silent := map[string][]string{} // repositories by host, of those without a token
	for _, name := range wanted {
		host, rest, _ := strings.Cut(name, "/")
		repo, err := github.ParseRepo(rest)
		if err != nil {
			w.note("`%s` is no repository of GitHub's.", name)
			continue
		}
		cfg, ok := server(host, w.app.Getenv)
		if !ok {
			silent[host] = append(silent[host], name)
			continue
		}
		r, err := w.fetch(w.app.Context, name, repo, cfg)
		if err != nil {
			w.note("The pull requests of `%s` could not be read: %v.", name, err)
		}
		if r != nil {
			w.take(*r)
		}
	}
	for _, host := range slices.Sorted(maps.Keys(silent)) {
		w.note("Pull requests on `%s` are not read: %s.", host, wants(host))
	}
}

// fresh is how long pull requests that were read once are only asked for what is new.
const fresh = time.Hour

// overlap is how much of what was read is read again: GitHub's lists move while they are read.
const overlap = 10 * time.Minute

// fetch reads the pull requests of one repository. With an error it may return what it has.
func (w *world) fetch(ctx context.Context, name string, repo github.Repo, cfg github.Config) (*storedRepository, error) {
	r, err := merged.New(cfg, merged.Options{})
	if err != nil {
		return nil, err
	}
	kept, since := w.kept(name), w.begin()
	if kept != nil {
		since = kept.Read.Add(-overlap)
	}
	res, err := r.All(ctx, merged.Query{Repo: repo, Since: since, Unmerged: true, Open: true, Authors: w.opt.authors})
	if err != nil && len(res.Pulls) == 0 {
		return kept, err
	}
	if res.Skipped > 0 {
		w.note("GitHub could not show %d pull requests of `%s`.", res.Skipped, name)
	}
	out := stored(name, res)
	out.Read, out.Since, out.Authors = w.now.UTC(), w.begin(), w.opt.authors
	if kept != nil {
		out.Since = kept.Since
		out.add(kept.Pulls)
	}
	if err != nil {
		return &out, err
	}
	if err := writePullsFile(w.cache(name), out); err != nil {
		w.note("The pull requests of `%s` are not kept for the next time: %v.", name, err)
	}
	return &out, nil
}

// cache is the file in which the pull requests of a repository are kept.
func (w *world) cache(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(w.folder, "pulls", hex.EncodeToString(sum[:16])+".json")
}

// kept is what was read of a repository within the last hour, nil where that is not all that is asked for.
func (w *world) kept(name string) *storedRepository {
	f, err := readPullsFile(w.cache(name))
	if err != nil || len(f.Repositories) != 1 {
		return nil // it is read anew
	}
	r := f.Repositories[0]
	age := w.now.Sub(r.Read)
	if !slices.Contains(append(r.Former, r.Name), name) || age < 0 || age > fresh || r.Authors != w.opt.authors || r.Since.After(w.begin()) {
		return nil
	}
	return &r
}

// add adds pull requests that ended and were read before. Of one that was read again the later reading counts, and one that was open
// then and was not read again is gone.
func (s *storedRepository) add(before []storedPull) {
	have := map[int]bool{}
	for _, p := range s.Pulls {
		have[p.Number] = true
	}
	for _, p := range before {
		if !have[p.Number] && p.State != attribute.Open {
			s.Pulls = append(s.Pulls, p)
		}
	}
}

// stored is what was read. A repository that was renamed is known by both names.
func stored(name string, res merged.Result) storedRepository {
	host, _, _ := strings.Cut(name, "/")
	out := storedRepository{Name: name, DefaultBranch: res.DefaultBranch}
	if now := host + "/" + strings.ToLower(res.Repo); res.Repo != "" && now != name {
		out.Name, out.Former = now, []string{name}
	}
	for _, p := range res.Pulls {
		out.Pulls = append(out.Pulls, storedPull(p))
	}
	return out
}

// take makes a repository known. Authors become labels, where they were asked for.
func (w *world) take(s storedRepository) {
	r := s.repository()
	for i, p := range r.Pulls {
		if w.opt.authors && p.Author != "" {
			r.Pulls[i].Labels = append(slices.Clone(p.Labels), authorPrefix+p.Author)
		}
	}
	if w.only != nil && slices.ContainsFunc(r.Former, func(s string) bool { return slices.Contains(w.only, s) }) {
		w.only = append(w.only, r.Name)
	}
	w.stored = append(w.stored, s)
	w.repos = append(w.repos, r)
}

// readFiles reads pull requests that were written before.
func (w *world) readFiles() error {
	for _, path := range w.opt.pulls {
		f, err := readPullsFile(path)
		if err != nil {
			return fmt.Errorf("reading pull requests: %w", err)
		}
		for _, r := range f.Repositories {
			if w.only == nil || slices.Contains(w.only, r.Name) {
				w.take(r)
			}
		}
	}
	return nil
}
