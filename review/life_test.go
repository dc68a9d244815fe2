package review_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/route"
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
	jobs     []string
	group    string // SHA
	token    string
	actor    githubtest.Actor
	killed   *review.Check
	dead     bool
	ledger   string // branch
	shown    string // of the middle of a review
	saved    string // our comment
	mu       sync.Mutex
	on       func(githubtest.Request)
	logs     bytes.Buffer
}

func newLife(t *testing.T, a *txtar.Archive) *life {
	l := &life{archive: a, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), journals: map[string]trial.Journal{},
		names: map[string]string{}, said: map[string]int64{}, tests: &ledgertest.Memory{}, actor: githubtest.WorkflowActor()}
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
//	dispatch:             the workflow is started by hand
//	close:, reopen:, conflicts:, fork: and draft: yes|no change the pull request, and so does author: LOGIN
//	ledger: BRANCH, key: yes|no, job: NAME, clock: DURATION
//	token: PERMISSION LEVEL, such as "checks none"
//	when: PATTERN do VERB: REST; ...   once, when "METHOD PATH BODY" of a request to GitHub or "CALL n" of one to the
//	                      provider matches; also "kill", "cancel" and "show"
//	forget:               the journals and tests are gone, as they are on another machine
//	forge: OLD -> NEW     somebody changes what our comment keeps
//	save: and restore:    somebody sets our comment back
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
		return l.deliver("pull_request", l.hub.PullRequestEvent(l.repo, l.pull, rest))
	case "label":
		label, by, _ := strings.Cut(rest, " by ")
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.Labels = append(p.Labels, label) })
		return l.deliver("pull_request", with(l.t, l.hub.PullRequestEvent(l.repo, l.pull, "labeled"),
			map[string]any{"label": map[string]any{"name": label}, "sender": map[string]any{"login": by}}))
	case "dispatch":
		return l.deliver("workflow_dispatch", with(l.t, l.hub.PullRequestEvent(l.repo, l.pull, ""),
			map[string]any{"ref": "refs/heads/main", "inputs": map[string]any{"pull": strconv.Itoa(l.pull)}}))
	case "wrote":
		l.said[who] = l.hub.AddComment(l.repo, l.pull, who, text)
	case "comment":
		l.said[who] = l.hub.AddComment(l.repo, l.pull, who, text)
		return l.deliver("issue_comment", l.hub.CommentEvent(l.repo, l.pull, l.said[who]))
	case "deliver":
		return l.deliver("issue_comment", l.hub.CommentEvent(l.repo, l.pull, l.said[rest]))
	case "edit":
		l.hub.EditComment(l.repo, l.said[who], text)
	case "delete":
		l.hub.DeleteComment(l.repo, l.said[who])
	case "queue", "queue nameless":
		l.group = l.hub.Commit(l.repo, []string{l.base, l.head}, l.tree(rest))
		l.names[l.group] = "group"
		payload := l.hub.MergeGroupEvent(l.repo, l.pull, l.group)
		if verb != "queue" {
			payload = []byte(strings.Replace(string(payload), fmt.Sprintf("/pr-%d-", l.pull), "/a-group-", 1))
		}
		return l.deliver("merge_group", payload)
	case "write":
		login, level, _ := strings.Cut(rest, " ")
		l.hub.SetPermission(l.repo, login, level)
	case "draft":
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.Draft = rest == "yes" })
	case "fork":
		fork := l.hub.AddFork(l.repo, "eve", "agent")
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.HeadRepo = fork })
	case "author":
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.Author = rest })
	case "conflicts":
		no := false
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.Mergeable = &no })
	case "close":
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.State = "closed" })
	case "reopen":
		l.hub.ChangePull(l.repo, l.pull, func(p *githubtest.Pull) { p.State = "open" })
	case "key":
		l.settings["key"] = rest
	case "job":
		l.jobs = []string{rest}
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
	case "forget":
		l.journals, l.tests = map[string]trial.Journal{}, &ledgertest.Memory{}
	case "save":
		l.saved = l.ours()[0].Body
	case "restore":
		l.hub.EditComment(l.repo, l.ours()[0].ID, l.saved)
	case "forge":
		l.forge(rest)
	case "finish":
		if l.killed == nil {
			return "nothing to finish\n"
		}
		if err := review.New(l.options()).Finish(l.t.Context(), github.Repo{Owner: "acme", Name: "agent"}, *l.killed); err != nil {
			return "error: " + err.Error() + "\n"
		}
		return "finished\n"
	default:
		l.t.Fatalf("step %q", line)
	}
	return ""
}

// forge changes what our comment keeps, as another workflow of the repository can.
func (l *life) forge(change string) {
	c := l.ours()[0]
	m, ok := marker.Parse(c.Body)
	old, with, arrow := strings.Cut(change, " -> ")
	if !ok || !arrow || !strings.Contains(string(m.Data), old) {
		l.t.Fatalf("%q is not in %s", old, m.Data)
	}
	m.Data = []byte(strings.Replace(string(m.Data), old, with, 1))
	line, err := m.Line()
	if err != nil {
		l.t.Fatal(err)
	}
	_, text, _ := strings.Cut(c.Body, "\n")
	l.hub.EditComment(l.repo, c.ID, line+"\n"+text)
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
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		l.do("clock: " + d.String())
		return ctx.Err()
	}
	o.Journal = func(key string) (trial.Journal, string, error) {
		if l.journals[key] == nil {
			l.journals[key] = journal.NewMemory()
		}
		return l.journals[key], "trials.jsonl", nil
	}
	return o
}

// with is a payload with other parts.
func with(t *testing.T, payload []byte, parts map[string]any) []byte {
	t.Helper()
	var all map[string]any
	err := json.Unmarshal(payload, &all)
	maps.Copy(all, parts)
	out, err2 := json.Marshal(all)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return out
}

// deliver takes an event to what it asks for, as the Action does.
func (l *life) deliver(name string, payload []byte) string {
	e, err := event.Parse(name, payload)
	if err != nil {
		l.t.Fatal(err)
	}
	ask, err := route.Route(e)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	o := l.options()
	r := review.New(o)
	if ask.Label != "" {
		label, err := r.Label(l.t.Context(), ask.Trigger)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		ask = ask.Labelled(label)
	}
	if ask, err = route.Resolve(l.t.Context(), o.GitHub, ask); err != nil {
		return "error: " + err.Error() + "\n"
	}
	said := ""
	if ask.Say != "" {
		said = l.readable(fmt.Sprintf("%s: %s\n", ask.Do, ask.Say))
	}
	s := newSink()
	switch {
	case ask.Do == route.Review:
		return said + l.review(ask.Trigger)
	case ask.Do == route.Stand:
		out, err := r.Stand(l.t.Context(), ask.Trigger, s)
		return said + fmt.Sprintf("exit %d%s\n", out.Exit, failure(err))
	case ask.Do != route.Refuse:
		return said
	case ask.Why == route.NoWrite:
		err = r.Decline(l.t.Context(), ask.Trigger, ask.Say, s)
	default:
		err = r.Refuse(l.t.Context(), ask.Trigger, e.Comment.Body, ask.Say, s)
	}
	return said + fmt.Sprintf("summary: %s%s\n", firstParagraph(s.summary), failure(err))
}

func failure(err error) string {
	if err == nil {
		return ""
	}
	return " and " + err.Error()
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
	case errors.Is(err, context.Canceled):
		b.WriteString("error: cancelled\n") // where it was on its way differs
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
	// Which trial is the last that was told of depends on the machine.
	return l.readable(farOf.ReplaceAllString(b.String(), "some of ${1} trials, some USD"))
}

var farOf = regexp.MustCompile(`\b\d+ of (\d+) trials, \$[0-9.]+`)

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
