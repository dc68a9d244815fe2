// Package proposal says of a pull request that adds the configuration what will hold once it is merged: whether it and its
// suites can be read, which model settings there are, which keys trials will need, and what they would cost.
//
// It knows what to say, and reads the head's files as data to say it. It refuses to know GitHub and where the files come
// from. Nothing that it reads is run, applied or kept: the configuration counts from the base, once it is there.
package proposal

import (
	"cmp"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/doctor"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// Code is the code of the reason of such a report. Package report has words of its own for it.
const Code = "config-added"

// Input is what is looked at.
type Input struct {
	// Tree has the head's files; nil where they cannot be read, for the reason Unread.
	Tree   fs.FS
	Unread error
	// Path is where the configuration is, from the root of the repository.
	Path string
	Book *price.Book
	At   time.Time // of the prices
	// Keys are those of meter.DefaultUpstreams that the check has; nil where it can have none, as in a fork's workflow. No
	// other key is looked for: the head must not ask for what the environment holds.
	Keys *meter.Keys
}

// Proposal is what to say. Its texts hold text of the pull request, which renderers escape.
type Proposal struct {
	Reason   verdict.Finding
	Findings []verdict.Finding
	Next     []string // what to do, in order
	// Watched are the files that will be watched: that a model changes in them now is not outside of the watched files.
	Watched []string
}

// Look reads the head's files and says what will hold.
func Look(in Input) Proposal {
	p := Proposal{Reason: verdict.Finding{Code: Code, Text: "This pull request adds " + code(in.Path) +
		". pertask reads its configuration, suites and graders from the base branch, so that no pull request makes the rules that it is measured by: they count from the next pull request on."}}
	if in.Tree == nil {
		p.find("head-unread", fmt.Sprintf("The head's files could not be read here, so nothing is said of them: %v.", in.Unread))
		p.Next = append(p.Next, "Run `pertask doctor` in a checkout of the branch to see whether the configuration and its suites can be read.")
		return p
	}
	x := doctor.Examine(doctor.Repository{Tree: in.Tree, Config: in.Path})
	doctor.Sort(x.Findings)
	for _, w := range x.Watches() {
		p.Watched = append(p.Watched, w.Path)
	}
	p.config(x)
	p.suites(in, x)
	p.settings(x)
	missing := p.keys(in, x)
	wrong := p.wrong(x)
	p.next(in, x, wrong, missing)
	return p
}

func (p *Proposal) find(code, text string) {
	p.Findings = append(p.Findings, verdict.Finding{Code: code, Text: text})
}

// config says that the configuration can be read, and what it allows.
func (p *Proposal) config(x *doctor.Examination) {
	if x.Config.Path == "" {
		return // what is wrong with it is among what is wrong
	}
	r := x.Config.Run
	p.find("head-config", fmt.Sprintf("The configuration can be read: mode `%s`, at most %s a check, and a forecast above %s waits for a person.",
		x.Config.Verdict.Mode, figure.Amount(r.Budget), figure.Amount(r.AutoRunBelow)))
}

// mostForecast is the number of tasks up to which a forecast is cheap to make.
const mostForecast = 500

// suites says of each suite that it can be read, and what measuring with it would cost.
func (p *Proposal) suites(in Input, x *doctor.Examination) {
	for _, su := range x.Suites {
		p.find("head-suite", fmt.Sprintf("The suite %s can be read: %s, %s.%s", code(su.Name), figure.Plural(len(su.Tasks), "task"), code(pull.Short(su.Digest)), forecast(in, x, su)))
	}
}

// forecast is what measuring a change would cost, if the changed settings cost what those of the head do.
func forecast(in Input, x *doctor.Examination, su *suite.Suite) string {
	plan, err := x.Config.Plan(su.Path, len(su.Tasks))
	pricing, err2 := x.Config.Prices.Pricing(in.Book, in.At)
	if err != nil || err2 != nil || len(su.Tasks) > mostForecast || len(x.Settings) == 0 {
		return ""
	}
	o := question.Options{Suite: su, Policy: x.Config.Verdict, Pricing: pricing, Looks: plan.Looks, Budget: x.Config.Run.Budget, Cache: x.Config.Run.Cache}
	o.Pricing.At = in.At
	if o.Pair, _, err = fit.Base(in.Tree, x.Watches(), su, in.Book.Models()); err != nil {
		return ""
	}
	f := o.Forecast()
	if !f.USD.IsKnown() {
		return " What measuring a change would cost is not known, since a price is not."
	}
	s := fmt.Sprintf(" Measuring a change would cost about %s", figure.Amount(f.USD))
	if f.Low.IsKnown() && f.High.IsKnown() {
		s += fmt.Sprintf(" (%s to %s)", figure.Amount(f.Low), figure.Amount(f.High))
	}
	s += ", going by what trials usually take"
	if asked(x.Config.Run.AutoRunBelow, f) {
		s += "; that may be more than `run.auto_run_below`, and then a person is asked first"
	}
	return s + "."
}

// asked reports whether a person is asked before so much is spent.
func asked(limit price.Amount, f *report.Forecast) bool {
	most := f.USD
	if f.High.IsKnown() {
		most = f.High
	}
	usd, known := most.Value()
	below, limited := limit.Value()
	return known && limited && usd.Cmp(below) > 0
}

// mostSettings is how many settings are named.
const mostSettings = 5

// settings says which model settings the head's files have.
func (p *Proposal) settings(x *doctor.Examination) {
	var named []string
	for _, s := range x.Settings[:min(len(x.Settings), mostSettings)] {
		named = append(named, fmt.Sprintf("%s is %s in %s", code(s.Name()), code(s.Value), code(fmt.Sprintf("%s:%d", markup.Clean(s.Source.Path, room-12), s.Source.Line))))
	}
	if left := len(x.Settings) - len(named); left > 0 {
		named = append(named, fmt.Sprintf("and %d more", left))
	}
	if len(named) > 0 {
		p.find("head-settings", "Model settings that will be watched: "+strings.Join(named, ", ")+".")
	}
}

// keys says which keys trials will need, and returns those that are missing.
func (p *Proposal) keys(in Input, x *doctor.Examination) (missing []string) {
	for _, name := range needed(in, x) {
		switch has, known := holds(in.Keys, name); {
		case !known:
			p.find("head-key", "Trials will need the key "+code(name)+". Whether there is one cannot be seen from this check.")
		case has:
			p.find("head-key", "Trials will need the key "+code(name)+", which this check has.")
		default:
			p.find("head-key", "Trials will need the key "+code(name)+", which this check does not have: without it there is a forecast and no measurement.")
			missing = append(missing, name)
		}
	}
	return missing
}

// needed are the names of the keys of the suites' providers, or, where no suite can be read, of the settings' own.
func needed(in Input, x *doctor.Examination) []string {
	if len(x.Keys) > 0 || x.Config.Path == "" {
		return x.Keys
	}
	if up, err := route.Upstream(arm.Arm{Settings: x.Settings}, in.Book, x.Config.AllUpstreams()); err == nil && up.KeyEnv != "" {
		return []string{up.KeyEnv}
	}
	return nil
}

// holds reports whether a key is there, for the names that this version knows itself.
func holds(keys *meter.Keys, name string) (has, known bool) {
	if keys == nil {
		return false, false
	}
	for _, up := range meter.DefaultUpstreams() {
		if up.KeyEnv == name {
			has, known = has || keys.Has(up.Name), true
		}
	}
	return has, known
}

// mostWrong is how many of doctor's findings are repeated.
const mostWrong = 12

// wrong repeats what is wrong with the files, each with its place, and reports whether any of it is an error. Whether
// there is a workflow at all is not said: who reads this was told by one, or by the App.
func (p *Proposal) wrong(x *doctor.Examination) (failed bool) {
	shown, left := 0, 0
	for _, f := range x.Findings {
		if f.Path == doctor.WorkflowFolder {
			continue
		}
		failed = failed || f.Level == doctor.Error
		if shown++; shown > mostWrong {
			left++
			continue
		}
		text := f.What
		if f.Do != "" {
			text += "; " + f.Do
		}
		p.find("head-"+string(f.Level), place(f)+strings.TrimSuffix(text, ".")+".")
	}
	if left > 0 {
		p.find("head-more", fmt.Sprintf("There is more of this kind: %d in all. `pertask doctor` lists it.", shown))
	}
	return failed
}

// place is where a finding is, "file:line:column: ".
func place(f doctor.Finding) string {
	switch {
	case f.Path == "":
		return ""
	case f.Line <= 0:
		return code(f.Path) + ": "
	}
	return code(fmt.Sprintf("%s:%d:%d", markup.Clean(f.Path, room-20), f.Line, f.Column)) + ": "
}

// next says what to do, in order.
func (p *Proposal) next(in Input, x *doctor.Examination, wrong bool, missing []string) {
	add := func(s string) { p.Next = append(p.Next, s) }
	if wrong {
		add("Put right what the findings name; `pertask doctor` says the same at a terminal.")
	}
	if x.Config.Path != "" && len(x.Config.Suites) == 0 {
		add("Write a suite and name it under `suite` in " + code(in.Path) + "; docs/config.md shows both, and `pertask init` writes a first one.")
	}
	for _, name := range missing {
		add("Add a secret with the key and hand it to the step that runs pertask by its `env`, as " + code(name) + ".")
	}
	if !wrong {
		add("Merge this. The next pull request that changes a model setting is measured by it.")
	}
}

// room is how many characters of one value are shown, so that several fit into a finding.
const room = 60

// code marks a value as one for package markup. A value cannot end its own marks.
func code(s string) string {
	return "`" + strings.ReplaceAll(markup.Clean(cmp.Or(s, "(empty)"), room), "`", "'") + "`"
}
