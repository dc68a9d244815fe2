package spending

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// most is how many rows of a list are shown; JSON and CSV have all.
const most = 10

// maxTitle is how much of a title is shown, in characters.
const maxTitle = 60

// basis says where the numbers of the pull requests are from, and what is not in them.
func basis(r Report) string {
	p := r.Rollup.PerPull
	var parts []string
	say := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, figure.Whole(n)+" "+many)
		}
	}
	say(p.Measured, "was measured by our proxy", "were measured by our proxy")
	say(p.Reported, "is what agents reported of themselves", "are what agents reported of themselves")
	say(p.Mixed, "is partly measured and partly reported", "are partly measured and partly reported")
	var out []string
	switch {
	case p.N > 1 && p.Measured == p.N:
		out = append(out, "All of these were measured by our proxy.")
	case p.N > 1 && p.Reported == p.N:
		out = append(out, "All of these are what agents reported of themselves.")
	case len(parts) > 0 && p.N > 0:
		out = append(out, "Of these "+list(parts)+".")
	}
	parts = nil
	say(p.AtLeast, "cost more than is counted, or may have", "cost more than is counted, or may have")
	more := ""
	if p.N > 0 {
		more = "more "
	}
	say(p.Without, more+"was merged without an entry", more+"were merged without an entry")
	say(p.Cut, more+"was opened before the first entry, and is known in part", more+"were opened before the first entry, and are known in part")
	say(p.NoPrice, more+"has entries without a known cost", more+"have entries without a known cost")
	if len(parts) > 0 {
		out = append(out, capital(strings.Join(parts, "; "))+".")
	}
	return strings.Join(out, " ")
}

// list joins parts of a sentence.
func list(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// outliers are the pull requests that are far above the others.
func outliers(r Report, st markup.Style) part {
	var far []rollup.Pull
	for _, p := range r.Rollup.Pulls {
		if p.Outlier {
			far = append(far, p)
		}
	}
	slices.SortStableFunc(far, func(a, b rollup.Pull) int { return b.Spend.Seen().USD.Cmp(a.Spend.Seen().USD) })
	out := part{title: "Far above the others"}
	for _, p := range far[:min(len(far), most)] {
		out.table.rows = append(out.table.rows, []string{
			name(p, st), times(p.Ratio) + " your median pull request", cell(p.Spend.Seen()), lines(p), title(p.Title, st)})
	}
	if len(far) > 0 {
		out.table.head = []string{"pull request", "", "cost", "lines", "title"}
	}
	out.more = left(len(far)-most, "more")
	return out
}

// times is a ratio to the median.
func times(ratio float64) string { return figure.Roughly(figure.Number(ratio), 1) }

func lines(p rollup.Pull) string { return figure.Whole(p.Lines) }

// left says how many rows are not shown.
func left(n int, noun string) string {
	if n <= 0 {
		return ""
	}
	return figure.Whole(n) + " " + noun + "; --format json has all."
}

// name is a pull request without making a reference of it.
func name(p rollup.Pull, st markup.Style) string {
	return st.Code(fmt.Sprintf("%s#%d", short(p.Repository), p.Number))
}

// title is what a stranger called a pull request.
func title(s string, st markup.Style) string {
	if s = markup.Clean(s, maxTitle); s == "" {
		return "-"
	}
	return st.Rich(s)
}

// reasons are why something counts for no merged pull request, in words.
var reasons = map[attribute.Reason]string{
	attribute.NotMerged:       "the pull request is open",
	attribute.Unmerged:        "the pull request was closed without a merge",
	attribute.After:           "work on a branch after its merge",
	attribute.DefaultBranch:   "work on the default branch",
	attribute.NoPull:          "the branch has no pull request",
	attribute.Ambiguous:       "several pull requests of one branch name",
	attribute.Detached:        "no branch was checked out",
	attribute.NoBranch:        "the branch is not known",
	attribute.NotListed:       "a pull request that is not listed",
	attribute.OtherRepository: "pull requests that were not read",
	attribute.NoRepository:    "no repository",
}

func unattributed(r Report) part {
	p := part{title: "Unattributed", table: grid{head: []string{"why", "cost", "measured", "reported", "allocated"}}}
	for _, x := range r.Rollup.Reasons {
		words, ok := reasons[x.Reason]
		if !ok {
			words = "another reason"
		}
		p.table.rows = append(p.table.rows, []string{words, cell(x.Spend.All()), cell(x.Spend.Measured), cell(x.Spend.Reported), cell(x.Spend.Allocated)})
	}
	p.table = p.table.without("measured", "reported", "allocated")
	return p
}

// branches are the sums by repository and branch, the dearest first.
func branches(r Report, st markup.Style) part {
	all := slices.Clone(r.Branches)
	slices.SortStableFunc(all, func(a, b rollup.Group) int { return b.Spend.All().USD.Cmp(a.Spend.All().USD) })
	p := part{title: "By branch"}
	if len(all) == 0 {
		return p
	}
	p.table.head = []string{"repository and branch", "measured", "reported", "allocated", "tokens"}
	for _, g := range all[:min(len(all), most)] {
		name := "no branch"
		if g.Key != "" {
			name = st.Code(short(g.Key))
		}
		p.table.rows = append(p.table.rows, []string{name, cell(g.Spend.Measured), cell(g.Spend.Reported), cell(g.Spend.Allocated), tokens(g.Spend.All())})
	}
	p.table = p.table.without("measured", "reported", "allocated")
	p.more = left(len(all)-most, "more")
	return p
}

// provenance is the whole, divided by how far its numbers can be trusted.
func provenance(r Report) part {
	x := r.Rollup
	p := part{title: "Where the numbers are from", table: grid{head: []string{"", "measured", "reported", "allocated", "calls", "tokens"}}}
	row := func(what string, s rollup.Spend) {
		if a := s.All(); a.Entries > 0 {
			p.table.rows = append(p.table.rows, []string{what, cell(s.Measured), cell(s.Reported), cell(s.Allocated), calls(a), tokens(a)})
		}
	}
	row("merged pull requests", x.Attributed)
	row("unattributed", x.Unattributed)
	row("checks", x.Checks)
	if len(p.table.rows) == 0 {
		return part{}
	}
	p.table = p.table.without("measured", "reported", "allocated")
	p.text = []string{"Measured: by our proxy, on the wire. Reported: by agents, of themselves. Allocated: a share of a total, worked out and not seen; it is in no median."}
	if all := x.Total.All().Plus(x.Checks.All()); all.AtLeast {
		p.more = "A plus sign says at least: calls were not seen, or a price is missing or a bound."
	}
	return p
}

func calls(s rollup.Sum) string {
	out := figure.Whole(int(s.Calls))
	if s.Unseen > 0 {
		out += ", " + figure.Whole(int(s.Unseen)) + " not seen"
	}
	return out
}

func tokens(s rollup.Sum) string {
	out := figure.Count(figure.Number(s.Tokens.Total()))
	if s.Tokens.AtLeast {
		out += "+"
	}
	return out
}

// sources are the words for where entries were read from.
var sources = map[spend.Source]string{
	spend.Meter: "pertask meter", spend.Check: "checks", spend.SessionLog: "session logs", spend.Telemetry: "OpenTelemetry events",
	spend.Counters: "OpenTelemetry counters", spend.Import: "imports",
}

func leftOut(r Report, st markup.Style) part {
	p := part{title: "Left out as double"}
	for _, l := range r.Rollup.LeftOut {
		words, ok := sources[l.Source]
		if !ok {
			words = st.Code(string(l.Source))
		}
		s := fmt.Sprintf("%s of %s (%s): a better source has the same %s.", capital(money(l.Sum)), words, l.Provenance, figure.Plural(l.Sessions, "hour")+" of sessions")
		if l.More > 0 {
			s += fmt.Sprintf(" In %d of them it has over 5 %% more tokens than what counts, so that the better source has not seen everything.", l.More)
		}
		p.text = append(p.text, s)
	}
	return p
}

func missing(r Report, st markup.Style) part {
	p := part{title: "Without a price"}
	all := r.Rollup.Missing
	if len(all) == 0 {
		return p
	}
	p.text = []string{"Unknown is not zero: every sum with one of these is at least what it says."}
	p.table.head = []string{"model", "tokens", "why"}
	for _, m := range all[:min(len(all), most)] {
		model := strings.TrimPrefix(m.Provider+"/"+m.Model, "/") // of a provider that is not known
		if m.Tier != "" {
			model += " (" + m.Tier + ")"
		}
		p.table.rows = append(p.table.rows, []string{st.Code(model), figure.Count(figure.Number(m.Tokens)), st.Rich(m.Why)})
	}
	p.more = left(len(all)-most, "more")
	return p
}

func controls(r Report, st markup.Style) part {
	p := part{title: "What providers billed"}
	if len(r.Rollup.Controls) == 0 {
		return p
	}
	p.text = []string{"For the whole account, beside what the ledger has of the same provider and time, checks included. It is never divided over pull requests."}
	p.table.head = []string{"provider", "from", "before", "billed", "ledger", "of it measured", "share seen"}
	for _, c := range r.Rollup.Controls {
		provider := "all"
		if c.Provider != "" {
			provider = st.Code(c.Provider)
		}
		all := c.Ledger.All()
		p.table.rows = append(p.table.rows, []string{provider, day(c.From), day(c.To), figure.Amount(c.USD), cell(all), cell(c.Ledger.Measured), share(all, c.USD)})
	}
	return p
}

// share is what the ledger has of what was billed.
func share(s rollup.Sum, billed price.Amount) string {
	b, known := billed.Value()
	if !known || b.IsZero() || b.IsNegative() || s.Unpriced == s.Entries && s.Entries > 0 {
		return figure.Unknown
	}
	return figure.Percent(figure.Number(s.USD.Float64() / b.Float64()))
}

// without are merged pull requests of which nobody knows what they cost.
func without(r Report, st markup.Style) part {
	all := r.Rollup.Without
	p := part{title: "Merged without an entry"}
	if len(all) == 0 {
		return p
	}
	p.text = []string{"Nobody knows what " + figure.Plural(len(all), "merged pull request") + " cost, and it may be nothing: no agent worked on " + them(len(all)) + ", or none that the ledger has seen."}
	var names []string
	for _, x := range all[max(0, len(all)-most):] {
		names = append(names, name(x, st))
	}
	slices.Reverse(names)
	s := "The last: " + strings.Join(names, ", ")
	if n := len(all) - len(names); n > 0 {
		s += ", and " + figure.Whole(n) + " more"
	}
	p.text = append(p.text, s+".")
	return p
}

func them(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

func skipped(r Report, st markup.Style) part {
	s := r.Rollup.Skipped
	p := part{title: "Skipped"}
	if s.Lines == 0 {
		return p
	}
	text := figure.Plural(s.Lines, "line") + " of the ledger " + are(s.Lines) + " no entry, and counted for nothing"
	if s.Torn > 0 {
		text += fmt.Sprintf(" (%d torn: a writer was killed)", s.Torn)
	}
	p.text = append(p.text, text+".")
	for _, err := range s.First[:min(len(s.First), 3)] {
		p.text = append(p.text, st.Rich(err.Error()))
	}
	return p
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// footer says which prices apply.
func footer(r Report) []string {
	out := []string{capital(strings.TrimPrefix(period(r.Rollup), "the time "))}
	if at := r.Rollup.PricesAt; at.IsZero() {
		out = append(out, "prices of each hour, as it was billed then")
	} else {
		out = append(out, "all at the prices of "+day(at))
	}
	out = append(out, "hours and weeks are UTC")
	if n := len(r.Asked); n > 0 {
		out = append(out, "pull requests of "+plural(n, "repository", "repositories"))
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return figure.Whole(n) + " " + many
}
