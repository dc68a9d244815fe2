package page_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/queue"
)

func escape(s string) string { return url.QueryEscape(s) }

func deadOf(key, err string) queue.Dead {
	return queue.Dead{Key: key, Notes: 1, Last: start, Err: err}
}

// elements and attributes are all that a page is made of. None of them runs anything; addresses are looked at by themselves.
var (
	elements = []string{"html", "head", "meta", "title", "link", "body", "a", "header", "div", "nav", "ul", "li", "form", "span", "button", "main", "h1", "h2", "p", "section", "dl", "dt", "dd", "time", "code", "small",
		"label", "select", "option", "input", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "strong", "svg", "h3", "pre", "line", "circle", "rect", "polygon", "text"}
	attributes = []string{"lang", "charset", "name", "content", "rel", "href", "class", "id", "aria-label", "aria-current", "aria-hidden", "method", "action", "type", "value", "role", "tabindex", "scope", "datetime",
		"viewBox", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "points", "text-anchor", "selected", "data-title", "autocomplete", "required"}
	tag   = regexp.MustCompile(`<(/?)([A-Za-z][A-Za-z0-9]*)((?: [A-Za-z0-9-]+(?:="[^"<>]*")?)*)/?>`)
	named = regexp.MustCompile(` ([A-Za-z0-9-]+)(?:="([^"]*)")?`)
	void  = []string{"meta", "link", "input"}
)

// checkMarkup holds that a page is whole elements of ours in the right order, with attributes of ours, whatever is written on it.
func checkMarkup(t *testing.T, name string, a answer) {
	t.Helper()
	body := strings.TrimPrefix(a.body, "<!DOCTYPE html>")
	var open []string
	for _, m := range tag.FindAllStringSubmatch(body, -1) {
		if !slices.Contains(elements, m[2]) {
			t.Errorf("%s: an element <%s>", name, m[2])
		}
		for _, x := range named.FindAllStringSubmatch(m[3], -1) {
			if !slices.Contains(attributes, x[1]) {
				t.Errorf("%s: an attribute %s", name, x[0])
			}
			if (x[1] == "href" || x[1] == "action") && !strings.HasPrefix(x[2], "/") && !strings.HasPrefix(x[2], "https://github.com/") && x[2] != "data:," && x[2] != "#main" {
				t.Errorf("%s: it leads to %s", name, x[2])
			}
		}
		switch {
		case slices.Contains(void, m[2]) || strings.HasSuffix(m[0], "/>"):
		case m[1] == "":
			open = append(open, m[2])
		case len(open) == 0 || open[len(open)-1] != m[2]:
			t.Fatalf("%s: </%s> ends %q", name, m[2], open)
		default:
			open = open[:len(open)-1]
		}
	}
	if rest := tag.ReplaceAllString(body, " "); len(open) > 0 || strings.ContainsAny(rest, "<>") {
		t.Errorf("%s: %q are open, or there is markup of another", name, open)
	}
	if seen := regexp.MustCompile(` value="[^"]*"`).ReplaceAllString(a.body, ""); strings.ContainsAny(seen, "\x00\u202e\u200b") {
		t.Errorf("%s: something on the page cannot be seen", name)
	}
}
