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
	"strings"
	"time"

	"github.com/sethvargo/go-githubactions"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/route"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
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
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error // nil is a timer
	// secrets hides the token and the provider keys in everything that is written.
	secrets *redactor
}

// run carries out "review" or "finish" and returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (code int) {
	secrets := newRedactor(getenv)
	p := &program{getenv: getenv, secrets: secrets, stdout: redactingWriter{stdout, secrets.redact},
		log: slog.New(slog.NewTextHandler(redactingWriter{stderr, func(s string) string { return inert(secrets.redact(s)) }}, nil))}
	p.now, p.sleep = clock(getenv)
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
	if args[0] == "finish" {
		return p.finish(ctx)
	}
	if err := route.Refused(p.getenv("GITHUB_EVENT_NAME")); err != nil {
		p.fail(err)
		return exitUsage
	}
	client, err := p.client()
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	if text := p.getenv("PERTASK_MEASURE"); text != "" {
		return p.measure(ctx, client, text)
	}
	if p.getenv("GITHUB_EVENT_NAME") == "schedule" {
		return p.scheduled(ctx, client)
	}
	e, err := p.event()
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	if asksForSchedule(e) {
		return p.scheduled(ctx, client)
	}
	ask, err := route.Route(e)
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	p.promise(ctx, client, e)
	if ask.Do == route.Fill {
		return p.fill(ctx, client, e)
	}
	return p.carryOut(ctx, client, ask, e)
}

// fail shows an error as an annotation of the job.
func (p *program) fail(err error) {
	p.actions().Errorf("%s", err)
}

func (p *program) actions() *githubactions.Action {
	return githubactions.New(githubactions.WithWriter(p.stdout), githubactions.WithGetenv(p.getenv))
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
	return github.New(p.github())
}

// github is how GitHub is reached.
func (p *program) github() github.Config {
	return github.Config{BaseURL: p.getenv("GITHUB_API_URL"), GraphQLURL: p.getenv("GITHUB_GRAPHQL_URL"),
		Token: p.getenv("PERTASK_GITHUB_TOKEN"), Redact: p.secrets.redact, UserAgent: "pertask", Sleep: p.sleep}
}

// carryOut does what an event asks for.
func (p *program) carryOut(ctx context.Context, client *github.Client, ask route.Ask, e event.Event) int {
	if ask.Do == route.Ignore {
		p.say(ask.Say)
		return exitOK
	}
	sink, err := p.newSink()
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	sink.repo = ask.Trigger.Repo
	scratch, err := os.MkdirTemp(p.getenv("RUNNER_TEMP"), "pertask-work-")
	if err != nil {
		p.fail(fmt.Errorf("making a scratch folder: %w", err))
		return exitUsage
	}
	defer os.RemoveAll(scratch)
	o, end, err := p.options(client, sink, scratch, ask.Trigger.Pull)
	if err != nil {
		p.fail(err)
		return exitUsage
	}
	defer end()
	began := p.now()
	out, err := p.do(ctx, review.New(o), client, ask, e, sink)
	p.keepCalls(ctx, client, ask.Trigger.Repo, ask.Trigger.Pull, ask.Trigger.HeadSHA, sink.dir, began)
	if err != nil {
		p.fail(err)
	}
	for _, r := range out.Reports {
		p.say(fmt.Sprintf("pertask: %s: %s", r.Result, r.Reason.Text))
	}
	if err == nil && ask.Trigger.CommentID != 0 && out.Exit == verdict.ExitBlocked {
		p.say("The check run on the pull request's head blocks. This job, which a comment started, belongs to the default branch and does not fail for it.")
		return exitOK
	}
	return out.Exit
}

// do finds out what an event does not say, and does what it asks for.
func (p *program) do(ctx context.Context, r *review.Reviewer, client *github.Client, ask route.Ask, e event.Event, sink *sink) (review.Outcome, error) {
	failed := review.Outcome{Exit: review.ExitBroken}
	if ask.Label != "" {
		label, err := r.Label(ctx, ask.Trigger)
		if err != nil {
			return failed, err
		}
		ask = ask.Labelled(label)
	}
	ask, err := route.Resolve(ctx, client, ask)
	if err != nil {
		return failed, err
	}
	if ask.Say != "" {
		p.say(ask.Say)
	}
	t := ask.Trigger
	switch {
	case ask.Do == route.Review:
		return r.Review(ctx, t, sink)
	case ask.Do == route.Stand:
		return r.Stand(ctx, t, sink)
	case ask.Do != route.Refuse:
		return review.Outcome{}, nil
	case ask.Why != route.NoWrite && t.CommentID != 0:
		return review.Outcome{}, r.Refuse(ctx, t, firstLine(e.Comment.Body), ask.Say, sink)
	}
	err = r.Decline(ctx, t, ask.Say, sink)
	if t.CommentID == 0 && err == nil { // a label: the job stands on the head's commit
		return r.Stand(ctx, t, sink)
	}
	return review.Outcome{}, err
}

// say prints a line for whoever reads the log.
func (p *program) say(text string) { fmt.Fprintln(p.stdout, singleLine(text)) }

// firstLine is the first line of a text that is not blank.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
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
func (p *program) options(client *github.Client, sink *sink, scratch string, pull int) (review.Options, func(), error) {
	path := p.getenv("PERTASK_CONFIG")
	if path == "" {
		path = config.Path
	}
	if err := p.ledgerBranch(); err != nil {
		return review.Options{}, func() {}, err
	}
	journals := newKept(p.getenv, p.log, pull)
	base, tests, end, err := p.stores(journals)
	if err != nil {
		return review.Options{}, end, err
	}
	o := review.Options{
		GitHub: client, Book: price.Embedded(), Version: version(), ConfigPath: path, Getenv: p.getenv, Scratch: scratch, Hide: p.folders(),
		Now: p.now, Sleep: p.sleep, Log: p.log, ReportURL: p.reportURL(), Jobs: p.jobs(), LedgerBranch: p.getenv("PERTASK_LEDGER_BRANCH"),
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

// ledgerBranch refuses to keep what checks cost beside code: each line is a commit on that branch.
func (p *program) ledgerBranch() error {
	branch := strings.TrimPrefix(p.getenv("PERTASK_LEDGER_BRANCH"), "refs/heads/")
	for _, name := range []string{"PERTASK_BASE_BRANCH", "GITHUB_BASE_REF", "GITHUB_HEAD_REF"} {
		if branch != "" && branch == p.getenv(name) {
			return fmt.Errorf("the input ledger-branch is %q, a branch with code; give it a name that no branch has, such as pertask-ledger", branch)
		}
	}
	return nil
}

// jobs are the names under which GitHub may show this job as a check run.
func (p *program) jobs() []string {
	var out []string
	for _, name := range []string{p.getenv("GITHUB_JOB"), p.getenv("PERTASK_JOB_NAME")} {
		if name != "" {
			out = append(out, name)
		}
	}
	return out
}

// reportURL is the page of the workflow's run, where the artifacts are.
func (p *program) reportURL() string {
	server, repo, id := p.getenv("GITHUB_SERVER_URL"), p.getenv("GITHUB_REPOSITORY"), p.getenv("GITHUB_RUN_ID")
	if server == "" || repo == "" || id == "" {
		return ""
	}
	return server + "/" + repo + "/actions/runs/" + id
}

// finish completes what a review left open: the check run, and a comment that says that trials run. That it cannot does not
// fail the job: the review's status is the gate.
func (p *program) finish(ctx context.Context) int {
	left, ok, err := readOpened(p.getenv)
	if err != nil || !ok {
		if err != nil {
			p.log.Warn("finishing", "error", err)
		}
		return exitOK
	}
	client, err := p.client()
	if err != nil {
		p.actions().Warningf("%s", err)
		return exitOK
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := review.New(review.Options{GitHub: client, Log: p.log, Now: p.now}).Finish(ctx, left.Repo, left.Check); err != nil {
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
