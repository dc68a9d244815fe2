package review_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// life is a pull request from its first event to its last.
type life struct {
	*world
	archive  *txtar.Archive
	now      time.Time
	journals map[string]trial.Journal
	tests    ledger.Tests
	names    map[string]string // of commits, by SHA
	said     map[string]int64  // the last comment of each person
	texts    map[string]string // of those that are not delivered yet
	jobs     []string
	fork     bool
	author   string
	group    string // SHA
	token    string
	actor    githubtest.Actor
	step     string
	killed   *review.Check
	dead     bool
	ledger   string // branch

	conflicts bool
	shown     string // of the middle of a review
	mu        sync.Mutex
	on        func(githubtest.Request)
	logs      bytes.Buffer
}

func newLife(t *testing.T, a *txtar.Archive) *life {
	l := &life{archive: a, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), journals: map[string]trial.Journal{},
		names: map[string]string{}, said: map[string]int64{}, texts: map[string]string{}, tests: &ledgertest.Memory{}, actor: githubtest.WorkflowActor()}
	l.world = newWorldAt(t, a, func() time.Time { l.mu.Lock(); defer l.mu.Unlock(); return l.now })
	l.names[l.base], l.names[l.head] = "main", "head"
	l.token = l.hub.Token
	hook := func(r githubtest.Request) {
		l.mu.Lock()
		f := l.on
		l.mu.Unlock()
		if f != nil {
			f(r)
		}
	}
	l.hub.OnRequest(hook)
	l.onCall = func(n int64) { hook(githubtest.Request{Method: "CALL", Path: fmt.Sprint(n)}) }
	return l
}

// tree is the fork point's files with those of a folder of the archive.
func (l *life) tree(name string) map[string]githubtest.File {
	out := maps.Clone(l.world.fork)
	for _, f := range l.archive.Files {
		if from, path, ok := strings.Cut(f.Name, "/"); ok && from == name {
			l.put(out, path, string(f.Data))
		}
	}
	return out
}

// The verbs of a step, one a line, in their order:
//
//	push: NAME            the head becomes the fork point with the files of the folder NAME
//	main: NAME            so does the base branch
//	event: ACTION         a pull_request event
//	label: NAME by LOGIN  a label is added, which is the one that asks
//	comment: LOGIN: TEXT  a person comments, and a command is carried out
//	wrote: LOGIN: TEXT    a person comments, and the event is only delivered later, by "deliver: LOGIN"
//	edit: LOGIN: TEXT     that person's last comment is changed, which starts nothing
//	delete: LOGIN         it is deleted
//	queue: NAME           a merge group: the base branch with the files of the folder NAME
//	queue nameless: NAME  the same, with a branch that names no pull request
//	write: LOGIN LEVEL    gives a person a permission
//	draft: yes|no, fork: yes|no, conflicts: yes|no, ledger: BRANCH, author: LOGIN, key: yes|no, job: NAME, clock: DURATION
//	token: PERMISSION LEVEL, such as "checks none"
//	when: PATTERN do VERB: REST; ...   once, when "METHOD PATH BODY" of a request to GitHub or "CALL n" of one to the
//	                      provider matches; also "kill", "cancel" and "show"
//	finish: the step of the workflow that finishes what was killed
func (l *life) do(line string) string {
	verb, rest, _ := strings.Cut(line, ":")
	rest = strings.TrimSpace(rest)
	who, text, _ := strings.Cut(rest, ": ")
	switch verb {
	case "push":
		l.head = l.hub.Commit(l.repo, []string{l.head}, l.tree(rest))
		l.names[l.head] = rest
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.Head = l.head })
	case "main":
		l.base = l.hub.Commit(l.repo, []string{l.base}, l.tree(rest))
		l.names[l.base] = rest
		l.hub.SetBranch(l.repo, "main", l.base)
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.Base = l.base })
	case "event":
		return l.review(l.trigger())
	case "label":
		_, by, _ := strings.Cut(rest, " by ")
		return l.order(&command.Command{Verb: command.Run}, by, 0)
	case "wrote":
		l.said[who], l.texts[who] = l.hub.AddComment(l.repo, l.pull, who, text), text
	case "comment", "deliver":
		if verb == "comment" {
			l.said[who] = l.hub.AddComment(l.repo, l.pull, who, text)
		} else {
			who, text = rest, l.texts[rest]
		}
		c, ok, err := command.Parse(text)
		if err != nil {
			return l.refuse(who, text, err)
		}
		if ok {
			return l.order(&c, who, l.said[who])
		}
	case "edit":
		l.hub.EditComment(l.repo, l.said[who], text)
	case "delete":
		l.hub.DeleteComment(l.repo, l.said[who])
	case "queue", "queue nameless":
		l.group = l.hub.Commit(l.repo, []string{l.base, l.head}, l.tree(rest))
		l.names[l.group] = "group"
		t := review.Trigger{Kind: review.MergeGroup, Repo: l.trigger().Repo, Pull: l.pull, BaseSHA: l.base, HeadSHA: l.group,
			Group: &review.Group{HeadSHA: l.group, BaseSHA: l.base}}
		if verb != "queue" {
			t.Pull = 0
		}
		return l.review(t)
	case "write":
		login, level, _ := strings.Cut(rest, " ")
		l.hub.SetPermission(l.repo, login, level)
	case "draft":
		l.settings["draft"] = rest
	case "fork":
		l.fork = rest == "yes"
	case "author":
		l.author = rest
	case "key":
		l.settings["key"] = rest
	case "job":
		l.jobs = []string{rest}
	case "conflicts":
		l.conflicts = rest == "yes"
	case "ledger":
		l.ledger = rest
	case "clock":
		d, err := time.ParseDuration(rest)
		if err != nil {
			l.t.Fatal(err)
		}
		l.mu.Lock()
		l.now = l.now.Add(d)
		l.mu.Unlock()
	case "token":
		a := githubtest.WorkflowActor()
		for p := range strings.SplitSeq(rest, ", ") {
			permission, level, _ := strings.Cut(p, " ")
			a.Permissions[permission] = level
		}
		l.actor = a
		l.hub.AddToken(l.token, a)
	case "when":
		pattern, what, _ := strings.Cut(rest, " do ")
		l.when(regexp.MustCompile(pattern), what)
	case "show":
		l.mu.Lock()
		l.shown = "-- meanwhile --\n" + l.state() + "-- then --\n"
		l.mu.Unlock()
	case "finish":
		if l.killed == nil {
			return "nothing to finish\n"
		}
		if err := review.New(l.options()).Finish(l.t.Context(), l.trigger().Repo, *l.killed); err != nil {
			return "error: " + err.Error() + "\n"
		}
		return "finished\n"
	default:
		l.t.Fatalf("step %q", line)
	}
	return ""
}

// when does something once, at the first request that matches.
func (l *life) when(pattern *regexp.Regexp, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on = func(r githubtest.Request) {
		if !pattern.MatchString(strings.TrimSpace(r.Method + " " + r.Path + " " + r.Body)) {
			return
		}
		l.mu.Lock()
		l.on = nil
		l.mu.Unlock()
		for w := range strings.SplitSeq(what, "; ") {
			if w == "kill" {
				l.cancel()
				l.dead = true
				l.hub.AddToken(l.token, githubtest.Actor{Login: "nobody"}) // nothing that it still sends has an effect
				continue
			}
			if w == "cancel" {
				l.cancel()
				continue
			}
			l.do(w)
		}
	}
}

func (l *life) client() *github.Client {
	c, err := github.New(github.Config{BaseURL: l.hub.URL, GraphQLURL: l.hub.GraphQLURL, Token: l.token,
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

func (l *life) options() review.Options {
	o := l.world.options(&l.logs)
	o.GitHub, o.Jobs, o.Tests, o.LedgerBranch = l.client(), l.jobs, l.tests, l.ledger
	o.Log = slog.New(slog.NewTextHandler(&l.logs, nil))
	o.Now = func() time.Time { l.mu.Lock(); defer l.mu.Unlock(); return l.now }
	o.Journal = func(key string) (trial.Journal, string, error) {
		if l.journals[key] == nil {
			l.journals[key] = journal.NewMemory()
		}
		return l.journals[key], "trials.jsonl", nil
	}
	return o
}

func (l *life) trigger() review.Trigger {
	t := l.world.trigger()
	t.Draft, t.Fork, t.Author, t.Conflicts = l.settings["draft"] == "yes", l.fork, l.author, l.conflicts
	return t
}

// order carries out what a person asks for.
func (l *life) order(c *command.Command, by string, id int64) string {
	if can, err := l.client().CanWrite(l.t.Context(), l.trigger().Repo, by); err != nil || !can {
		return fmt.Sprintf("%s may not write\n", by)
	}
	t := l.trigger()
	t.Kind, t.Command, t.By, t.CommentID = review.Command, c, by, id
	return l.review(t)
}

func (l *life) refuse(by, what string, why error) string {
	t := l.trigger()
	t.Kind, t.By, t.CommentID = review.Command, by, l.said[by]
	s := newSink()
	if err := review.New(l.options()).Refuse(l.t.Context(), t, what, why.Error(), s); err != nil {
		return "error: " + err.Error() + "\n"
	}
	return "summary: " + firstParagraph(s.summary) + "\n"
}

var cancels sync.Map

func (l *life) cancel() {
	if f, ok := cancels.Load(l); ok {
		f.(context.CancelFunc)()
	}
}

// review runs a review and says what came of it for whoever started it.
func (l *life) review(t review.Trigger) string {
	ctx, cancel := context.WithCancel(l.t.Context())
	defer cancel()
	cancels.Store(l, cancel)
	defer cancels.Delete(l)
	l.dead = false
	before := l.calls.Load()
	l.hub.ResetRequests()
	s := newSink()
	out, err := review.New(l.options()).Review(ctx, t, s)
	l.hub.AddToken(l.token, l.actor)
	l.noSecret(&l.logs, s)
	if l.killed = nil; len(s.opened) > 0 {
		l.killed = &s.opened[len(s.opened)-1]
	}
	var b strings.Builder
	b.WriteString(l.shown)
	l.shown = ""
	fmt.Fprintf(&b, "exit %d, result %s, verdict %s\n", out.Exit, s.outputs["result"], s.outputs["verdict"])
	if n := l.calls.Load() - before; n > 0 {
		fmt.Fprintf(&b, "provider called\n")
	}
	for _, r := range out.Reports {
		fmt.Fprintf(&b, "because: %s\n", r.Reason.Text)
		for _, f := range r.Findings {
			fmt.Fprintf(&b, "finding %s\n", f.Code)
		}
	}
	if len(out.Reports) == 0 {
		fmt.Fprintf(&b, "summary: %s\n", firstParagraph(s.summary))
	}
	switch {
	case l.dead:
		return l.readable("killed\n")
	case err != nil:
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	return l.readable(b.String())
}

var object = regexp.MustCompile(`\b[0-9a-f]{10}(?:&#8203;[0-9a-f]+|[0-9a-f]{30})*\b|\b[0-9a-f]{7}\b`)

// readable names commits as the archive does.
func (l *life) readable(text string) string {
	return object.ReplaceAllStringFunc(text, func(id string) string {
		for sha, name := range l.names {
			if strings.HasPrefix(sha, strings.ReplaceAll(id, "&#8203;", "")) {
				return "<" + name + ">"
			}
		}
		return id
	})
}

// state is what a person sees on GitHub.
func (l *life) state() string {
	var b strings.Builder
	shas := slices.SortedFunc(maps.Keys(l.names), func(x, y string) int { return strings.Compare(l.names[x], l.names[y]) })
	for _, sha := range shas {
		for _, c := range l.hub.Checks(l.repo, sha) {
			fmt.Fprintf(&b, "check on %s: %s %s: %s\n", l.names[sha], c.Status, c.Conclusion, c.Title)
		}
		for _, s := range l.hub.Statuses(l.repo, sha) {
			fmt.Fprintf(&b, "status on %s: %s: %s\n", l.names[sha], s.State, s.Description)
		}
	}
	for _, c := range l.hub.Comments(l.repo, l.pull) {
		if c.Author != githubtest.WorkflowActor().Login {
			var did []string
			for _, r := range c.Reactions {
				did = append(did, r.Content)
			}
			fmt.Fprintf(&b, "%s: %s %v\n", c.Author, c.Body, did)
			continue
		}
		m, ok := marker.Parse(c.Body)
		if !ok {
			l.t.Errorf("a comment of ours without a marker: %s", c.Body)
		}
		p := comment.Parse(github.Comment{Body: c.Body, Marker: m})
		fmt.Fprintf(&b, "comment about %s", l.names[m.Head])
		if c.Minimized != "" {
			fmt.Fprintf(&b, " (%s)", c.Minimized)
		}
		b.WriteString("\n")
		for _, part := range []struct{ name, text string }{{"progress", p.Progress}, {"notice", p.Notice}, {"text", firstParagraph(p.Text)}, {"foot", lastCommand(p.Foot)}} {
			if part.text != "" {
				fmt.Fprintf(&b, "  %s: %s\n", part.name, strings.ReplaceAll(part.text, "\n", " "))
			}
		}
		if m := month.FindString(p.Text); m != "" {
			fmt.Fprintf(&b, "  %s\n", m)
		}
		if n := strings.Count(p.Foot, "\n| "); n > 0 {
			fmt.Fprintf(&b, "  history: %d runs\n", n-1)
		}
		if strings.Contains(p.Foot, "<details open><summary>Commands") {
			b.WriteString("  the commands are open\n")
		}
	}
	return l.readable(b.String())
}

var month = regexp.MustCompile(`checks this month: [^·\n]*\)`)

func lastCommand(foot string) string {
	if p := firstParagraph(foot); strings.HasPrefix(p, "The last command") {
		return p
	}
	return ""
}

// TestLives takes pull requests through several events: the archives in testdata/lives. Their files "step 1", "step 2" and
// so on say what happens, in the verbs of life.do; the wanted state after each step is the golden file beside it.
func TestLives(t *testing.T) {
	paths, err := filepath.Glob("testdata/lives/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no lives: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			a.Files = append(common(t), a.Files...)
			l := newLife(t, a)
			var got strings.Builder
			for _, f := range a.Files {
				if !strings.HasPrefix(f.Name, "step ") {
					continue
				}
				fmt.Fprintf(&got, "-- %s --\n", f.Name)
				for line := range strings.Lines(string(f.Data)) {
					if line = strings.TrimSpace(line); line != "" {
						got.WriteString(l.do(line))
					}
				}
				got.WriteString(l.state())
			}
			golden.Check(t, strings.TrimSuffix(filepath.ToSlash(path), ".txtar")+".want", got.String())
		})
	}
}

// common are the files that all lives begin with; an archive's own replace them.
func common(t *testing.T) []txtar.File {
	a, err := txtar.ParseFile("testdata/lives/common.files")
	if err != nil {
		t.Fatal(err)
	}
	return a.Files
}
