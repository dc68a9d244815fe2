package attribute_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// history plays a text in which one line is one thing that happens, on a server in memory. The lines are, in order of time:
//
//	host ghes.example                     the server is called so, instead of github.com
//	repo acme/lib [default trunk]         a repository, with one commit; acme/shop with main is there already
//	fork eve/shop of acme/shop
//	02 09:00 branch fix from main         on 2 November 2026; BRANCH is "fix" of acme/shop, or "eve/shop:fix"
//	02 09:10 commit c1 on fix             c1 is a name of the test's
//	02 09:20 rebase fix onto main         c1 becomes c1'
//	02 09:20 amend fix as c2              its last commit is replaced
//	02 09:30 open 12 fix into main [label team:a]
//	02 09:40 merge 12 by squash           or by merge, rebase, forward; the result is m12
//	02 09:40 close 12, reopen 12
//	02 09:40 retarget 12 into main
//	02 09:40 rename-branch fix to feature on GitHub, which closes its pull request
//	02 09:40 rename acme/shop to acme/store
//	02 09:40 delete eve/shop
//	02 09:50 work 1000 on fix at c1       an agent's 1,000 tokens; "in REMOTE", "pull 12" and "by ada" are there too
//	read acme/old acme/lib                instead of all but the forks
//	since 05                              only what ended since that day
type history struct {
	t       *testing.T
	s       *githubtest.Server
	host    string
	at      time.Time
	ids     map[string]string            // commits by the test's names
	parents map[string][]string          // of commits
	files   map[string]map[string]string // of commits
	tips    map[string]string            // commits by "owner/name:branch"
	pulls   map[int]*opened
	read    []string
	since   time.Time
	entries []spend.Entry
}

// opened is a pull request.
type opened struct {
	repo, head, base string // head and base are keys of tips
	open             bool
}

const shop = "acme/shop"

func play(t *testing.T, text string) *history {
	t.Helper()
	h := &history{
		t: t, host: "github.com", at: date("01 00:00"), ids: map[string]string{}, parents: map[string][]string{}, files: map[string]map[string]string{},
		tips: map[string]string{}, pulls: map[int]*opened{},
	}
	h.s = githubtest.NewWith(t, githubtest.Options{Now: func() time.Time { return h.at }})
	h.addRepo(shop, "main")
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, " #")
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := h.line(words); err != nil {
			t.Fatalf("line %d of the history, %q: %v", n+1, line, err)
		}
	}
	return h
}

func date(dayAndTime string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+dayAndTime)
	if err != nil {
		panic(err)
	}
	return at
}

func (h *history) line(w []string) error {
	if len(w) > 2 && strings.Contains(w[1], ":") && !strings.Contains(w[1], "/") {
		at, err := time.Parse("2006-01-02 15:04", "2026-11-"+w[0]+" "+w[1])
		if err != nil || at.Before(h.at) {
			return fmt.Errorf("a time that is none, or before the line above: %v", err)
		}
		h.at, w = at, w[2:]
	}
	arg := map[string]string{} // the words behind others
	for i := 1; i+1 < len(w); i++ {
		arg[w[i]] = w[i+1]
	}
	if len(w) < 2 {
		return fmt.Errorf("too short")
	}
	do, ok := actions[w[0]]
	if !ok {
		return fmt.Errorf("not known; known are %v", slices.Sorted(maps.Keys(actions)))
	}
	return do(h, w[1:], arg)
}

// actions are the words that lines begin with.
var actions = map[string]func(h *history, w []string, arg map[string]string) error{
	"host":  func(h *history, w []string, _ map[string]string) error { h.host = w[0]; return nil },
	"read":  func(h *history, w []string, _ map[string]string) error { h.read = w; return nil },
	"since": func(h *history, w []string, _ map[string]string) error { h.since = date(w[0] + " 00:00"); return nil },
	"repo": func(h *history, w []string, arg map[string]string) error {
		h.addRepo(w[0], arg["default"])
		return nil
	},
	"fork": func(h *history, w []string, arg map[string]string) error {
		h.s.AddFork(arg["of"], strings.Split(w[0], "/")[0], strings.Split(w[0], "/")[1])
		for key, tip := range maps.Clone(h.tips) {
			if b, of := strings.CutPrefix(key, arg["of"]+":"); of {
				h.tips[w[0]+":"+b] = tip
			}
		}
		return nil
	},
	"branch": func(h *history, w []string, arg map[string]string) error {
		from := h.tips[ref(arg["from"])]
		if from == "" {
			from = h.ids[arg["from"]]
		}
		return h.push(ref(w[0]), from, false)
	},
	"commit": func(h *history, w []string, arg map[string]string) error {
		b := ref(arg["on"])
		return h.push(b, h.commit(b, w[0], h.tips[b]), false)
	},
	"amend": func(h *history, w []string, arg map[string]string) error {
		b := ref(w[0])
		return h.push(b, h.commit(b, arg["as"], h.parents[h.tips[b]][0]), true)
	},
	"rebase": func(h *history, w []string, arg map[string]string) error {
		return h.rebase(ref(w[0]), h.tips[ref(arg["onto"])])
	},
	"open":          (*history).open,
	"merge":         (*history).merge,
	"close":         func(h *history, w []string, _ map[string]string) error { return h.setOpen(w[0], false) },
	"reopen":        func(h *history, w []string, _ map[string]string) error { return h.setOpen(w[0], true) },
	"retarget":      (*history).retarget,
	"rename-branch": (*history).renameBranch,
	"rename": func(h *history, w []string, arg map[string]string) error {
		h.s.RenameRepo(w[0], arg["to"])
		return nil
	},
	"delete": func(h *history, w []string, _ map[string]string) error { h.s.DeleteRepo(w[0]); return nil },
	"work":   (*history).work,
}

// ref returns the key of a branch: "owner/name:branch".
func ref(branch string) string {
	if strings.Contains(branch, ":") {
		return branch
	}
	return shop + ":" + branch
}

func (h *history) addRepo(repo, branch string) {
	if branch == "" {
		branch = "main"
	}
	owner, n, _ := strings.Cut(repo, "/")
	h.s.AddRepo(owner, n)
	h.s.SetDefaultBranch(repo, branch)
	h.tips[repo+":"+branch] = h.commit(repo+":", "base of "+repo)
	h.read = append(h.read, repo)
}

// commit makes a commit with one file more than its parents have.
func (h *history) commit(branch, name string, parents ...string) string {
	files := map[string]string{name: name + "\n"}
	for _, p := range parents {
		maps.Copy(files, h.files[p])
	}
	repo, _, _ := strings.Cut(branch, ":")
	id := h.s.Commit(repo, parents, githubtest.Text(files))
	h.ids[name], h.parents[id], h.files[id] = id, parents, files
	return id
}

// push moves a branch, and the pull requests from and into it.
func (h *history) push(branch, to string, force bool) error {
	if to == "" {
		return fmt.Errorf("there is no such branch or commit")
	}
	h.tips[branch] = to
	repo, name, _ := strings.Cut(branch, ":")
	h.s.SetBranch(repo, name, to)
	for number, o := range h.pulls {
		if !o.open || o.head != branch && o.base != branch {
			continue
		}
		h.s.ChangePull(o.repo, number, func(p *githubtest.Pull) {
			p.Base = h.tips[o.base]
			if o.head == branch {
				if force {
					p.Rewritten = append(p.Rewritten, p.Head)
				}
				p.Head, p.Updated = to, h.at
			}
		})
	}
	return nil
}

// own lists the commits of a branch that another does not have, oldest first.
func (h *history) own(tip, without string) []string {
	not := map[string]bool{}
	for todo := []string{without}; len(todo) > 0; todo = todo[1:] {
		not[todo[0]] = true
		todo = append(todo, h.parents[todo[0]]...)
	}
	var out []string
	for id := tip; id != "" && !not[id]; id = h.parents[id][0] {
		out = append(out, id)
		if len(h.parents[id]) == 0 {
			break
		}
	}
	slices.Reverse(out)
	return out
}

// nameOf returns the test's name of a commit.
func (h *history) nameOf(id string) string {
	var names []string
	for n, i := range h.ids {
		if i == id {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, func(a, b string) int { // the name of a merge first
		return strings.Compare(strings.Replace(a, "m", " ", 1), strings.Replace(b, "m", " ", 1))
	})
	if len(names) == 0 {
		return id
	}
	return names[0]
}

// replay makes commits again on top of another.
func (h *history) replay(branch string, commits []string, onto string) string {
	for _, c := range commits {
		onto = h.commit(branch, strings.TrimSpace(h.nameOf(c))+"'", onto)
	}
	return onto
}

func (h *history) rebase(branch, onto string) error {
	return h.push(branch, h.replay(branch, h.own(h.tips[branch], onto), onto), true)
}

func (h *history) open(w []string, arg map[string]string) error {
	number, err := strconv.Atoi(w[0])
	if err != nil || len(w) < 4 {
		return fmt.Errorf("a number, a branch and \"into\" another are needed")
	}
	o := &opened{head: ref(w[1]), base: ref(arg["into"]), open: true}
	headRepo, headRef, _ := strings.Cut(o.head, ":")
	repo, baseRef, _ := strings.Cut(o.base, ":")
	o.repo = repo
	h.s.OpenPull(repo, h.tips[o.base], h.tips[o.head], func(p *githubtest.Pull) {
		p.Number, p.HeadRepo, p.HeadRef, p.BaseRef = number, headRepo, headRef, baseRef
		if l := arg["label"]; l != "" {
			p.Labels = []string{l}
		}
	})
	h.pulls[number] = o
	return nil
}

func (h *history) pull(number string) (int, *opened, error) {
	n, _ := strconv.Atoi(number)
	if h.pulls[n] == nil {
		return 0, nil, fmt.Errorf("there is no pull request %q", number)
	}
	return n, h.pulls[n], nil
}

func (h *history) merge(w []string, arg map[string]string) error {
	n, o, err := h.pull(w[0])
	if err != nil {
		return err
	}
	base, head, name := h.tips[o.base], h.tips[o.head], fmt.Sprintf("m%d", n)
	o.open = false
	var to string
	switch arg["by"] {
	case "squash":
		to = h.commit(o.base, name, base)
	case "merge":
		to = h.commit(o.base, name, base, head)
	case "rebase":
		to = h.replay(o.base, h.own(head, base), base)
	case "forward":
		to = head
	default:
		return fmt.Errorf("by squash, merge, rebase or forward")
	}
	h.ids[name] = to
	h.s.ChangePull(o.repo, n, func(p *githubtest.Pull) {
		p.State, p.Merged, p.MergeSHA, p.MergedAt, p.Updated = "closed", true, to, h.at, h.at
	})
	return h.push(o.base, to, false)
}

func (h *history) setOpen(number string, open bool) error {
	n, o, err := h.pull(number)
	if err != nil {
		return err
	}
	o.open = open
	h.s.ChangePull(o.repo, n, func(p *githubtest.Pull) {
		if p.State, p.Closed = "open", (time.Time{}); !open {
			p.State, p.Closed = "closed", h.at
		}
		p.Updated = h.at
	})
	return nil
}

func (h *history) retarget(w []string, arg map[string]string) error {
	n, o, err := h.pull(w[0])
	if err != nil {
		return err
	}
	o.base = ref(arg["into"])
	h.s.ChangePull(o.repo, n, func(p *githubtest.Pull) {
		_, p.BaseRef, _ = strings.Cut(o.base, ":")
		p.Base, p.Updated = h.tips[o.base], h.at
	})
	return nil
}

func (h *history) renameBranch(w []string, arg map[string]string) error {
	from := ref(w[0])
	for n, o := range h.pulls {
		if o.open && o.head == from {
			if err := h.setOpen(strconv.Itoa(n), false); err != nil {
				return err
			}
		}
	}
	return h.push(ref(arg["to"]), h.tips[from], false)
}

// work makes an entry of one hour.
func (h *history) work(w []string, arg map[string]string) error {
	tokens, err := strconv.ParseInt(w[0], 10, 64)
	if err != nil {
		return err
	}
	commit := h.ids[arg["at"]]
	if arg["at"] != "" && commit == "" {
		return fmt.Errorf("there is no commit %q", arg["at"])
	}
	remote, has := arg["in"]
	if !has {
		remote = "https://" + h.host + "/" + shop + ".git"
	}
	number, _ := strconv.Atoi(arg["pull"])
	e := spend.Entry{
		Source: spend.SessionLog, Provenance: spend.Reported, Session: fmt.Sprintf("%032x", len(h.entries)),
		Hour: h.at.Truncate(time.Hour), Last: h.at, Calls: 1, Tokens: usage.Tokens{Input: usage.Known(tokens)},
		Place: spend.Place{Repository: attribute.Remote(remote), Branch: arg["on"], Commit: commit, Pull: number, Author: arg["by"]},
		Price: spend.Price{Provider: "openai", Model: "gpt-5.5"},
	}.Complete()
	h.entries = append(h.entries, e)
	return e.Check()
}
