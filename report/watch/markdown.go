package watch

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/compare/drift"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// Title is that of the issue. It has no words of others.
func (w Watch) Title() string {
	kinds := map[string]bool{}
	for _, s := range w.Suites {
		for _, m := range s.Confirmed {
			kinds[map[drift.Measure]string{drift.Cost: "cost", drift.Completion: "completion"}[m]] = true
		}
		if fresh, _ := s.Finding.NewModels(); len(fresh) > 0 {
			kinds["served model"] = true
		}
		for _, r := range s.Prices {
			kinds[map[bool]string{true: "price", false: "price that ends"}[r.Ends.IsZero()]] = true
		}
	}
	if len(kinds) == 0 {
		return "pertask: nothing has changed"
	}
	return "pertask: what is served under the same settings has changed (" + strings.Join(slices.Sorted(maps.Keys(kinds)), ", ") + ")"
}

// Issue is the body of the issue, without a marker to find it by. Nothing in it that somebody else wrote is live.
func (w Watch) Issue() string {
	blocks := []string{"No setting of this repository has changed. A watch of the base at " + markup.Code(short(w.Commit)) + " on " + w.day() + " found:", list(w.Items())}
	for _, s := range w.Suites {
		blocks = append(blocks, s.details())
	}
	blocks = append(blocks, advice, w.footer())
	return joined(blocks)
}

const advice = "The stored trials stay as they are: the next comparison of a pull request tests them by itself, drops them if they do not hold, and measures the base anew. " +
	"This issue is kept up to date, and closed when a later watch finds that fresh and stored trials agree, or that these were replaced. Once you have closed it, it comes back only with something new."

// Summary is what a job shows, whatever was found.
func (w Watch) Summary() string {
	items := w.Items()
	head := "**Watch: nothing has changed.**"
	if len(items) > 0 {
		head = "**Watch: what is served has changed.**"
	} else if !w.Agrees() {
		head = "**Watch: nothing is known to have changed.**"
	}
	blocks := []string{head, list(items)}
	for _, s := range w.Suites {
		blocks = append(blocks, s.details())
	}
	return joined(append(blocks, w.footer()))
}

// Comment says what is new on an issue that is there already.
func (w Watch) Comment(news []Item) string {
	return joined([]string{"A watch on " + w.day() + " found more:", list(news)})
}

// Over is the comment with which the issue is closed.
func (w Watch) Over() string {
	return joined([]string{"A watch on " + w.day() + " finds nothing of this any more: fresh trials of the base agree with the stored ones, and the prices are those of then. " +
		"Either it has passed, or the stored trials were replaced since, and it is how things are now.", w.footer()})
}

func (w Watch) day() string { return w.Time.UTC().Format(time.DateOnly) }

func short(sha string) string { return sha[:min(len(sha), 12)] }

func joined(blocks []string) string {
	blocks = slices.DeleteFunc(blocks, func(b string) bool { return b == "" })
	return strings.Join(blocks, "\n\n") + "\n"
}

func list(items []Item) string {
	var out []string
	for _, i := range items {
		out = append(out, "- "+i.Text)
	}
	return strings.Join(out, "\n")
}

// details are the figures of a suite.
func (s Suite) details() string {
	return strings.TrimSpace(joined([]string{"### Suite " + markup.Code(s.Name), s.sentence(), s.table(), s.agents()}))
}

func (s Suite) sentence() string {
	f := s.Finding
	what := ""
	if f.Tasks > 0 {
		what = fmt.Sprintf(" %s of %s, %s from %s to %s.", figure.Plural(f.FreshTrials, "fresh trial"), figure.Plural(f.Tasks, "task"),
			figure.Plural(f.StoredTrials, "stored one"), f.Oldest.UTC().Format(time.DateOnly), f.Newest.UTC().Format(time.DateOnly))
	}
	switch s.State {
	case Calm:
		return "Fresh trials of the base agree with the stored ones." + what
	case Drifted:
		return fmt.Sprintf("Fresh trials of the base differ from the stored ones, and a second set of %d confirms it.%s", s.Second.FreshTrials, what)
	}
	return strings.TrimSpace(markup.Rich(s.Why) + what)
}

// table shows what was compared.
func (s Suite) table() string {
	f := s.Finding
	if f.Tasks == 0 {
		return ""
	}
	rows := []string{"| each trial | stored | fresh | |", "|---|---|---|---|"}
	row := func(cells ...string) { rows = append(rows, "| "+strings.Join(cells, " | ")+" |") }
	row("cost", usd(f.Cost.Stored), usd(f.Cost.Fresh), ratio(f.Cost)+"p "+figure.Probability(figure.Number(f.Cost.P)))
	row("completed", figure.Percent(figure.Number(f.Completion.Stored)), figure.Percent(figure.Number(f.Completion.Fresh)), "p "+figure.Probability(figure.Number(f.Completion.P)))
	for _, t := range f.Tokens {
		row(words(string(t.Class))+" tokens", figure.Count(figure.Number(t.Stored)), figure.Count(figure.Number(t.Fresh)), markup.Text(figure.Change(t.Stored, t.Fresh)))
	}
	for _, m := range f.Models[:min(len(f.Models), mostNames)] {
		if m.Name != "" {
			row("calls served by "+markup.Code(m.Name), figure.Whole(m.Stored), figure.Whole(m.Fresh), "")
		}
	}
	return strings.Join(rows, "\n")
}

func ratio(c drift.Change) string {
	if math.IsNaN(c.Ratio) {
		return ""
	}
	s := figure.Times(figure.Number(c.Ratio), 1)
	if !math.IsNaN(c.Low) {
		s += " (95 %: " + figure.Limits(figure.Number(c.Low), figure.Number(c.High), 1) + ")"
	}
	return s + ", "
}

func (s Suite) agents() string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.Harness)) {
		out = append(out, markup.Code(name)+" "+markup.Code(s.Harness[name]))
	}
	if len(out) == 0 {
		return ""
	}
	return "Agents: " + strings.Join(out, ", ") + ". Trials of another version are never compared with these."
}

// footer says what it cost and how it was tested.
func (w Watch) footer() string {
	spent := price.Known(price.Money{})
	for _, s := range w.Suites {
		spent = spent.Plus(s.Spent)
	}
	s := fmt.Sprintf("This watch cost %s. Both sides are priced with the price book of %s. Cost and completion are each tested at the level %v with all fresh trials of the last %d days; "+
		"what is told as confirmed shows in a second set of trials by itself, at %v in the same direction.",
		money(figure.Amount(spent)), markup.Text(w.Book), drift.Level, int(drift.Window.Hours()/24), drift.ConfirmLevel)
	if link := markup.Link("Where it ran", w.URL); link != "" {
		s += " " + link + "."
	}
	return s
}
