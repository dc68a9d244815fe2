package examine_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/examine"
	"github.com/pertask/pertask/cmd/pertask/initialize"
	"github.com/pertask/pertask/cmd/pertask/newrepo"
	"github.com/pertask/pertask/doctor"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/internal/sandboxed"
	"github.com/pertask/pertask/meter"
)

// TestMain lets the test binary be a part of a sandbox.
func TestMain(m *testing.M) {
	sandboxed.Main()
	os.Exit(m.Run())
}

const key = "sk-not-to-be-shown"

func run(env map[string]string, args ...string) (stdout, stderr string, code int) {
	a := commandtest.App(env)
	a.Keys = func(ups []meter.Upstream) (meter.Keys, error) { return meter.LoadKeys(a.Getenv, os.ReadFile, ups) }
	return commandtest.Run(a, command.Program{Commands: []command.Command{initialize.Command(), examine.Command()}}, args...)
}

// agent puts a codex of a version on the PATH.
func agent(t *testing.T, version string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "codex"), []byte("#!/bin/sh\necho codex-cli "+version+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// set is a repository that init has set up, on its default branch.
func set(t *testing.T) string {
	t.Helper()
	dir := commandtest.Repository(t, map[string]string{".codex/config.toml": "model = \"gpt-5.4\"\n"}, map[string]string{"README.md": "x\n"})
	r := newrepo.At(dir)
	if err := r.Checkout(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := run(nil, "init", "--repo", dir, "--pin", strings.Repeat("0123456789", 4)); code != 0 {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	// Where no sandbox works, that is a finding of the machine's, and not of what is tested here.
	edit(t, dir, ".github/pertask.yml", "version: 1\n", "version: 1\nrun: {sandbox: none}\n")
	if err := r.Commit(t.Context(), nil, "init"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func edit(t *testing.T, dir, name, from, to string) {
	t.Helper()
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What init writes has nothing wrong but the tasks that are to be replaced.
func TestAfterInit(t *testing.T) {
	agent(t, "0.169.0")
	dir := set(t)
	stdout, stderr, code := run(map[string]string{"OPENAI_API_KEY": key}, "doctor", "--repo", dir)
	want := "warning: evals/suite.yaml:9:1: 3 tasks are the starter's and say nothing about your own work; replace them\n0 errors, 1 warnings\n"
	if code != 0 || stderr != "" || stdout != want {
		t.Errorf("exit %d, %q\n%s", code, stderr, stdout)
	}
}

func TestFindings(t *testing.T) {
	agent(t, "0.1.0")
	dir := set(t)
	edit(t, dir, ".github/workflows/pertask.yml", "types: [opened, synchronize,", "paths: [src/**]\n    types: [opened, synchronize,")
	edit(t, dir, ".github/workflows/pertask.yml", "${{ secrets.OPENAI_API_KEY }}", key)
	edit(t, dir, ".github/pertask.yml", "version: 1", "version: 1\nprices: {}\n")
	stdout, _, code := run(nil, "doctor", "--repo", dir, "--format", "json")
	var got struct {
		Schema   string
		Findings []doctor.Finding
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Schema != "pertask.doctor/1" || code != command.ExitVerdict {
		t.Fatalf("exit %d, %v\n%s", code, err, stdout)
	}
	has := func(l doctor.Level, path, part string) {
		if !slices.ContainsFunc(got.Findings, func(f doctor.Finding) bool { return f.Level == l && f.Path == path && strings.Contains(f.What, part) }) {
			t.Errorf("no %s of %q says %q in\n%s", l, path, part, stdout)
		}
	}
	has(doctor.Error, ".github/workflows/pertask.yml", "with paths")
	has(doctor.Error, ".github/workflows/pertask.yml", "OPENAI_API_KEY is written into the workflow")
	has(doctor.Warning, "evals/suite.yaml", "0.1.0 is installed")
	has(doctor.Warning, ".github/pertask.yml", "differs from main")
	has(doctor.Warning, "", "no OPENAI_API_KEY in the environment")
	if strings.Contains(stdout, key) {
		t.Error("the key is shown")
	}
	if stdout, _, _ := run(map[string]string{"OPENAI_API_KEY": key}, "doctor", "--repo", dir); strings.Contains(stdout, key) || strings.Contains(stdout, "in the environment") {
		t.Errorf("%s", stdout)
	}
}

// What this machine lacks is said, and a key that is there twice is a mistake.
func TestThisMachine(t *testing.T) {
	dir := set(t)
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(git, filepath.Join(bin, "git")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	stdout, _, code := run(map[string]string{"OPENAI_API_KEY": " "}, "doctor", "--repo", dir)
	for _, want := range []string{"warning: evals/suite.yaml: the harness \"codex\" needs the program \"codex\"", "warning: there is no OPENAI_API_KEY in the environment"} {
		if !strings.Contains(stdout, want) || code != 0 {
			t.Errorf("exit %d, nothing says %q:\n%s", code, want, stdout)
		}
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if stdout, _, code := run(map[string]string{"OPENAI_API_KEY_FILE": file}, "doctor", "--repo", dir); code != 0 || strings.Contains(stdout, "OPENAI_API_KEY") {
		t.Errorf("a key in a file: exit %d\n%s", code, stdout)
	}
	if stdout, stderr, code := run(map[string]string{"OPENAI_API_KEY_FILE": file, "OPENAI_API_KEY": key}, "doctor", "--repo", dir); code != command.ExitUsage || strings.Contains(stdout+stderr, key) || !strings.Contains(stderr, "OPENAI_API_KEY") {
		t.Errorf("two keys: exit %d, %q", code, stderr)
	}
}

// hub is a repository at GitHub.
func hub(t *testing.T, files map[string]string, rules githubtest.Rules) (env map[string]string) {
	t.Helper()
	s := githubtest.New(t)
	repo := s.AddRepo("acme", "app")
	s.SetBranch(repo, "main", s.Commit(repo, nil, githubtest.Text(files)))
	s.SetRules(repo, "main", rules)
	return map[string]string{"GITHUB_API_URL": s.URL, "GITHUB_GRAPHQL_URL": s.GraphQLURL, "TOKEN": s.Token, "OPENAI_API_KEY": key}
}

func TestGitHub(t *testing.T) {
	agent(t, "0.169.0")
	dir := set(t)
	there := map[string]string{".github/pertask.yml": "version: 1\n"}
	for _, tt := range []struct {
		name  string
		files map[string]string
		rules githubtest.Rules
		want  string
		code  int
	}{
		{"all is well", there, githubtest.Rules{Required: []githubtest.Required{{Name: "cost-per-task", App: githubtest.ActionsApp}}, MergeQueue: true}, "", 0},
		{"the check is required", there, githubtest.Rules{Required: []githubtest.Required{{Name: "pertask", App: githubtest.ActionsApp}}}, "warning: main requires the check run \"pertask\", which the tokens of pull requests of forks and of Dependabot cannot make", 0},
		{"another source", there, githubtest.Rules{Required: []githubtest.Required{{Name: "pertask", App: 7}}}, "error: main requires \"pertask\" from App 7", 1},
		{"another name", there, githubtest.Rules{Protected: []githubtest.Required{{Name: "pertask-cost"}}}, "which never comes", 1},
		{"not there", map[string]string{"x": "y"}, githubtest.Rules{}, "warning: .github/pertask.yml: it is not on main at GitHub", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, code := run(hub(t, tt.files, tt.rules), "doctor", "--repo", dir, "--token-env", "TOKEN", "--github", "acme/app")
			if code != tt.code || stderr != "" || !strings.Contains(stdout, tt.want) || tt.want == "" && !strings.Contains(stdout, "0 errors, 1 warnings") {
				t.Errorf("exit %d, %q\n%s", code, stderr, stdout)
			}
		})
	}
	env := hub(t, there, githubtest.Rules{})
	for name, tt := range map[string]struct{ remote, variable, says string }{
		"the remote":          {"git@github.com:acme/app.git", "", ""},
		"an address":          {"https://user:secret@github.com/acme/app", "", ""},
		"the variable":        {"", "acme/app", ""},
		"no remote":           {"", "", "there is no remote origin"},
		"a folder":            {"/srv/git/app.git", "", "there is no remote origin"},
		"another repository":  {"", "acme/other", "acme/other"},
		"what cannot be read": {"", "acme", "acme"},
	} {
		env["GITHUB_REPOSITORY"] = tt.variable
		config := filepath.Join(dir, ".git/config")
		text, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(string(text), "[remote")
		if tt.remote != "" {
			before += "[remote \"origin\"]\n\turl = " + tt.remote + "\n"
		}
		if err := os.WriteFile(config, []byte(before), 0o644); err != nil {
			t.Fatal(err)
		}
		stdout, stderr, code := run(env, "doctor", "--repo", dir, "--token-env", "TOKEN")
		if (code == 0) != (tt.says == "") || !strings.Contains(stderr, tt.says) || strings.Contains(stdout+stderr, env["TOKEN"]) {
			t.Errorf("%s: exit %d, %q\n%s", name, code, stderr, stdout)
		}
	}
}

// What a token lacks is said, by GitHub's own name where it gives one, and keeps nothing else from being looked at.
func TestPermissionsOfTheToken(t *testing.T) {
	agent(t, "0.169.0")
	dir := set(t)
	for _, tt := range []struct {
		lacks []string
		want  []string
		code  int
	}{
		{nil, nil, 0},
		{[]string{"pull_requests"}, []string{"warning: the token lacks pull-requests: read: it may not read pull requests; give it pull-requests: read; the token of the workflow needs pull-requests: write, to comment\n"}, 0},
		{[]string{"checks"}, []string{"warning: the token lacks checks: read: it may not list check runs; give it checks: read; the token of the workflow needs checks: write, for its check run\n"}, 0},
		{[]string{"contents", "checks"}, []string{"error: the token lacks contents: read: it may not read the rules of main; give it contents: read\n", "error: the token lacks contents: read: it may not read files of main", "the token lacks checks: read"}, 1},
	} {
		s := githubtest.New(t)
		repo := s.AddRepo("acme", "app")
		s.SetBranch(repo, "main", s.Commit(repo, nil, githubtest.Text(map[string]string{".github/pertask.yml": "version: 1\n"})))
		s.SetRules(repo, "main", githubtest.Rules{})
		a := githubtest.ReadOnlyActor()
		for _, p := range tt.lacks {
			delete(a.Permissions, p)
		}
		s.AddToken("ghs_less", a)
		env := map[string]string{"GITHUB_API_URL": s.URL, "GITHUB_GRAPHQL_URL": s.GraphQLURL, "TOKEN": "ghs_less", "OPENAI_API_KEY": key}
		stdout, stderr, code := run(env, "doctor", "--repo", dir, "--token-env", "TOKEN", "--github", "acme/app")
		if code != tt.code || stderr != "" || strings.Count(stdout, "the token lacks") != len(tt.want) {
			t.Errorf("without %q: exit %d, %q\n%s", tt.lacks, code, stderr, stdout)
		}
		for _, want := range tt.want {
			if !strings.Contains(stdout, want) {
				t.Errorf("without %q nothing says %q:\n%s", tt.lacks, want, stdout)
			}
		}
		for _, r := range s.Requests() {
			if r.Method != "GET" {
				t.Errorf("doctor has written: %s %s", r.Method, r.Path)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	dir := set(t)
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"a format":       {[]string{"--format", "xml"}, "allowed are term and json"},
		"an argument":    {[]string{"x"}, "0 are expected"},
		"no repository":  {[]string{"--repo", t.TempDir()}, "finding the repository"},
		"an empty token": {[]string{"--repo", dir, "--token-env", "NOBODY"}, "the variable is empty"},
	} {
		if stdout, stderr, code := run(nil, append([]string{"doctor"}, tt.args...)...); code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, tt.says) {
			t.Errorf("%s: exit %d, %q, %q", name, code, stdout, stderr)
		}
	}
}
