package command_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/review/command"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       command.Command
	}{
		{"run", "/pertask run", command.Command{Verb: command.Run}},
		{"run with trials", "/pertask run --trials 8", command.Command{Verb: command.Run, Trials: 8}},
		{"with an equals sign", "/pertask run --trials=8", command.Command{Verb: command.Run, Trials: 8}},
		{"as a phone writes it", "/pertask run —trials 8", command.Command{Verb: command.Run, Trials: 8}},
		{"the fewest trials", "/pertask run --trials 2", command.Command{Verb: command.Run, Trials: 2}},
		{"the most trials", "/pertask run --trials 100", command.Command{Verb: command.Run, Trials: 100}},
		{"more", "/pertask more", command.Command{Verb: command.More}},
		{"reprice", "/pertask reprice", command.Command{Verb: command.Reprice}},
		{"help", "/pertask help", command.Command{Verb: command.Help}},
		{"nothing else", "/pertask", command.Command{Verb: command.Help}},
		{"accept", "/pertask accept the contract wants it", command.Command{Verb: command.Accept, Reason: "the contract wants it"}},
		{"white space in a reason", "/pertask accept \t a \t b  c\t", command.Command{Verb: command.Accept, Reason: "a b c"}},
		{"a reason in another script", "/pertask accept می\u200cخواهم 👩\u200d💻", command.Command{Verb: command.Accept, Reason: "می\u200cخواهم 👩\u200d💻"}},
		{"markup in a reason", "/pertask accept <b>@all</b> | `x`", command.Command{Verb: command.Accept, Reason: "<b>@all</b> | `x`"}},
		{"blank lines before", "\r\n \t\r\n\n/pertask run", command.Command{Verb: command.Run}},
		{"words below", "/pertask run\r\n\r\nI want to see this.\r\n/pertask accept it", command.Command{Verb: command.Run}},
		{"a lone return ends the line", "/pertask run\r--trials 3", command.Command{Verb: command.Run}},
		{"three spaces before", "   /pertask \t run ", command.Command{Verb: command.Run}},
		{"an option of accept is its reason", "/pertask accept --trials 3", command.Command{Verb: command.Accept, Reason: "--trials 3"}},
		{"the longest reason", "/pertask accept " + strings.Repeat("ü", 300), command.Command{Verb: command.Accept, Reason: strings.Repeat("ü", 300)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok, err := command.Parse(tt.body)
			if err != nil || !ok {
				t.Fatalf("got %v, %v, want a command", ok, err)
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("got-want:\n%s", diff)
			}
		})
	}
}

func TestParseLeavesOtherCommentsAlone(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":           "",
		"blank":             " \n\t\r\n",
		"text":              "I like it.",
		"in the middle":     "Please say /pertask run",
		"in a later line":   "Thanks!\n/pertask run",
		"quoted":            "> /pertask run",
		"in a fence":        "```\n/pertask run\n```",
		"in tildes":         "~~~\n/pertask run",
		"a code span":       "`/pertask run`",
		"code by spaces":    "    /pertask run",
		"code by a tab":     "\t/pertask run",
		"code after spaces": "  \t/pertask run",
		"another word":      "/pertasks run",
		"a path":            "/pertask/run",
		"a hyphen":          "/pertask-run",
		"upper case":        "/PerTask run",
		"without a slash":   "pertask run",
		"two slashes":       "//pertask run",
		"a list":            "- /pertask run",
		"another space":     "/pertask\u00a0run",
		"a space before":    "\u00a0/pertask run",
		"a hidden comment":  "<!-- x -->/pertask run",
		"a byte order mark": "\ufeff/pertask run",
	} {
		t.Run(name, func(t *testing.T) {
			if c, ok, err := command.Parse(body); ok || err != nil || c != (command.Command{}) {
				t.Errorf("got %+v, %v, %v, want no command", c, ok, err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	const all = "allowed are run, more, reprice, accept and help"
	for _, tt := range []struct{ name, body, want string }{
		{"a letter twice", "/pertask runn", `reading the command: "runn" is not a command, did you mean run?; ` + all},
		{"two letters swapped", "/pertask acecpt x", "did you mean accept?"},
		{"upper case", "/pertask MORE", "did you mean more?"},
		{"another word for it", "/pertask rerun", "did you mean run?"},
		{"nothing near", "/pertask frobnicate", `"frobnicate" is not a command; ` + all},
		{"a flag", "/pertask --help", "did you mean help?"},
		{"a letter of another script", "/pertask r\u03c5n", `"r\u03c5n" is not a command`},
		{"a very long word", "/pertask " + strings.Repeat("x", 70_000), `"` + strings.Repeat("x", 40) + `..." is not a command; `},
		{"another option", "/pertask run --budget 5", `"--budget" is not an option of run; allowed is --trials`},
		{"a bare number", "/pertask run 5", `"5" is not an option`},
		{"no number", "/pertask run --trials", "--trials needs a number; 2 to 100"},
		{"an empty number", "/pertask run --trials=", `"" is not a number of trials`},
		{"one trial", "/pertask run --trials 1", `"1" is not a number of trials; 2 to 100 are allowed`},
		{"no trial", "/pertask run --trials 0", "is not a number"},
		{"too many trials", "/pertask run --trials 101", "is not a number"},
		{"a huge number", "/pertask run --trials 99999999999999999999", "is not a number"},
		{"below 0", "/pertask run --trials -3", "is not a number"},
		{"a plus sign", "/pertask run --trials +3", "is not a number"},
		{"a fraction", "/pertask run --trials 2.5", "is not a number"},
		{"other digits", "/pertask run --trials ٣", "is not a number"},
		{"twice", "/pertask run --trials 3 --trials 4", `"--trials" after --trials "3" is too much`},
		{"words after more", "/pertask more please", `more takes nothing more, and there is "please"`},
		{"words after reprice", "/pertask reprice now", "reprice takes nothing"},
		{"words after help", "/pertask help me", "help takes nothing"},
		{"no reason", "/pertask accept", "accept needs a reason"},
		{"a reason of spaces", "/pertask accept \u00a0\u2003", "accept needs a reason"},
		{"a reason below", "/pertask accept\nbecause", "accept needs a reason"},
		{"a reason of points", "/pertask accept ...", "accept needs a reason"},
		{"a reason of joiners", "/pertask accept \u200d\u200d", "accept needs a reason"},
		{"a long reason", "/pertask accept " + strings.Repeat("ü", 301), "has 301 characters; up to 300"},
		{"turned round", "/pertask accept fine \u202eenif ton", "U+202E"},
		{"isolated", "/pertask accept \u2066x\u2069", "U+2066"},
		{"a mark of direction", "/pertask accept x\u200f", "U+200F"},
		{"a bell", "/pertask accept x\a", "U+0007"},
		{"an escape", "/pertask accept \x1b[31mred", "U+001B"},
		{"a line separator", "/pertask accept a\u2028b", "U+2028"},
		{"next line", "/pertask accept a\u0085b", "U+0085"},
		{"a form feed", "/pertask accept a\fb", "U+000C"},
		{"zero width", "/pertask accept a\u200bb", "U+200B"},
		{"a tag", "/pertask accept a\U000e0041", "U+E0041"},
		{"a hidden variation", "/pertask accept a\U000e0101", "U+E0101"},
		{"a blank letter", "/pertask accept \u3164", "U+3164"},
		{"private use", "/pertask accept \ue000", "U+E000"},
		{"no UTF-8", "/pertask accept a\xff", "not UTF-8"},
		{"what stands for no UTF-8", "/pertask accept a\ufffd", "U+FFFD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, ok, err := command.Parse(tt.body)
			if !ok || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, %v, want %q", ok, err, tt.want)
			}
			if c != (command.Command{}) {
				t.Errorf("got %+v beside the error, want nothing", c)
			}
			if len(err.Error()) > 400 || strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("the error %q is long or shows what it should not", err)
			}
		})
	}
}

func TestWordsOfHelp(t *testing.T) {
	for _, u := range command.All() {
		body := strings.ReplaceAll(u.Form, "REASON", "because")
		if c, ok, err := command.Parse(body); !ok || err != nil || c.Verb != u.Verb {
			t.Errorf("%q: got %+v, %v, %v, want the verb %s", u.Form, c, ok, err, u.Verb)
		}
		if !strings.HasSuffix(u.Does, ".") {
			t.Errorf("%q is no sentence", u.Does)
		}
	}
	if n := len(command.All()); n != 5 {
		t.Errorf("got %d commands, want 5", n)
	}
}

func TestSpends(t *testing.T) {
	want := map[command.Verb]bool{command.Run: true, command.More: true}
	for _, v := range []command.Verb{"", command.Run, command.More, command.Reprice, command.Accept, command.Help} {
		if got := (command.Command{Verb: v}).Spends(); got != want[v] {
			t.Errorf("%q: got %v, want %v", v, got, want[v])
		}
	}
}

func TestString(t *testing.T) {
	for c, want := range map[command.Command]string{
		{}:                             "",
		{Verb: command.Run}:            "/pertask run",
		{Verb: command.Run, Trials: 8}: "/pertask run --trials 8",
		{Verb: command.Accept, Reason: "it is due"}: "/pertask accept it is due",
		{Verb: command.Accept}:                      "/pertask accept",
		{Verb: command.More}:                        "/pertask more",
	} {
		if got := c.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("/pertask run --trials 8")
	f.Add("\r\n   /pertask accept a \t b\nc")
	f.Add("/pertask accept \u202e")
	f.Add("> /pertask run")
	f.Add("/pertask run —trials=5")
	f.Add("/pertask acecpt")
	f.Fuzz(func(t *testing.T, body string) {
		c, ok, err := command.Parse(body)
		if !ok || err != nil {
			if c != (command.Command{}) || !ok && err != nil {
				t.Errorf("got %+v, %v, %v", c, ok, err)
			}
			if err != nil && (len(err.Error()) > 400 || !utf8.ValidString(err.Error())) {
				t.Errorf("the error %q", err)
			}
			return
		}
		if !strings.Contains(body, command.Prefix) {
			t.Errorf("%q is %+v", body, c)
		}
		switch {
		case c.Trials != 0 && (c.Verb != command.Run || c.Trials < command.MinTrials || c.Trials > command.MaxTrials):
			t.Errorf("%+v has trials", c)
		case (c.Reason != "") != (c.Verb == command.Accept), utf8.RuneCountInString(c.Reason) > command.MaxReason, strings.ContainsAny(c.Reason, "\n\r\t"):
			t.Errorf("%+v has such a reason", c)
		}
		again, ok, err := command.Parse(c.String())
		if !ok || err != nil || again != c {
			t.Errorf("%+v is written as %q, which is %+v, %v, %v", c, c, again, ok, err)
		}
	})
}
