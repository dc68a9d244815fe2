package markup

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "gpt-5.4", "gpt-5.4"},
		{"white space of every kind", "  a\tb\r\n\r\nc\u00a0d\u2028e  ", "a b c d e"},
		{"terminal escapes", "\x1b[31mred\x1b[0m\a\x9b", "\ufffd[31mred\ufffd[0m\ufffd\ufffd"},
		{"direction", "\u202egpj.exe", "\ufffdgpj.exe"},
		{"zero width", "a\u200bb\ufeffc", "a\ufffdb\ufffdc"},
		{"hidden letters", "a\u3164\u2800b", "a\ufffd\ufffdb"},
		{"tag characters", "a\U000e0041", "a\ufffd"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"letters of the world", "café 日本語 😀", "café 日本語 😀"},
		{"cut", strings.Repeat("x", 21), strings.Repeat("x", 20) + "..."},
		{"as long as allowed", strings.Repeat("é", 20), strings.Repeat("é", 20)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in, 20); got != c.want {
				t.Errorf("clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestCode(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"gpt-5.4", "`gpt-5.4`"},
		{"", "`(empty)`"},
		{" \n", "`(empty)`"},
		{"a`b", "``a`b``"},
		{"a```b`", "```` a```b` ````"},
		{"`", "`` ` ``"},
		{"a|b", "`a│b`"},
		{"a\n| b", "`a │ b`"},
		{`\`, "`\\`"},
		{"@user #1 <b>", "`@user #1 <b>`"},
	} {
		if got := Code(c.in); got != c.want {
			t.Errorf("code(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestText(t *testing.T) {
	const z = zeroWidth
	for _, c := range []struct{ name, in, want string }{
		{"plain", "A task, 12 % of it.", "A task, 12 % of it."},
		{"emphasis", "a *b* _c_ ~d~", `a \*b\* \_c\_ \~d\~`},
		{"link and image", "![a](http://b)", `!\[a\](http:` + z + `//b)`},
		{"HTML", "<b>&amp;<!-- x -->", "&lt;b&gt;&amp;amp;&lt;!-- x --&gt;"},
		{"mention", "@octocat", "@" + z + "octocat"},
		{"mail", "a@b.example", "a@" + z + "b.example"},
		{"reference", "#12, a/b#3, GH-4, gh-5", "#" + z + "12, a/b#" + z + "3, GH-" + z + "4, gh-" + z + "5"},
		{"bare domain", "see WWW.a.example", "see WWW" + z + ".a.example"},
		{"commit", "at 8abee25fc97c", "at 8abee2" + z + "5fc97c"},
		{"number", "1234567 tokens", "1234567 tokens"},
		{"formula", "$x$", "<span>$</span>x<span>$</span>"},
		{"emoji", ":shipit:", ":" + z + "shipit:"},
		{"table and escape", `a\|b`, "a&#92;&#124;b"},
		{"code", "`a`", "&#96;a&#96;"},
		{"heading", "# a", "#" + z + " a"},
		{"list", "- a", `\- a`},
		{"plus list", "+ a", `\+ a`},
		{"numbered list", "12. a", `12\. a`},
		{"numbered list with bracket", "1) a", `1\) a`},
		{"quote", "> a", "&gt; a"},
		{"number first", "3 trials", "3 trials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Text(c.in); got != c.want {
				t.Errorf("text(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestRich(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"value", "The model `gpt_5` is new.", "The model `gpt_5` is new."},
		{"two values", "`a` and `b`", "`a` and `b`"},
		{"odd", "a ` b", "a &#96; b"},
		{"a value with a backquote", "model `a`b` is", "model &#96;a&#96;b&#96; is"},
		{"doubled", "``a``", "&#96;&#96;a&#96;&#96;"},
		{"live in prose", "`a` @b", "`a` @" + zeroWidth + "b"},
		{"cut inside a value", "`" + strings.Repeat("x", MaxSentence), "&#96;" + strings.Repeat("x", MaxSentence-1) + "..."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Rich(c.in); got != c.want {
				t.Errorf("rich(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestLink(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://github.com/acme/agent/actions/runs/1?pr=2#artifacts", "[x](https://github.com/acme/agent/actions/runs/1?pr=2#artifacts)"},
		{"http://ghes.example:8443/a", "[x](http://ghes.example:8443/a)"},
		{"", ""},
		{"javascript:alert(1)", ""},
		{"https://a.example/b) [c](https://d.example", ""},
		{"https://user@a.example/", ""},
		{"https://a.example/\n", ""},
		{"https://a.example/<b>", ""},
		{"https://a.example/" + strings.Repeat("x", 1000), ""},
	} {
		if got := Link("x", c.url); got != c.want {
			t.Errorf("link(%q) = %q, want %q", c.url, got, c.want)
		}
	}
}
