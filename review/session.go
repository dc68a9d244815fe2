package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/review/journals"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/progress"
	"github.com/pertask/pertask/review/proof"
	"github.com/pertask/pertask/review/queue"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/review/words"
	"github.com/pertask/pertask/verdict"
)

// session is the state of one review.
type session struct {
	ground.Ground
	sink Sink
	// started orders the comments of several processes: a later one's is not overwritten by an earlier one's.
	started  time.Time
	at       time.Time // of the result, in our comment: started, or that of the result which it leaves standing
	journals journals.Set
	// lost is what a suite has spent that came to no end; unknown while one is measured.
	lost  price.Amount
	facts github.Facts
	// configErr is a mistake in the configuration, found before anything was posted.
	configErr error
	gate      *gate.Gate // nil before it is open
	thread    comment.Thread
	state     state.State                     // what our comment keeps
	changes   []func(state.State) state.State // what this review changes in it
	asked     []state.Asked                   // of the suites that it is about; nil while that is not known
	queue     []queue.Pull                    // of a merge group; nil before it was read
	// unextended says of each test that was to be extended and cannot be why not.
	unextended []string
	ticking    sync.Mutex // of what tick uses
	far        progress.Standing
	throttle   progress.Throttle
	month      *report.MonthSpend
	stop       context.CancelCauseFunc // ends the review
	unread     string                  // a command that is refused before it is one
	newer      string                  // SHA of the head that took this one's place
	closed     bool                    // the pull request is
	most       price.Amount            // that the review may spend; unknown is no limit
	said       words.Said              // of the check run and the summary, in place of the report's own
	checks     *proof.Checks           // see ours
	key        string                  // of the run that our comment shows; "" before it does
}

// open reads the facts and the configuration. Nothing is written yet.
func (s *session) open(ctx context.Context) error {
	var err error
	t := s.Trigger
	if s.facts, err = s.readFacts(ctx); err != nil {
		return err
	}
	s.configErr = s.Configure(s.facts.Config, s.facts.HasConfig)
	if name := s.Config.Run.CheckName; slices.Contains(s.Jobs, name) {
		return fmt.Errorf("%w: `run.check_name` is %q, and so is the name of the workflow's job, whose check run is GitHub's own; give one of them another name", errName, name)
	}
	if t.Conflicts {
		s.Findings = append(s.Findings, verdict.Finding{Code: "conflicts",
			Text: "The pull request conflicts with its base branch. What counts here are its settings on top of that branch as it is now."})
	}
	s.thread = comment.Thread{Poster: s.GitHub, Repo: t.Repo, Pull: t.Pull, Mode: comment.Mode(s.Config.Run.Comment), Known: s.facts.Comments}
	s.recall()
	return nil
}

// errName is a check run whose name is taken.
var errName = errors.New("the check run cannot have its name")

// readFacts reads what a review starts from.
func (s *session) readFacts(ctx context.Context) (github.Facts, error) {
	t := s.Trigger
	if t.Kind == MergeGroup && t.Pull == 0 {
		return queue.Facts(ctx, s.GitHub, t.Repo, t.BaseSHA, s.ConfigPath)
	}
	return s.GitHub.Facts(ctx, t.Repo, t.Pull, t.BaseSHA, t.HeadSHA, s.ConfigPath)
}

// openCheck shows at once that a review has begun.
func (s *session) openCheck(ctx context.Context) error {
	left := s.policyOf(verdict.NotMeasured)
	c := gate.Check{Name: s.Config.Run.CheckName, HeadSHA: s.Trigger.HeadSHA, Conclusion: left}
	var err error
	if s.ID != "" {
		s.gate, err = gate.Resume(ctx, s.GitHub, s.Trigger.Repo, c, s.ReportURL, s.Now, s.ID)
	} else {
		s.gate, err = gate.Open(ctx, s.GitHub, s.Trigger.Repo, c, s.ReportURL, s.Now)
	}
	if err != nil {
		return err
	}
	if !s.Trigger.Bare() { // such a token reads only, whatever the workflow says
		for _, scope := range s.gate.Missing {
			s.Findings = append(s.Findings, permission(permitted[scope], scope))
		}
	}
	s.remember()
	if s.gate.ID != 0 && (s.facts.ChecksUnknown || slices.ContainsFunc(s.facts.OpenChecks, func(o github.OpenCheck) bool { return o.Name == c.Name })) {
		s.gate.CloseStale(ctx, s.Log)
	}
	return nil
}

// remember keeps what must be finished in case this process is gone.
func (s *session) remember() {
	if !s.gate.Shown() && s.Trigger.Pull == 0 {
		return
	}
	if err := s.sink.Opened(Check{Check: s.gate.Check, Pull: s.Trigger.Pull, Started: s.started}); err != nil {
		s.Log.Warn("remembering the check run", "error", err)
	}
}

// permitted names what a permission is for.
var permitted = map[string]string{"checks: write": "check run", "statuses: write": "commit status", "pull-requests: write": "comment"}

func permission(what, scope string) verdict.Finding {
	return verdict.Finding{Code: "permission", Text: fmt.Sprintf("The %s could not be written; give the workflow `%s` under `permissions`.", what, scope)}
}

// policyOf is the conclusion of a result without a verdict under the configured policy.
func (s *session) policyOf(r verdict.Result) string {
	row := s.Config.Verdict.Outcome(r, verdict.Inconclusive)
	return outcome.Conclusion(&report.Report{Result: r, Decision: report.Decision{Blocks: row.Blocks, Exit: row.Exit}})
}

// measure finds out what changed and measures it.
func (s *session) measure(ctx context.Context) ([]outcome.Result, error) {
	if s.configErr != nil && s.facts.HasConfig {
		return nil, &change.Mistake{Err: s.configErr}
	}
	switch err := s.ReadChange(ctx); {
	case s.adds() && (err == nil || errors.As(err, new(*change.Mistake))):
		return s.propose(ctx)
	case s.configErr != nil:
		return nil, &change.Mistake{Err: s.configErr}
	case err != nil:
		return nil, err
	}
	if r := s.Comparison().Nothing(s.ConfigPath); r != nil {
		// GitHub lists the files of the head that the pull request has now: those of another say nothing about this one.
		if s.moved() {
			return nil, ending.ErrSuperseded
		}
		if err := s.ahead(ctx); err != nil {
			return nil, err
		}
		s.asked = []state.Asked{}
		return []outcome.Result{{Report: r}}, nil
	}
	plans, err := s.plans(ctx)
	if err != nil {
		return nil, err
	}
	return s.measureSuites(ctx, plans)
}
