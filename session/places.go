package session

import (
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/session/gitdir"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/tally"
)

// places says where calls were made. What the log itself says goes before what is in the folder today.
type places struct {
	ask   func(dir string, at time.Time) (repository, branch string)
	found map[string]*gitdir.Checkout
	// dirs are the repositories of folders, by the key of their names: a folder that is gone stays one of its repository.
	dirs map[uint64]string
	urls map[string]string
	// What was asked last, where the answer does not depend on the time.
	last  record.Place
	where tally.Place
}

func newPlaces(o Options, dirs map[uint64]string) *places {
	p := &places{ask: o.Repository, found: map[string]*gitdir.Checkout{}, dirs: dirs, urls: map[string]string{}}
	if p.dirs == nil {
		p.dirs = map[uint64]string{}
	}
	if p.ask == nil {
		p.ask = p.git
	}
	return p
}

// maxDirs bounds what is kept of folders.
const maxDirs = 1 << 14

// git looks at git's own files.
func (p *places) git(dir string, at time.Time) (repository, branch string) {
	c, ok := p.found[dir]
	if !ok {
		if len(p.found) >= maxDirs {
			clear(p.found)
		}
		c = gitdir.Find(dir)
		p.found[dir] = c
	}
	if c == nil {
		return "", ""
	}
	return p.name(c.Remote), c.Branch(at)
}

// name is the name of a repository of its address.
func (p *places) name(url string) string {
	if url == "" {
		return ""
	}
	name, ok := p.urls[url]
	if !ok {
		if len(p.urls) >= maxDirs {
			clear(p.urls)
		}
		name = attribute.Remote(url)
		p.urls[url] = name
	}
	return name
}

// of says where a call was made.
func (p *places) of(at record.Place, t time.Time) tally.Place {
	if at.Branch == "" || !at.Begun.IsZero() {
		return p.find(at, t)
	}
	if at != p.last {
		p.last, p.where = at, p.find(at, t)
	}
	return p.where
}

func (p *places) find(at record.Place, t time.Time) tally.Place {
	out := tally.Place{Repository: p.name(at.Remote), Branch: at.Branch}
	if out.Branch == "" || out.Branch == "HEAD" {
		out.Commit = objectID(at.Commit)
	}
	if at.Dir == "" || out.Repository != "" && out.Branch != "" && at.Begun.IsZero() {
		return out
	}
	repository, branch := p.ask(at.Dir, t)
	if out.Branch == "" || !at.Begun.IsZero() && p.moved(at, branch) {
		out.Branch = branch
	}
	if out.Repository == "" {
		out.Repository = p.remembered(at.Dir, repository)
	}
	return out
}

// moved reports whether another branch was checked out at the beginning of a session than the one that was later.
func (p *places) moved(at record.Place, later string) bool {
	_, first := p.ask(at.Dir, at.Begun)
	return first != later && later != ""
}

// remembered keeps the repository of a folder, for when the folder is gone.
func (p *places) remembered(dir, repository string) string {
	key := record.Key(dir)
	was := p.dirs[key]
	if repository == "" {
		return was
	}
	if was != repository && (was != "" || len(p.dirs) < maxDirs) {
		p.dirs[key] = repository
	}
	return repository
}

func objectID(s string) string {
	if len(s) != 40 && len(s) != 64 {
		return ""
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ""
		}
	}
	return s
}

// providers says who bills a call: by the log's name of the provider, which may be another name of the price book's.
func providers() func(provider, model string) string {
	book := price.Embedded()
	names := map[string]string{}
	return func(provider, _ string) string {
		name, ok := names[provider]
		if !ok && len(names) < maxDirs {
			name = book.Provider(provider)
			names[provider] = name
		}
		return name
	}
}
