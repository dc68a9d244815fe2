package markuptest_test

import (
	"testing"

	"github.com/pertask/pertask/report/markup/markuptest"
)

// TestProblems holds that the invariants see what they are there for.
func TestProblems(t *testing.T) {
	for _, bad := range []string{
		"<b>", "<!-- x", "`<!-- x`", "hello @octocat", "see #1", "a/b#2", "GH-3", "http://a", "www.a.example", "[a](b)", "![a](b)", "$x$", "a ` b",
		"*a*", "_a_", "~a~", "at 8abee25fc97c", "a\\|b", "a | b", "- 1. a", "- - a", "- # a", "a\u202eb", "\x1b[0m", "<details>", "</details>",
		"| a | b |\n|:--|:--|\n| a |", "| a | b |\n|:--|:--|\n| `a|b` | c |", "``a`",
		"```text\na", "```text\n@octocat\n```", "```text\na ` b\n```", "```go\na\n```", "```text\n```\n@octocat",
		"```mermaid\nxychart-beta", "```mermaid\nflowchart LR\n```", "```mermaid\n    title \"a\" x\n```", "```mermaid\n    x-axis [\"a\", b]\n```", "```mermaid\n    x-axis [\"a#quot;\"]\n```",
		"```mermaid\n%%{init: {}}%%\n```", "```mermaid\n    bar [1, x]\n```", "<details open=x>",
	} {
		if len(markuptest.Problems(bad)) == 0 {
			t.Errorf("no problem found in %q", bad)
		}
	}
	for _, good := range []string{"**a** `@b` $1.20, <br> a-b", "| a | `b` |\n|:--|:--|\n| 1 | $2 |", "<details><summary>a</summary>\n\n- b\n\n</details>", "`` a` `` x", "```text\nlist price  0.5x  ▐█│  -$0.24\n```\nx",
		"<details open><summary>a</summary>\n\n```mermaid\nxychart-beta\n    title \"a\"\n    x-axis [\"a_b\", \"c\"]\n    y-axis \"ratio\" 0 --> 4.2\n    bar [1, 2.5]\n    line [-1, 1]\n```\n\n</details>"} {
		if p := markuptest.Problems(good); len(p) > 0 {
			t.Errorf("%q: %v", good, p)
		}
	}
}
