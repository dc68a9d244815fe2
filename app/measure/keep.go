package measure

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/verdict"
)

// keeper is the sink of a review: it keeps what the dashboard shows, while the review runs and when it has ended.
type keeper struct {
	m   *Measurer
	log *slog.Logger
	// redact hides the keys in what is kept. It leaves JSON what it is.
	redact func(string) string
	mu     sync.Mutex
	row    record.Review
	// before is what the journals held when they were opened, by evidence key, and past what earlier suites of this review
	// have spent: a journal remembers for good, and each review is to count what it has spent itself.
	before map[string]price.Amount
	past   price.Amount
	now    string       // the suite that is measured
	spent  price.Amount // by now's trials
	// aside is what this attempt has set aside; unknown while it has not.
	aside price.Amount
	// held are the journals that the review has, by evidence key. Nobody else is to have them before what it has spent is kept.
	held map[string]taken
	// done says that the review has posted all there was to post.
	done, changed bool
	// resumed says that an earlier attempt at this review has set something aside, and so may have spent.
	resumed bool
}

func (m *Measurer) keep(j Job) *keeper {
	t := j.Trigger
	k := &keeper{m: m, before: map[string]price.Amount{}, past: nothing, spent: nothing, row: record.Review{
		ID: j.ID, Repo: j.Repo, Pull: t.Pull, Head: t.HeadSHA, Base: t.BaseSHA, Kind: string(t.Kind), By: t.By, Delivery: j.Delivery, Epoch: j.Epoch,
		State: record.Running, Started: m.Now().UTC(), Spent: nothing}}
	k.log = m.logOf(j)
	k.redact = func(s string) string { return s }
	if a, err := m.account(j.Repo.Installation); err == nil {
		k.log, k.redact = a.redact.logger(k.log), a.redact.plainly
	}
	return k
}

// url is the review's page.
func (k *keeper) url() string {
	if k.m.ReportURL == nil {
		return ""
	}
	return k.m.ReportURL(k.row.Repo.Installation, k.row.ID)
}

// begin writes the review down, or goes on with what an earlier attempt wrote.
func (k *keeper) begin(ctx context.Context) error {
	before, found, err := k.m.Reviews.Review(ctx, k.scope(), k.row.ID)
	if err != nil {
		return err
	}
	if k.resumed = found && before.Reserved.IsKnown(); found {
		k.row.Started, k.row.Spent, k.row.Reserved = before.Started, before.Spent, before.Reserved
		k.settle() // what a process that died had set aside has lapsed
	}
	return k.save(ctx)
}

func (k *keeper) scope() record.Scope {
	return record.Scope{Installation: k.row.Repo.Installation, Repos: []int64{k.row.Repo.ID}}
}

func (k *keeper) save(ctx context.Context) error {
	k.mu.Lock()
	row := k.row
	k.changed = false
	k.mu.Unlock()
	return k.m.Reviews.SaveReview(ctx, row)
}

// progress is how far the trials of a suite are.
func (k *keeper) progress(suite string, done, total int, spent price.Amount) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if suite != k.now {
		k.past, k.now = k.past.Plus(k.spent), suite
	}
	k.spent, k.changed = spent, true
	sum := nothing
	for _, b := range k.before {
		sum = sum.Plus(b)
	}
	k.row.Spent = without(k.past.Plus(spent), sum)
	if done == total || done%max(total/10, 1) == 0 {
		k.log.Info("trials", "suite", suite, "done", done, "of", total, "spent_usd", spent.String())
	}
}

// nothing is no money at all.
var nothing = price.Known(price.Money{})

// without is a sum without an earlier part of it, and at least nothing: prices may have changed since. An earlier part that
// is not known is none.
func without(sum, before price.Amount) price.Amount {
	s, known := sum.Value()
	b, too := before.Value()
	switch {
	case !known, !too:
		return sum
	case b.Cmp(s) >= 0:
		return nothing
	}
	return price.Known(s.Minus(b))
}

// opened remembers what earlier reviews have counted of an evidence key's journal.
func (k *keeper) opened(ctx context.Context, key string) error {
	k.mu.Lock()
	_, known := k.before[key]
	k.mu.Unlock()
	if known {
		return nil
	}
	spent, err := k.counted(ctx, key)
	if err != nil {
		return fmt.Errorf("looking what earlier reviews have spent: %w", err)
	}
	k.mu.Lock()
	k.before[key] = spent
	k.mu.Unlock()
	return nil
}

// counted is the most that another review of an evidence key says that its trials have cost: a journal only grows. Those that
// ended last, and those that go on, are asked, as the earlier ones say less.
func (k *keeper) counted(ctx context.Context, key string) (price.Amount, error) {
	all, err := k.m.Reviews.List(ctx, k.scope(), record.Filter{Repo: k.row.Repo.ID, Limit: 1000})
	if err != nil {
		return nothing, err
	}
	of := func(s record.Suite) bool { return s.Evidence == key && s.Result == string(verdict.Measured) }
	all = slices.DeleteFunc(all, func(r record.Review) bool { return r.ID == k.row.ID || !slices.ContainsFunc(r.Suites, of) })
	slices.SortStableFunc(all, func(a, b record.Review) int {
		if a.Ended.IsZero() != b.Ended.IsZero() {
			return map[bool]int{true: -1, false: 1}[a.Ended.IsZero()]
		}
		return b.Ended.Compare(a.Ended)
	})
	most := price.Money{}
	for _, r := range all[:min(len(all), asked)] {
		whole, _, err := k.m.Reviews.Review(ctx, k.scope(), r.ID)
		if err != nil {
			return nothing, err
		}
		for _, s := range whole.Suites {
			if rep, err := report.ParseJSON(s.Report); of(s) && err == nil {
				if m, known := rep.SpentUSD.Value(); known && m.Cmp(most) > 0 {
					most = m
				}
			}
		}
	}
	return price.Known(most), nil
}

// asked is how many reviews are asked what the trials of a journal have cost. A verdict that is final costs nothing when it is told
// again, so not every one of them knows.
const asked = 20

// flush writes down what a running review has spent, so that others of the same month know, and that it is alive.
func (k *keeper) flush(ctx context.Context) error {
	k.mu.Lock()
	changed := k.changed || k.row.Reserved.IsKnown()
	k.mu.Unlock()
	if !changed {
		return nil
	}
	err := k.save(ctx)
	if err != nil {
		k.log.Warn("writing down how far the review is", "error", err)
	}
	return err
}

// pause keeps a review that goes on elsewhere.
func (k *keeper) pause(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	return k.save(ctx)
}

// saveTimeout bounds what is written when a process is to end.
const saveTimeout = 10 * time.Second

// end keeps what a review came to. One that is tried again is still running.
func (k *keeper) end(ctx context.Context, out review.Outcome, why error, final bool) error {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	k.mu.Lock()
	k.result(out)
	if final {
		k.row.Ended = k.m.Now().UTC()
		k.settle()
	} else {
		k.row.State = record.Running
	}
	if why != nil && len(out.Reports) == 0 {
		k.row.State, k.row.Title = record.Broken, k.redact(clip(why.Error()))
	}
	row := k.row
	k.mu.Unlock()
	k.log.Info("review", "state", row.State, "title", row.Title, "conclusion", row.Conclusion, "spent_usd", row.Spent.String(), "final", final)
	if final && k.m.Ended != nil {
		k.m.Ended(row)
	}
	return k.save(ctx)
}

// clip shortens a title.
func clip(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 300)])
}

// result puts in what the reports say.
func (k *keeper) result(out review.Outcome) {
	k.row.State, k.row.Exit = record.Ended, out.Exit
	if len(out.Reports) == 0 {
		return
	}
	k.row.Title, k.row.Conclusion = k.redact(title(out.Reports)), outcome.Overall(out.Reports)
	spent := nothing
	k.row.Suites = nil
	for i, r := range out.Reports {
		spent = spent.Plus(without(r.SpentUSD, k.before[r.EvidenceKey]))
		u := k.suite(r)
		if i < len(out.Questions) {
			u.Question = out.Questions[i]
		}
		k.row.Suites = append(k.row.Suites, u)
		switch {
		case r.Reason.Code == "superseded":
			k.row.State = record.Superseded
		case r.Reason.Code == "broke" && k.row.State == record.Ended:
			k.row.State = record.Broken
		}
	}
	if spent.IsKnown() || k.row.State != record.Broken { // a broken one goes on, and is counted then
		k.row.Spent = spent
	}
}

// suite is what the dashboard lists of a report.
func (k *keeper) suite(r *report.Report) record.Suite {
	u := record.Suite{Name: r.Suite, Result: string(r.Result), BaseModel: r.Base.Model, HeadModel: r.Head.Model, Evidence: r.EvidenceKey}
	if r.Result == verdict.Measured {
		u.Verdict = r.Verdict.String()
		u.Base, u.Head = amount(r.Base.CostPerTask.Amount), amount(r.Head.CostPerTask.Amount)
		u.BaseRate, u.HeadRate = number(float64(r.Base.CompletionRate)), number(float64(r.Head.CompletionRate))
	}
	if q := r.Ratio; q != nil {
		u.Ratio, u.Low, u.High = number(float64(q.Estimate)), number(float64(q.Low)), number(float64(q.High))
	}
	if data, err := report.JSON(r); err == nil {
		u.Report = []byte(k.redact(string(data)))
	}
	return u
}

// number is nil for what says nothing.
func number(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

// amount is unknown for what is no finite number.
func amount(q figure.Quotient) price.Amount {
	m, err := price.ParseMoney(strconv.FormatFloat(float64(q), 'f', -1, 64))
	if err != nil {
		return price.Amount{}
	}
	return price.Known(m)
}

// filled keeps what trials of the base have cost.
func (k *keeper) filled(ctx context.Context, spent price.Amount, why error) error {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	k.mu.Lock()
	k.row.Kind, k.row.State, k.row.Ended, k.row.Spent, k.row.Title = "base", record.Ended, k.m.Now().UTC(), spent, "Stored trials of the base"
	if why != nil {
		k.row.State = record.Broken
	}
	k.settle()
	k.mu.Unlock()
	return k.save(ctx)
}

// settled reports whether everything was posted.
func (k *keeper) settled() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.done
}

// Summary implements review.Sink: the dashboard shows the reports themselves.
func (k *keeper) Summary(string) error { return nil }

// Output implements review.Sink.
func (k *keeper) Output(string, string) error { return nil }

// File implements review.Sink: the reports are kept with the review when it ends.
func (k *keeper) File(string, []byte) error { return nil }

// Opened implements review.Sink. A review that was killed is carried out again, which completes what it has left; so all that
// is remembered here is whether there is nothing left.
func (k *keeper) Opened(c review.Check) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.done = c.Name == "" && c.ID == 0
	return nil
}

// mute is the sink of what leaves nothing.
type mute struct{ log *slog.Logger }

func (m mute) Summary(markdown string) error {
	m.log.Info("answered", "text", clip(markdown))
	return nil
}
func (mute) Output(string, string) error { return nil }
func (mute) File(string, []byte) error   { return nil }
func (mute) Opened(review.Check) error   { return nil }

// every waits; false when the context has ended.
func every(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
