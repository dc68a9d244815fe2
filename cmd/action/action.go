package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/sethvargo/go-githubactions"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/trial"
)

// Exit statuses are those of package verdict's table; exitUsage is for a workflow that is set up wrongly.
const (
	exitOK    = 0
	exitUsage = 2
)

// program is what the Action needs of the world.
type program struct {
	getenv func(string) string
	stdout io.Writer
	log    *slog.Logger
	// secrets hides the token and the provider keys in everything that is written.
	secrets *redactor
}

// run carries out "review" or "finish" and returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (code int) {
	secrets := newRedactor(getenv)
	p := &program{getenv: getenv, secrets: secrets, stdout: redactingWriter{stdout, secrets.redact},
		log: slog.New(slog.NewTextHandler(redactingWriter{stderr, secrets.redact}, nil))}
	defer func() {
		if v := recover(); v != nil {
			p.fail(fmt.Errorf("pertask broke: %v; please report this", v))
			code = review.ExitBroken
		}
	}()
	if len(args) != 1 || args[0] != "review" && args[0] != "finish" {
		p.fail(errors.New("usage: action review | finish; this program is run by action.yml"))
		return exitUsage
	}
	e, err := p.event()
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	client, err := p.client()
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	if args[0] == "finish" {
		return p.finish(ctx, client, e)
	}
	if e.Name == "push" {
		return p.fill(ctx, client, e)
	}
	return p.review(ctx, client, e)
}

// fail shows an error as an annotation of the job.
func (p *program) fail(err error) {
	p.actions().Errorf("%s", err)
}

func (p *program) actions() *githubactions.Action {
	return githubactions.New(githubactions.WithWriter(p.stdout), githubactions.WithGetenv(p.getenv))
}

// trigger is what an event asks for, or a message that says why there is nothing to do.
func (p *program) trigger(e event.Event) (review.Trigger, string, error) {
	t := review.Trigger{Kind: review.PullRequest, Repo: e.Repo, Pull: e.Pull.Number, BaseSHA: e.Pull.BaseSHA, HeadSHA: e.Pull.HeadSHA, Fork: e.Pull.Fork}
	switch e.Name {
	case "pull_request":
		if e.Action == "closed" {
			return t, "The pull request is closed.", nil
		}
		return t, "", nil
	case "merge_group":
		return t, "A merge queue never spends; the pull request's own check has the verdict.", nil
	case "pull_request_target":
		return t, "", errors.New("pertask does not run on pull_request_target: that event hands secrets to a workflow about code that nobody has read. " +
			"Use pull_request; docs/security.md says what to do about forks")
	}
	return t, "", fmt.Errorf("pertask does not know what to do on the event %q; allowed are pull_request, merge_group and push", e.Name)
}

func (p *program) event() (event.Event, error) {
	name, path := p.getenv("GITHUB_EVENT_NAME"), p.getenv("GITHUB_EVENT_PATH")
	if name == "" || path == "" {
		return event.Event{}, errors.New("GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set: this program runs in a GitHub Actions workflow; try the command pertask at a terminal")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return event.Event{}, fmt.Errorf("reading the event: %w", err)
	}
	return event.Parse(name, data)
}

func (p *program) client() (*github.Client, error) {
	token := p.getenv("PERTASK_GITHUB_TOKEN")
	if token == "" {
		return nil, errors.New("no token: the input github-token is empty")
	}
	return github.New(github.Config{BaseURL: p.getenv("GITHUB_API_URL"), GraphQLURL: p.getenv("GITHUB_GRAPHQL_URL"),
		Token: token, Redact: p.secrets.redact, UserAgent: "pertask"})
}

func (p *program) review(ctx context.Context, client *github.Client, e event.Event) int {
	t, nothing, err := p.trigger(e)
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	if nothing != "" {
		fmt.Fprintln(p.stdout, nothing)
		return exitOK
	}
	sink, err := p.newSink()
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	scratch, err := os.MkdirTemp(p.getenv("RUNNER_TEMP"), "pertask-work-")
	if err != nil {
		p.fail(fmt.Errorf("making a scratch folder: %w", err))
		return exitUsage
	}
	defer os.RemoveAll(scratch)
	o, end, err := p.options(client, sink, scratch)
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	defer end()
	out, err := review.New(o).Review(ctx, t, sink)
	if err != nil {
		p.fail(err)
	}
	for _, r := range out.Reports {
		fmt.Fprintf(p.stdout, "pertask: %s: %s\n", r.Result, singleLine(r.Reason.Text))
	}
	return out.Exit
}

// folders are those of the runner, with the checkout, the event and what other steps have left: no agent may see them.
func (p *program) folders() []string {
	var out []string
	for _, name := range []string{"GITHUB_WORKSPACE", "RUNNER_WORKSPACE", "RUNNER_TEMP", "GITHUB_ACTION_PATH"} {
		if dir := p.getenv(name); filepath.IsAbs(dir) {
			out = append(out, dir)
		}
	}
	if event := p.getenv("GITHUB_EVENT_PATH"); filepath.IsAbs(event) {
		out = append(out, filepath.Dir(event))
	}
	return out
}

// options are what a review needs. The returned function closes what they have opened.
func (p *program) options(client *github.Client, sink *sink, scratch string) (review.Options, func(), error) {
	path := p.getenv("PERTASK_CONFIG")
	if path == "" {
		path = config.Path
	}
	journals := newKept(p.getenv, p.log)
	base, tests, end, err := p.stores(journals)
	if err != nil {
		return review.Options{}, end, err
	}
	o := review.Options{
		GitHub: client, Book: price.Embedded(), Version: version(), ConfigPath: path, Getenv: p.getenv, Scratch: scratch, Hide: p.folders(),
		Now: time.Now, Log: p.log, ReportURL: p.reportURL(),
		Keys: func(ups []meter.Upstream) meter.Keys {
			k, err := meter.LoadKeys(p.getenv, os.ReadFile, ups)
			p.secrets.add(k)
			if err != nil {
				p.fail(err) // a review that needs one of these keys stops for want of it
			}
			return k
		},
		Journal: func(key string) (trial.Journal, string, error) {
			name := sink.journal(key)
			j, err := journals.open(key, filepath.Join(sink.dir, name))
			return j, name, err
		},
		Progress: func(suite string, done, total int, spent price.Amount) {
			if done == total || done%max(total/10, 1) == 0 {
				p.log.Info("trials", "suite", suite, "done", done, "of", total, "spent_usd", spent.String())
			}
		},
	}
	if base != nil {
		o.Store = base
	}
	if tests != nil {
		o.Tests = tests
	}
	return o, end, nil
}

// reportURL is the page of the workflow's run, where the artifacts are.
func (p *program) reportURL() string {
	server, repo, id := p.getenv("GITHUB_SERVER_URL"), p.getenv("GITHUB_REPOSITORY"), p.getenv("GITHUB_RUN_ID")
	if server == "" || repo == "" || id == "" {
		return ""
	}
	return server + "/" + repo + "/actions/runs/" + id
}

// finish completes the check run that a review left open. A check run that cannot be completed does not fail the job: the review's status is the gate.
func (p *program) finish(ctx context.Context, client *github.Client, e event.Event) int {
	check, ok, err := readOpened(p.getenv)
	if err != nil || !ok {
		if err != nil {
			p.log.Warn("finishing", "error", err)
		}
		return exitOK
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := review.New(review.Options{GitHub: client, Log: p.log, Now: time.Now}).Finish(ctx, e.Repo, check); err != nil {
		p.actions().Warningf("%s", err)
	}
	return exitOK
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
