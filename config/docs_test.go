package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/meter/format"
)

// section returns the text of docs/config.md from one heading of the second level to the next.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("docs/config.md has no section %q", heading)
	}
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

var (
	row   = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|(.*)\\|$")
	block = regexp.MustCompile("(?s)```yaml\n(.*?)```")
)

// rows returns the cells of every key that a section's table describes.
func rows(t *testing.T, text string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		if _, twice := out[m[1]]; twice {
			t.Errorf("%s is described twice", m[1])
		}
		var cells []string
		for _, c := range strings.Split(m[2], "|") {
			cells = append(cells, strings.TrimSpace(c))
		}
		if len(cells) != 4 || !strings.HasSuffix(cells[3], ".") {
			t.Errorf("%s: got cells %q, want type, default, allowed and a sentence", m[1], cells)
		}
		out[m[1]] = cells
	}
	return out
}

// names returns the full names of all keys, such as "models[].path" and "run.budget".
func names() map[string]bool {
	lists := map[string]string{"suites": "suites[].", "models": "models[].", "upstreams": "upstreams[].", "prices.discounts": "prices.discounts[].",
		"prices.rows": "prices.rows[].", "prices.rows.long_context": "prices.rows[].long_context."}
	out := map[string]bool{}
	for mapping, keys := range config.Keys {
		prefix, isList := lists[mapping]
		if !isList && mapping != "" {
			prefix = mapping + "."
		}
		for _, k := range keys {
			out[prefix+k] = true
		}
	}
	return out
}

func TestEveryKeyIsDescribed(t *testing.T) {
	described := rows(t, section(t, "The configuration"))
	known := names()
	if len(known) < 40 {
		t.Fatalf("only %d keys: the test looks at the wrong list", len(known))
	}
	for k := range known {
		if _, ok := described[k]; !ok {
			t.Errorf("docs/config.md does not describe %s", k)
		}
	}
	for k := range described {
		if !known[k] {
			t.Errorf("docs/config.md describes %s, which does not exist", k)
		}
	}
}

func TestExamplesLoad(t *testing.T) {
	all := ""
	for _, m := range block.FindAllStringSubmatch(section(t, "The configuration"), -1) {
		if !strings.HasPrefix(m[1], "# "+config.Path+"\n") {
			t.Errorf("an example of a configuration does not begin with its path:\n%s", m[1])
		}
		c, err := load([]byte(m[1]))
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		usable(t, c)
		all += m[1]
	}
	for name := range names() {
		key := name[strings.LastIndexAny(name, ".")+1:]
		if !strings.Contains(all, key+":") {
			t.Errorf("no example has %s", name)
		}
	}
}

// TestDefaultsAreTrue writes the default of every key of run and verdict, as the table has it, into a file and
// compares what it means with Default.
func TestDefaultsAreTrue(t *testing.T) {
	described := rows(t, section(t, "The configuration"))
	text := "version: 1\n"
	for _, mapping := range []string{"run", "verdict", "app"} {
		text += mapping + ":\n"
		for _, k := range config.Keys[mapping] {
			cells := described[mapping+"."+k]
			if cells == nil {
				continue
			}
			text += "  " + k + ": " + strings.Trim(cells[1], "`") + "\n"
		}
	}
	c, err := load([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c.Path = ""
	if diff := cmp.Diff(readable(t, config.Default()), readable(t, c)); diff != "" {
		t.Errorf("the defaults in docs/config.md are not those of the code (-code +docs):\n%s", diff)
	}
}

// TestLaterValuesAreRefused says that what the table promises for a later version is refused now.
func TestLaterValuesAreRefused(t *testing.T) {
	later := regexp.MustCompile("; (.*) in a later version")
	count := 0
	for name, cells := range rows(t, section(t, "The configuration")) {
		m := later.FindStringSubmatch(cells[2])
		mapping, key, _ := strings.Cut(name, ".")
		if m == nil {
			continue
		}
		for _, value := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[1], -1) {
			count++
			_, err := load([]byte("version: 1\n" + mapping + ": {" + key + ": " + value[1] + "}\n"))
			if err == nil || !strings.Contains(err.Error(), "is not available in this version; allowed: ") {
				t.Errorf("%s: %s: got %v", name, value[1], err)
			}
		}
	}
	if count < 1 {
		t.Errorf("%d values of later versions were tried", count)
	}
}

// TestWellKnownUpstreamsAreDescribed says that the page names every upstream that needs no configuration, the
// variable of its key, and every dialect.
func TestWellKnownUpstreamsAreDescribed(t *testing.T) {
	text := section(t, "The configuration")
	for _, u := range config.Default().AllUpstreams() {
		for _, word := range []string{u.Name, u.KeyEnv} {
			if !strings.Contains(text, "`"+word+"`") {
				t.Errorf("docs/config.md does not name %q", word)
			}
		}
	}
	described := rows(t, text)["upstreams[].dialect"][2]
	for _, d := range format.Dialects() {
		if !strings.Contains(described, "`"+string(d)+"`") {
			t.Errorf("docs/config.md does not name the dialect %q", d)
		}
	}
}
