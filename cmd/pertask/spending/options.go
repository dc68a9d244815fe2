package spending

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/desk"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/price"
)

// words is an option that may be given several times.
type words []string

// String implements flag.Value.
func (w *words) String() string { return strings.Join(*w, ",") }

// Set implements flag.Value.
func (w *words) Set(s string) error {
	*w = append(*w, s)
	return nil
}

// options are those of the report and of the weekly summary.
type options struct {
	since, until, ledger, branch, config, labels, keep string
	repos, controls, pulls                             words
	noScan, todays, authors                            bool
}

func (f *options) register(fs *flag.FlagSet) {
	fs.StringVar(&f.since, "since", "30d", "`time` to begin with: 30d, 8w, YYYY-MM-DD or all")
	fs.StringVar(&f.until, "until", "", "`time` to end before: YYYY-MM-DD; now when not given")
	f.shared(fs)
}

// shared are the options that do not say when.
func (f *options) shared(fs *flag.FlagSet) {
	fs.Var(&f.repos, "repo", "`repository` to look at, owner/name or host/owner/name, any number of times; all that the ledger names when not given")
	fs.StringVar(&f.ledger, "ledger", "", "`folder` of the ledger; $"+desk.EnvFolder+" says it, too")
	fs.BoolVar(&f.noScan, "no-scan", false, "leave the session logs of this machine alone; only what is in the ledger counts")
	fs.StringVar(&f.branch, "branch", "", "`name` of a branch with the ledger of each repository, such as pertask/ledger, to add to the one of this machine")
	fs.Var(&f.pulls, "pulls", "`file` with pull requests that --write-pulls wrote, any number of times; GitHub is not asked then")
	fs.StringVar(&f.keep, "write-pulls", "", "`file` to write the pull requests to that were read")
	fs.StringVar(&f.config, "config", "", "`file` with discounts and prices, such as "+config.Path)
	fs.BoolVar(&f.todays, "at-todays-prices", false, "price everything as of now, instead of each hour as it was billed then")
	fs.Var(&f.controls, "control", "`file` with what a provider billed, shown beside the ledger, any number of times")
	fs.StringVar(&f.labels, "labels", "author:,team:", "`beginnings` of the labels that --by author-label adds up, with commas")
	fs.BoolVar(&f.authors, "authors", false, "read the authors of pull requests, as labels author:NAME")
}

// times are the bounds that the options say. The zero time is no bound.
func (f *options) times(now time.Time) (from, until time.Time, err error) {
	if from, err = begin(f.since, now); err != nil {
		return from, until, err
	}
	if f.until != "" {
		if until, err = instant(f.until); err != nil {
			return from, until, command.Usagef("--until %q is no time; allowed is YYYY-MM-DD", f.until)
		}
	}
	if !until.IsZero() && !until.After(from) {
		return from, until, command.Usagef("--until %s is not after --since %s", f.until, f.since)
	}
	return from, until, nil
}

// begin reads --since. So many days or weeks begin at midnight, so that the report is the same all day.
func begin(s string, now time.Time) (time.Time, error) {
	if s == "all" {
		return time.Time{}, nil
	}
	if t, err := instant(s); err == nil {
		return t, nil
	}
	days := map[byte]int{'d': 1, 'w': 7}
	if s != "" {
		n, err := strconv.Atoi(s[:len(s)-1])
		if unit := days[s[len(s)-1]]; err == nil && unit > 0 && n > 0 && n <= 10_000 {
			return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -n*unit), nil
		}
	}
	return time.Time{}, command.Usagef("--since %q is no time; allowed are 30d, 8w, YYYY-MM-DD and all", s)
}

func instant(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC().Truncate(time.Hour), err
}

// pricing is what entries are priced by.
func (f *options) pricing(now time.Time) (price.Pricing, error) {
	c := config.Default()
	if f.config != "" {
		var err error
		if c, err = config.Load(os.DirFS(filepath.Dir(f.config)), filepath.Base(f.config)); err != nil {
			return price.Pricing{}, err
		}
	}
	book, err := price.Embedded().With(c.Prices.Overrides)
	if err != nil {
		return price.Pricing{}, err
	}
	p := price.Pricing{Book: book, Discounts: c.Prices.Discounts}
	if f.todays {
		p.At = now
	}
	return p, nil
}

// label returns which labels are added up.
func (f *options) label() func(string) bool {
	var all []string
	for _, s := range strings.Split(f.labels, ",") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return func(label string) bool {
		return slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(label, s) }) ||
			f.authors && strings.HasPrefix(label, authorPrefix)
	}
}
