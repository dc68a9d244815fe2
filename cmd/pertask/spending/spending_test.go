package spending_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/spending"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/internal/golden"
)

// now is a Monday, so that the last whole week ended with the day before.
var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// machine is somebody's machine, and GitHub.
type machine struct {
	t      *testing.T
	hub    *githubtest.Server
	env    map[string]string
	home   string
	calls  int
	base   string
	number map[string]int // of pull requests, by repository and branch
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, home: t.TempDir(), number: map[string]int{}}
	m.hub = githubtest.NewWith(t, githubtest.Options{Now: func() time.Time { return now }})
	m.env = map[string]string{
		"HOME": m.home, "PERTASK_LEDGER": filepath.Join(t.TempDir(), "ledger"),
		"GH_TOKEN": m.hub.Token, "GITHUB_API_URL": m.hub.URL, "GITHUB_GRAPHQL_URL": m.hub.GraphQLURL,
	}
	m.repo("acme", "shop")
	return m
}

// repo makes a repository, and a work tree of it.
func (m *machine) repo(owner, name string) {
	m.t.Helper()
	full := m.hub.AddRepo(owner, name)
	m.base = m.hub.Commit(full, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	m.hub.SetBranch(full, "main", m.base)
	m.put(filepath.Join(name, ".git", "HEAD"), "ref: refs/heads/main\n")
	m.put(filepath.Join(name, ".git", "config"), "[remote \"origin\"]\n\turl = git@github.com:"+full+".git\n")
}

func (m *machine) put(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.home, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// work has Claude Code make calls in a work tree on a branch: each of 1,000 tokens of output of Claude Opus 5.
func (m *machine) work(repo, branch string, at time.Time, calls int, model string) {
	m.t.Helper()
	var b strings.Builder
	session := fmt.Sprintf("00000000-0000-4000-8000-%012d", m.calls)
	for i := range calls {
		m.calls++
		line, err := json.Marshal(map[string]any{
			"type": "assistant", "sessionId": session, "version": "2.1.173", "cwd": filepath.Join(m.home, repo), "gitBranch": branch,
			"timestamp": at.Add(time.Duration(i) * time.Second).Format("2006-01-02T15:04:05.000Z"), "requestId": fmt.Sprint("req_", m.calls), "uuid": fmt.Sprint("u", m.calls),
			"message": map[string]any{"id": fmt.Sprint("msg_", m.calls), "type": "message", "role": "assistant", "model": model, "stop_reason": "end_turn", "content": []any{},
				"usage": map[string]any{"input_tokens": 2000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 20000, "output_tokens": 1000}},
		})
		if err != nil {
			m.t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	m.put(filepath.Join(".claude/projects/-"+repo, session+".jsonl"), b.String())
}

// pull opens a pull request of a branch, and merges it at a time unless that is zero.
func (m *machine) pull(repo, branch string, created, merged time.Time, change ...func(*githubtest.Pull)) {
	m.t.Helper()
	head := m.hub.Commit(repo, []string{m.base}, githubtest.Text(map[string]string{"a": branch}))
	n := m.hub.OpenPull(repo, m.base, head, append([]func(*githubtest.Pull){func(p *githubtest.Pull) {
		p.HeadRef, p.Created, p.Updated, p.Title = branch, created, created, "Mend "+branch
	}}, change...)...)
	m.number[repo+" "+branch] = n
	if merged.IsZero() {
		return
	}
	m.hub.ChangePull(repo, n, func(p *githubtest.Pull) {
		p.State, p.Closed, p.Updated, p.Merged, p.MergedAt, p.MergeSHA = "closed", merged, merged, true, merged, m.base
	})
}

// fill works for four weeks: a pull request for each work day, of which every seventh is far dearer, besides work on the default
// branch, on a branch without a pull request and on one that is open.
func (m *machine) fill() {
	m.t.Helper()
	for i := range 20 {
		at := now.AddDate(0, 0, -27+i/5*7+i%5).Add(time.Hour)
		branch := fmt.Sprintf("fix-%d", i+1)
		calls := 10 + 3*(i%4)
		if i%7 == 6 {
			calls *= 12
		}
		m.work("shop", branch, at, calls, "claude-opus-5")
		m.pull("acme/shop", branch, at.Add(-time.Hour), at.Add(5*time.Hour))
	}
	m.work("shop", "main", now.AddDate(0, 0, -40), 1, "claude-opus-5") // so that all pull requests are known from their begin on
	m.work("shop", "main", now.AddDate(0, 0, -9), 7, "claude-opus-5")
	m.work("shop", "spike", now.AddDate(0, 0, -8), 5, "claude-opus-5")
	m.work("shop", "wip", now.AddDate(0, 0, -1), 4, "claude-opus-5")
	m.pull("acme/shop", "wip", now.AddDate(0, 0, -2), time.Time{})
	m.pull("acme/shop", "by-hand", now.AddDate(0, 0, -4), now.AddDate(0, 0, -3))
}

// run carries out a spend command.
func (m *machine) run(args ...string) (stdout, stderr string, code int) {
	m.t.Helper()
	a := commandtest.App(m.env)
	return commandtest.Run(a, command.Program{Commands: []command.Command{spending.At(func() time.Time { return now })}}, append([]string{"spend"}, args...)...)
}

// fine carries out a spend command that succeeds, and returns what it printed.
func (m *machine) fine(args ...string) string {
	m.t.Helper()
	stdout, stderr, code := m.run(args...)
	if code != 0 {
		m.t.Fatalf("%q: status %d: %s", args, code, stderr)
	}
	return stdout
}

func TestMain(m *testing.M) { commandtest.Main(m) }

// TestFormats is the whole way, from logs and pull requests to each format and each division.
func TestFormats(t *testing.T) {
	m := newMachine(t)
	m.fill()
	for _, by := range []string{"week", "model", "author-label", "repo", "pull"} {
		golden.Check(t, "testdata/by-"+by+".txt", m.fine("--by", by))
	}
	golden.Check(t, "testdata/week.md", m.fine("--format", "md"))
	golden.Check(t, "testdata/pull.csv", m.fine("--format", "csv", "--by", "pull"))
	html := m.fine("--format", "html")
	if !strings.HasPrefix(html, "<!DOCTYPE html>") || strings.Contains(html, "<script") || !strings.Contains(html, "Median") {
		t.Errorf("%.300s", html)
	}
	var r struct {
		Schema  string
		Answer  string
		Pulls   []struct{ Number int }
		PerPull struct{ N int } `json:"per_pull"`
	}
	if err := json.Unmarshal([]byte(m.fine("--format", "json")), &r); err != nil || r.Schema != "pertask.spend-report/1" || r.PerPull.N != 20 || len(r.Pulls) != 20 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestOnlyWhatIsNew holds that a second run asks GitHub for what is new only, and that it tells the same.
func TestOnlyWhatIsNew(t *testing.T) {
	m := newMachine(t)
	for i := range 100 { // more than two pages
		at := now.AddDate(0, 0, -20).Add(time.Duration(i) * time.Hour)
		m.pull("acme/shop", fmt.Sprintf("p-%d", i), at, at.Add(30*time.Minute))
	}
	m.work("shop", "p-99", now.AddDate(0, 0, -16).Add(3*time.Hour), 3, "claude-opus-5")
	queries := func() int {
		n := 0
		for _, r := range m.hub.Requests() {
			if strings.HasSuffix(r.Path, "/graphql") {
				n++
			}
		}
		return n
	}
	first := m.fine()
	one := queries()
	second := m.fine()
	two := queries() - one
	if one < 3 || two >= one || first != second {
		t.Errorf("%d queries, then %d\n%s", one, two, cmp.Diff(first, second))
	}
	m.work("shop", "late", now.Add(-time.Minute), 2, "claude-opus-5")
	m.pull("acme/shop", "late", now.Add(-2*time.Minute), now)
	if third := m.fine("--by", "pull"); !strings.Contains(third, "Mend late") || !strings.Contains(third, "Mend p-99") {
		t.Errorf("what was merged since is not there, or what was before is gone:\n%s", third)
	}
}

// TestNoToken says what is missing, asks nobody, and divides by branch and reason.
func TestNoToken(t *testing.T) {
	m := newMachine(t)
	m.fill()
	delete(m.env, "GH_TOKEN")
	golden.Check(t, "testdata/no-token.txt", m.fine())
	if n := len(m.hub.Requests()); n != 0 {
		t.Errorf("%d requests without a token", n)
	}
}

// TestTokensStayAtHome: the names of servers come from remotes that anybody may have written.
func TestTokensStayAtHome(t *testing.T) {
	m := newMachine(t)
	m.put("trap/.git/HEAD", "ref: refs/heads/main\n")
	m.put("trap/.git/config", "[remote \"origin\"]\n\turl = https://127.0.0.1.evil.example/acme/shop.git\n")
	m.work("trap", "main", now.AddDate(0, 0, -2), 2, "claude-opus-5")
	out := m.fine()
	if n := len(m.hub.Requests()); n != 0 || !strings.Contains(out, "`127.0.0.1.evil.example` are not read") {
		t.Errorf("%d requests\n%s", n, out)
	}
	m.env["GITHUB_SERVER_URL"] = "https://git.acme.example" // then the token is of that server
	m.work("shop", "main", now.AddDate(0, 0, -2), 2, "claude-opus-5")
	if out := m.fine(); len(m.hub.Requests()) != 0 || !strings.Contains(out, "`github.com` are not read") {
		t.Errorf("%d requests\n%s", len(m.hub.Requests()), out)
	}
}

// TestHostile has titles, branches, labels and models that want to be more than words.
func TestHostile(t *testing.T) {
	m := newMachine(t)
	m.work("shop", "fix", now.AddDate(0, 0, -3), 3, "claude-opus-5")
	m.work("shop", "<img src=x>|`@all`", now.AddDate(0, 0, -2), 3, "model-<script>alert(1)</script>\x1b[31m")
	m.pull("acme/shop", "fix", now.AddDate(0, 0, -4), now.AddDate(0, 0, -2), func(p *githubtest.Pull) {
		p.Title = "=HYPERLINK(\"https://evil.example\") \x1b[2J<script>alert(1)</script> @all #1 | <!channel> `x` [l](https://evil.example)"
		p.Labels = []string{"team:<b>x</b>", "author:=1+1"}
	})
	for _, format := range []string{"term", "md", "html", "csv", "json"} {
		for _, by := range []string{"week", "model", "author-label", "pull"} {
			out := m.fine("--format", format, "--by", by)
			if strings.ContainsAny(out, "\x1b\x07\u202e") {
				t.Errorf("%s by %s: a control character\n%q", format, by, out)
			}
			switch format {
			case "html":
				if strings.Contains(out, "<script") || strings.Contains(out, "<b>") || strings.Contains(out, "<img") {
					t.Errorf("by %s: something is live\n%s", by, out)
				}
			case "md":
				if strings.Contains(out, "<script") || strings.Contains(out, " @all") || strings.Contains(out, "](https") || strings.Contains(out, " #1 ") {
					t.Errorf("by %s: something is live\n%s", by, out)
				}
			case "csv":
				if strings.Contains(out, ",=") || strings.Contains(out, ",\"=") || strings.Contains(out, "\n=") {
					t.Errorf("by %s: a formula\n%s", by, out)
				}
			}
		}
	}
}

// TestEmpty is a machine without logs.
func TestEmpty(t *testing.T) {
	m := newMachine(t)
	if out := m.fine(); !strings.HasPrefix(out, "Nothing is in the ledger of the time since 2026-10-24.") {
		t.Errorf("%s", out)
	}
	for _, format := range []string{"md", "html", "csv", "json"} {
		if out := m.fine("--format", format); out == "" {
			t.Errorf("%s: nothing", format)
		}
	}
	if out := m.fine("scan"); out != "There are no session logs on this machine.\n" {
		t.Errorf("%q", out)
	}
}

func TestSeveralRepositories(t *testing.T) {
	m := newMachine(t)
	m.fill()
	m.repo("acme", "site")
	m.work("site", "fix", now.AddDate(0, 0, -5), 40, "claude-sonnet-5")
	m.pull("acme/site", "fix", now.AddDate(0, 0, -6), now.AddDate(0, 0, -4))
	m.put("gone/.git/HEAD", "ref: refs/heads/main\n")
	m.put("gone/.git/config", "[remote \"origin\"]\n\turl = git@github.com:acme/gone.git\n")
	m.work("gone", "fix", now.AddDate(0, 0, -5), 2, "claude-sonnet-5")
	out := m.fine("--by", "repo")
	for _, want := range []string{"acme/shop", "acme/site", "The pull requests of `github.com/acme/gone` could not be read", "over 21 merged pull requests"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not there:\n%s", want, out)
		}
	}
	out = m.fine("--by", "repo", "--repo", "Acme/Site")
	if strings.Contains(out, "acme/shop") || !strings.Contains(out, "over 1 merged pull request.") {
		t.Errorf("the others are there:\n%s", out)
	}
}

func TestAuthors(t *testing.T) {
	m := newMachine(t)
	m.work("shop", "fix", now.AddDate(0, 0, -3), 3, "claude-opus-5")
	m.pull("acme/shop", "fix", now.AddDate(0, 0, -4), now.AddDate(0, 0, -2), func(p *githubtest.Pull) {
		p.Author, p.Labels = "mallory", []string{"team:payments", "bug"}
	})
	for _, format := range []string{"term", "json", "csv", "md", "html"} {
		if out := m.fine("--by", "author-label", "--format", format); strings.Contains(out, "mallory") {
			t.Errorf("%s: the author is there", format)
		}
	}
	for _, r := range m.hub.Requests() {
		if strings.Contains(string(r.Body), "login") && strings.Contains(string(r.Body), "author") {
			t.Errorf("the author was asked for: %s", r.Body)
		}
	}
	if out := m.fine("--by", "author-label", "--authors"); !strings.Contains(out, "author:mallory") || !strings.Contains(out, "team:payments") || strings.Contains(out, "bug") {
		t.Errorf("%s", out)
	}
}

func TestPullsFile(t *testing.T) {
	m := newMachine(t)
	m.fill()
	file := filepath.Join(t.TempDir(), "pulls.json")
	first := m.fine("--write-pulls", file)
	delete(m.env, "GH_TOKEN")
	before := len(m.hub.Requests())
	if second := m.fine("--pulls", file); second != first || len(m.hub.Requests()) != before {
		t.Errorf("(-GitHub +file):\n%s", cmp.Diff(first, second))
	}
	for name, text := range map[string]string{"no JSON": "x", "another schema": `{"schema":"x/1"}`, "no repository": `{"schema":"pertask.pulls/1","repositories":[{"name":"../x"}]}`} {
		m.put("bad.json", text)
		if _, stderr, code := m.run("--pulls", filepath.Join(m.home, "bad.json")); code != 2 || !strings.Contains(stderr, "bad.json") {
			t.Errorf("%s: status %d: %s", name, code, stderr)
		}
	}
}

// TestCodex counts a log of Codex with a repository of its own in it.
func TestCodex(t *testing.T) {
	m := newMachine(t)
	m.put(".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-t-one.jsonl", strings.Join([]string{
		`{"timestamp":"2026-11-20T10:00:00.000Z","type":"session_meta","payload":{"id":"t-one","timestamp":"2026-11-20T10:00:00.000Z","cwd":"/nowhere/shop","cli_version":"0.169.0","model_provider":"openai","git":{"branch":"fix-date","repository_url":"git@github.com:Acme/Shop.git"}}}`,
		`{"timestamp":"2026-11-20T10:00:00.100Z","type":"turn_context","payload":{"cwd":"/nowhere/shop","model":"gpt-5.5"}}`,
		`{"timestamp":"2026-11-20T10:00:01.000Z","type":"token_usage_record","payload":{"thread_id":"t-one","turn_id":"u1","session_id":"t-one","response_id":"resp_1","usage":{"input_tokens":100000,"cached_input_tokens":0,"output_tokens":10000,"reasoning_output_tokens":0,"total_tokens":110000,"cache_write_input_tokens":0},"turn_token_usage":{"input_tokens":100000,"output_tokens":10000,"total_tokens":110000},"thread_token_usage":{"input_tokens":100000,"output_tokens":10000,"total_tokens":110000}}}`,
		`torn`,
	}, "\n"))
	m.pull("acme/shop", "fix-date", now.AddDate(0, 0, -4), now.AddDate(0, 0, -2))
	out := m.fine("--by", "pull")
	if !strings.Contains(out, "acme/shop#1") || !strings.Contains(out, "$0.80") {
		t.Errorf("%s", out)
	}
}

func TestBadOptions(t *testing.T) {
	m := newMachine(t)
	for _, test := range []struct{ args, want string }{
		{"--since yesterday", "allowed are 30d, 8w, YYYY-MM-DD and all"},
		{"--since 0d", "allowed are"}, {"--since d", "allowed are"}, {"--since 99999999d", "allowed are"},
		{"--until soon", "--until"}, {"--since 2026-11-01 --until 2026-10-01", "is not after"},
		{"--by day", "allowed are week"}, {"--format pdf", "allowed are term"}, {"--repo shop", "owner/name"}, {"--repo ../x", "owner/name"},
		{"--ledger off", "there is no ledger"}, {"--config /nowhere.yml", "nowhere.yml"}, {"--control /nowhere.csv", "nowhere.csv"}, {"--pulls /nowhere.json", "nowhere.json"},
		{"extra", "arguments"}, {"import", "which files"}, {"import /nowhere.jsonl", "nowhere"}, {"export a b", "2 files"}, {"push", "--repo"},
		{"weekly --week 2026-W60", "allowed is one such as"}, {"weekly --format term", "md or slack"}, {"weekly --slack-webhook-env NO", "is empty"},
	} {
		_, stderr, code := m.run(strings.Fields(test.args)...)
		if code != command.ExitUsage || !strings.Contains(stderr, test.want) || strings.Contains(stderr, "goroutine") {
			t.Errorf("%s: status %d, %q; want %q", test.args, code, stderr, test.want)
		}
	}
}

// TestControl shows what a provider billed beside the ledger.
func TestControl(t *testing.T) {
	m := newMachine(t)
	m.fill()
	m.put("bill.csv", "provider,date,usd\nanthropic,2026-11-10,3.50\nanthropic,2026-11-11,2.25\nanthropic,2026-08-01,99\n")
	out := m.fine("--control", filepath.Join(m.home, "bill.csv"))
	for _, want := range []string{"What providers billed", "$5.75", "2026-11-10", "1 lines that are not within"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not there:\n%s", want, out)
		}
	}
}

// TestServerDown: GitHub's trouble is said, and the rest is told.
func TestServerDown(t *testing.T) {
	m := newMachine(t)
	m.fill()
	m.env["GH_TOKEN"] = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	stdout, stderr, code := m.run()
	if code != 0 || !strings.Contains(stdout, "could not be read") || strings.Contains(stdout+stderr, m.env["GH_TOKEN"]) {
		t.Errorf("status %d\n%s%s", code, stdout, stderr)
	}
}
