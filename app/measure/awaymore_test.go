package measure_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/errand"
)

// requested is what a run was asked for.
func requested(t *testing.T, r githubtest.WorkflowRun) errand.Request {
	t.Helper()
	q, err := errand.Parse(r.Inputs["request"])
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// Each suite has a run of its own, one after the other, within one budget, and programs that grade are the base's.
func TestAWorkflowForEachSuite(t *testing.T) {
	w, r := newAway(t, ", budget: 9", "name: tickets\nharness: prompt\ntasks:\n  - {id: a, prompt: x, grade: grep -q billing}\n  - {id: b, prompt: x, grade: {equals: billing}}\n")
	config := w.files[".github/pertask.yml"]
	config.Content = strings.Replace(config.Content, "suite: evals/suite.yaml", "suites: [{name: one, path: evals/suite.yaml}, {name: two, path: evals/two.yaml}]", 1)
	w.files[".github/pertask.yml"] = config
	w.files["evals/two.yaml"] = githubtest.File{Content: "name: two\nharness: prompt\ntasks: [{id: z, prompt: x, grade: {contains: bill}}, {id: y, prompt: x, grade: {contains: bill}}]\n"}
	w.commit()
	j := w.away(1)
	if err := w.measurer().Review(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	kept, runs := w.of(j), w.hub.Runs(w.repo)
	if len(runs) != 2 || len(kept.Suites) != 2 || kept.Suites[0].Name != "one" || kept.Suites[1].Name != "two" || w.calls.Load() == 0 {
		t.Fatalf("%d runs, %+v\n%s", len(runs), kept, &r.log)
	}
	sum := price.Known(price.Money{})
	for _, s := range kept.Suites {
		rep, err := report.ParseJSON(s.Report)
		if err != nil || s.Result != "measured" || rep.Base.Completed == 0 || rep.Head.Voids != 0 {
			t.Errorf("%s: %+v, %v\n%s", s.Name, s, err, &r.log)
			continue
		}
		sum = sum.Plus(rep.SpentUSD)
	}
	if !kept.Spent.Equal(sum) {
		t.Errorf("spent %s, the suites %s", kept.Spent, sum)
	}
	first, second := requested(t, runs[0]), requested(t, runs[1])
	left, _ := second.Budget.Value()
	spent, _ := sum.Value()
	if had, _ := first.Budget.Value(); had.String() != "9" || left.Cmp(had) >= 0 || left.Plus(spent).Cmp(had) < 0 {
		t.Errorf("asked for within %s and then %s, after %s", first.Budget, second.Budget, sum)
	}
	if len(w.hub.Comments(w.repo, w.pull)) != 1 || len(w.hub.Checks(w.repo, w.head)) != 1 {
		t.Error("there is not one comment and one check run")
	}
}

// noise is a provider under which both models cost the same, more or less.
func noise(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var req struct{ Model string }
		_ = json.NewDecoder(r.Body).Decode(&req)
		output := 500 + int(time.Now().UnixNano()/1000)%1000
		fmt.Fprintf(rw, `{"id":"r","model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
			`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, req.Model, output, 1000+output)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A person who asks for more gets one look more, on top of the trials that there are.
func TestAWorkflowMeasuresMore(t *testing.T) {
	w, r := newAway(t, "", suiteText)
	config := w.files[".github/pertask.yml"]
	config.Content = strings.Replace(config.Content, w.provider.URL, noise(t), 1) + "verdict: {extension_reserve: 0.01}\n" +
		"prices: {rows: [{provider: openai, model: gpt-5.4-mini, rates: {input: 2.50, output: 15}}, {provider: openai, model: gpt-5.4, rates: {input: 2.50, output: 15}}]}\n"
	w.files[".github/pertask.yml"] = config
	w.commit()
	j := w.away(1)
	if err := w.measurer().Review(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	first := w.of(j)
	if first.Suites[0].Verdict != "inconclusive" {
		t.Skipf("the noise has led to %s", first.Suites[0].Verdict)
	}
	before, err := report.ParseJSON(first.Suites[0].Report)
	if err != nil {
		t.Fatal(err)
	}
	more := w.away(2)
	more.Trigger.Kind, more.Trigger.Command, more.Trigger.By = review.Command, &command.Command{Verb: command.More}, "ada"
	if err := w.measurer().Review(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	kept, runs := w.of(more), w.hub.Runs(w.repo)
	rep, err := report.ParseJSON(kept.Suites[0].Report)
	if err != nil || len(runs) != 2 || requested(t, runs[1]).Extensions != 1 || rep.Sequence == nil || rep.Sequence.Extensions != 1 || rep.Base.Trials <= before.Base.Trials {
		t.Errorf("%d runs, %v, %+v, %+v\n%s", len(runs), err, rep.Reason, rep.Sequence, &r.log)
	}
	if kept.Spent.Equal(price.Known(price.Money{})) || kept.State != record.Ended {
		t.Errorf("%+v", kept)
	}
	reprice := w.away(3)
	reprice.Trigger.Kind, reprice.Trigger.Command, reprice.Trigger.By = review.Command, &command.Command{Verb: command.Reprice}, "ada"
	if err := w.measurer().Review(t.Context(), reprice); err != nil || len(w.hub.Runs(w.repo)) != 2 {
		t.Errorf("priced again: %v, %d runs", err, len(w.hub.Runs(w.repo)))
	}
	if all := w.hub.Comments(w.repo, w.pull); len(all) != 1 || !strings.Contains(all[0].Body, "`app.runner` is `actions`") {
		t.Errorf("comments %+v", all)
	}
}

// What is left of the month bounds what a run may spend, and is set aside for it.
func TestARunIsBoundedByTheMonth(t *testing.T) {
	w, r := newAway(t, ", budget: 50", suiteText)
	w.limit("1")
	var aside price.Amount
	j := w.away(1)
	r.before = func(int64) bool { aside = w.of(j).Reserved; return true }
	if err := w.measurer().Review(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	q := requested(t, w.hub.Runs(w.repo)[0])
	if !q.Budget.Equal(usd(t, "1")) || !aside.Equal(usd(t, "1")) || w.config.Slots.Busy() != 0 {
		t.Errorf("asked for within %s, with %s set aside", q.Budget, aside)
	}
	if kept := w.of(j); !kept.Spent.IsKnown() || kept.Reserved.IsKnown() {
		t.Errorf("%+v", kept)
	}
}

// limit bounds what the reviews of a month may cost.
func (w *world) limit(s string) {
	w.config.Limits = func(context.Context, measure.Tenant) (measure.Limits, error) {
		return measure.Limits{Repo: usd(w.t, s)}, nil
	}
}
