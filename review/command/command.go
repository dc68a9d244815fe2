// Package command reads what a person asks for in a comment on a pull request, such as "/pertask run --trials 8".
//
// It knows the verbs, what may follow each, and what a comment must look like to be a command at all. It refuses to
// know who wrote the comment, whether that person may ask for it, and how anything is carried out: a command is a wish
// and no permission.
package command

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Prefix begins every command.
const Prefix = "/pertask"

// Verb is what is asked for. The zero value asks for nothing.
type Verb string

// The verbs, and that is all of them.
const (
	Run     Verb = "run"     // measure, although the forecast is above auto_run_below or the pull request is a draft
	More    Verb = "more"    // take up a test that ended inconclusive
	Reprice Verb = "reprice" // decide from the trials that there are, at the prices of today: spends nothing
	Accept  Verb = "accept"  // let the change in, whatever the verdict: spends nothing
	Help    Verb = "help"    // show the commands
)

// Command is one wish. The zero value asks for nothing.
type Command struct {
	Verb Verb
	// Trials is how many trials of each task under each arm are asked for at most, 2 to MaxTrials; 0 when nobody said.
	// Only Run has it. The base's run.max_trials may be lower: that is the caller's to hold against it.
	Trials int
	// Reason is why a change is accepted: one line of 1 to MaxReason characters, none of which is a control character or
	// hides or turns round others. Only Accept has it. It is the text of a person: escape it before it is shown.
	Reason string
}

// Limits of what a command may hold.
const (
	// MinTrials and MaxTrials are the bounds of --trials: those of run.max_trials in the configuration, but for 1, which
	// says nothing about a suite's tasks.
	MinTrials, MaxTrials = 2, 100
	MaxReason            = 300 // characters
)

// Spends reports whether the command can lead to trials that are paid for.
func (c Command) Spends() bool { return c.Verb == Run || c.Verb == More }

// String returns the command as a person writes it. Parse reads it back, but for an Accept without its reason; it is
// "" for the zero value.
func (c Command) String() string {
	switch {
	case c.Verb == "":
		return ""
	case c.Verb == Run && c.Trials != 0:
		return fmt.Sprintf("%s %s %s %d", Prefix, c.Verb, trialsOption, c.Trials)
	case c.Verb == Accept:
		return strings.TrimRight(fmt.Sprintf("%s %s %s", Prefix, c.Verb, c.Reason), " ")
	}
	return Prefix + " " + string(c.Verb)
}

// Usage is one command for the list that people are shown.
type Usage struct {
	Verb Verb
	Form string // as it is written, such as "/pertask run --trials 8"; plain text
	Does string // what comes of it; plain text, one sentence
}

// All returns the commands in the order in which people are shown them. The slice is the caller's.
func All() []Usage {
	return []Usage{
		{Run, Prefix + " run", "Measures this change now, whatever the forecast; `--trials 8` sets how many trials of each task there are at most."},
		{More, Prefix + " more", "Takes up a test that ended inconclusive, where the policy keeps a reserve for that."},
		{Reprice, Prefix + " reprice", "Decides again from the trials that there are, at today's prices. Spends nothing."},
		{Accept, Prefix + " accept REASON", "Lets this change in whatever the verdict, until the model settings, the suite or the price book change. Spends nothing."},
		{Help, Prefix + " help", "Shows this list."},
	}
}

// Parse reads the command of a comment. The first line that is not blank has to begin with Prefix, followed by white
// space or nothing, without being quoted, indented as code or in a code fence; lines below it are for people. It returns
// false for a comment that is no command. A comment that means to be one and is not understood is true with an error
// that says what is allowed; the error quotes the comment, so it is text of a person, too.
func Parse(body string) (Command, bool, error) {
	words, ok := line(body)
	if !ok {
		return Command{}, false, nil
	}
	c, err := parse(words)
	if err != nil {
		return Command{}, true, fmt.Errorf("reading the command: %w", err)
	}
	return c, true, nil
}

// line returns what follows Prefix in the first line that is not blank.
func line(body string) (rest string, ok bool) {
	body = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(body)
	for l := range strings.SplitSeq(body, "\n") {
		if strings.Trim(l, " \t") == "" {
			continue
		}
		// Four spaces or a tab would make it a block of code.
		text := strings.TrimLeft(l, " ")
		rest, ok = strings.CutPrefix(text, Prefix)
		ok = ok && len(l)-len(text) < 4 && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
		return strings.Trim(rest, " \t"), ok
	}
	return "", false
}

func parse(words string) (Command, error) {
	verb, rest := words, ""
	if i := strings.IndexAny(words, " \t"); i >= 0 {
		verb, rest = words[:i], strings.Trim(words[i:], " \t")
	}
	switch v := Verb(verb); v {
	case "":
		return Command{Verb: Help}, nil
	case Run:
		n, err := trials(strings.FieldsFunc(rest, blank))
		return Command{Verb: Run, Trials: n}, err
	case Accept:
		text, err := reason(rest)
		return Command{Verb: Accept, Reason: text}, err
	case More, Reprice, Help:
		if rest != "" {
			return Command{}, fmt.Errorf("%s takes nothing more, and there is %s; what you want to tell people goes on the next line", v, quote(rest))
		}
		return Command{Verb: v}, nil
	}
	return Command{}, unknown(verb)
}

func blank(r rune) bool { return r == ' ' || r == '\t' }

const trialsOption = "--trials"

// trials reads the options of run.
func trials(words []string) (int, error) {
	if len(words) == 0 {
		return 0, nil
	}
	// A phone makes one dash of the two.
	option := strings.NewReplacer("\u2014", "--", "\u2013", "--").Replace(words[0])
	if rest, ok := strings.CutPrefix(option, trialsOption+"="); ok {
		words = append([]string{trialsOption, rest}, words[1:]...)
		option = trialsOption
	}
	if option != trialsOption {
		return 0, fmt.Errorf("%s is not an option of run; allowed is %s with a number, such as %q", quote(words[0]), trialsOption, Prefix+" run --trials 8")
	}
	if len(words) == 1 {
		return 0, fmt.Errorf("%s needs a number; %d to %d are allowed", trialsOption, MinTrials, MaxTrials)
	}
	if len(words) > 2 {
		return 0, fmt.Errorf("%s after %s %s is too much; what you want to tell people goes on the next line", quote(words[2]), trialsOption, quote(words[1]))
	}
	n, err := strconv.ParseUint(words[1], 10, 16)
	if err != nil || n < MinTrials || n > MaxTrials {
		return 0, fmt.Errorf("%s %s is not a number of trials; %d to %d are allowed", trialsOption, quote(words[1]), MinTrials, MaxTrials)
	}
	return int(n), nil
}

var errNoReason = errors.New("accept needs a reason, such as \"" + Prefix + " accept the new model is required by the contract\"")
