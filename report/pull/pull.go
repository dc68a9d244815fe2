// Package pull writes what a comment says of its pull request beside the results: its earlier runs, who accepted it, the
// commands that it takes, and what the month's checks cost.
//
// It knows the words and the shape of each. It refuses to know the results, where in a comment these blocks stand, how
// long a comment may be, and where what they say was kept. Every string that it takes is hostile. All of it is safe for
// concurrent use.
package pull

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// HistoryLine is one run of a pull request.
type HistoryLine struct {
	Time  time.Time // when it ended; the zero value is not shown
	Head  string    // commit that it measured
	By    string    // who or what asked for it; "" where nobody did
	Title string    // its result, such as report.Title
	// Ratio is the cost of a completed task, head by base, with its interval; nil where there is none. Where the title has
	// it, it is not said again there.
	Ratio, Low, High *figure.Number
	Spent            price.Amount // what the run itself cost
	Link             string       // http or https link to the run; "" for none
}

// Acceptance is who accepted a pull request, and why.
type Acceptance struct {
	By     string    // login
	Reason string    // in that person's words
	Head   string    // commit at which it was given
	Time   time.Time // when; the zero value is not shown
	// Ended says why the acceptance no longer holds, as a sentence; "" while it holds.
	Ended string
}

// MonthSpend is what the checks of a repository cost in the running month.
type MonthSpend struct {
	Spent   price.Amount
	Checks  int
	AtLeast bool // some of it is not known
}

// minute is how a time is written; all are in UTC.
const minute = "2006-01-02 15:04"

// Line is the acceptance in a line; "" where there is none.
func (a *Acceptance) Line() string {
	if a == nil {
		return ""
	}
	var at []string
	if a.Head != "" {
		at = append(at, "at "+markup.Code(Short(a.Head)))
	}
	if !a.Time.IsZero() {
		at = append(at, a.Time.UTC().Format(time.DateOnly))
	}
	where := ""
	if len(at) > 0 {
		where = " (" + strings.Join(at, ", ") + ")"
	}
	reason := markup.Text(a.Reason)
	if reason == "" {
		reason = "no reason given"
	}
	if a.Ended == "" {
		return fmt.Sprintf("**Accepted** by %s: %s%s", markup.Code(a.By), reason, where)
	}
	return fmt.Sprintf("**No longer accepted.** %s %s had accepted it: %s%s", ended(markup.Text(a.Ended)), markup.Code(a.By), reason, where)
}

// ended is a sentence that ends in a period, whoever wrote it.
func ended(s string) string {
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// Words is the month's spend for a footer; "" where there is nothing to say.
func (m *MonthSpend) Words() string {
	if m == nil || m.Checks <= 0 || !m.Spent.IsKnown() {
		return ""
	}
	least := ""
	if m.AtLeast {
		least = "at least "
	}
	return fmt.Sprintf("checks this month: %s%s (%s)", least, figure.Amount(m.Spent), figure.Plural(m.Checks, "check"))
}

// History is a table of the first runs, most at most; "" without runs and without room. rest completes "... are in".
func History(lines []HistoryLine, most int, rest string) string {
	shown := lines[:max(0, min(len(lines), most))]
	if len(shown) == 0 {
		return ""
	}
	out := []string{"| when (UTC) | head | asked for by | result | ratio | it cost |", "|:--|:--|:--|:--|:--|:--|"}
	for _, l := range shown {
		out = append(out, "| "+strings.Join(l.cells(), " | ")+" |")
	}
	switch left := len(lines) - len(shown); {
	case left > 0:
		out = append(out, "", figure.Whole(left)+" more in "+rest)
	case len(lines) > 1:
		if sum := spent(lines); sum.IsKnown() {
			out = append(out, "", fmt.Sprintf("These %s cost %s together.", figure.Plural(len(lines), "run"), figure.Amount(sum)))
		}
	}
	return strings.Join(out, "\n")
}

func spent(lines []HistoryLine) price.Amount {
	sum := lines[0].Spent
	for _, l := range lines[1:] {
		sum = sum.Plus(l.Spent)
	}
	return sum
}

func (l HistoryLine) cells() []string {
	when := "not known"
	if !l.Time.IsZero() {
		when = l.Time.UTC().Format(minute)
	}
	if link := markup.Link(when, l.Link); link != "" {
		when = link
	}
	head := ""
	if l.Head != "" {
		head = markup.Code(Short(l.Head))
	}
	result, ratio := l.outcome()
	return []string{when, head, markup.Text(l.By), result, ratio, figure.Amount(l.Spent)}
}

// outcome is the result without the ratio, and the ratio.
func (l HistoryLine) outcome() (result, ratio string) {
	if l.Ratio == nil || math.IsNaN(float64(*l.Ratio)) || math.IsInf(float64(*l.Ratio), 0) {
		return markup.Text(l.Title), ""
	}
	ratio = figure.Times(*l.Ratio, 1)
	title := l.Title
	if word, rest, found := strings.Cut(title, ": "); found && strings.HasPrefix(rest, ratio) {
		title = word
	}
	if l.Low != nil && l.High != nil {
		ratio += " (" + figure.Limits(*l.Low, *l.High, 1) + ")"
	}
	return markup.Text(title), ratio
}

// Short cuts a commit or digest to what identifies it; anything else stays.
func Short(s string) string {
	hex := strings.TrimPrefix(s, "sha256:")
	if len(hex) < 40 || strings.Trim(hex, "0123456789abcdef") != "" {
		return s
	}
	return hex[:10]
}

// Commands lists what a comment on the pull request may ask for.
const Commands = "By people with write access, as the first line of a comment:\n\n" +
	"- `/pertask run` measures, whatever `auto_run_below` says; `/pertask run --trials 8` with at most 8 trials of each task\n" +
	"- `/pertask more` goes on where an inconclusive test has stopped\n" +
	"- `/pertask reprice` works the result out again at today's prices; nothing is run and nothing is spent\n" +
	"- `/pertask accept REASON` lets the change pass in spite of the result, until the model settings change again\n" +
	"- `/pertask help` opens this list"
