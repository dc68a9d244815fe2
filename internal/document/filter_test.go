package document_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/document"
)

// lists is one list in each format that has lists.
var lists = map[string]string{
	"a.yaml": "list:\n  - name: a\n    p: {m: x}  # first\n  - {name: 'b', p: {m: y}}\n  - name: 3\n    p: {m: z}\n  - name: b b\n  - name: [a]\n  - a\n",
	"a.json": `{"list": [{"name": "a", "p": {"m": "x"}}, {"name": "b", "p": {"m": "y"}}, {"name": 3, "p": {"m": "z"}}, {"name": "b b"}, {"name": ["a"]}, "a"]}`,
	"a.toml": "[[list]]\nname = \"a\"\np.m = \"x\"\n[[list]]\nname = 'b'\n[list.p]\nm = 'y'\n[[list]]\nname = 3\np = {m = 'z'}\n[[list]]\nname = 'b b'\n",
}

func TestFilters(t *testing.T) {
	for path, content := range lists {
		d := parse(t, path, content)
		for in, want := range map[string]string{
			"$.list[?name=a].p.m": "x", "$.list[?name='b'].p.m": "y", "list[?name=3].p.m": "z", "$.list[?p.m=y].name": "b",
			"$.list[?name=c].p.m": "", "$.list[?name.x=a].p.m": "", "$.list[?p=x].name": "", "$[?name=a].p.m": "", "$.list[?name='b b'].p.m": "",
			"$.list[?name=a].p[?m=x]": "", "$.none[?name=a].p.m": "",
		} {
			v, ok, err := d.Scalar(selector(t, in))
			if err != nil || v.Text != want || ok != (want != "") || d.Has(selector(t, in)) != ok {
				t.Errorf("%s: %s is %q, %v, error %v, want %q", path, in, v.Text, ok, err, want)
			}
		}
	}
}

// TestFilterEdits writes by name; the order of the elements does not matter.
func TestFilterEdits(t *testing.T) {
	for path, content := range lists {
		d := parse(t, path, content)
		got, err := d.Set(selector(t, "$.list[?name=b].p.m"), "new", false)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(strings.Replace(content, "y}", "new}", 1), "'y'", "'new'", 1)
		want = strings.Replace(want, `"y"`, `"new"`, 1)
		if string(got.Bytes()) != want {
			t.Errorf("%s: got\n%s\nwant\n%s", path, got.Bytes(), want)
		}
		if got, err = d.Set(selector(t, "$.list[?name=a].p.n"), "5", true); err != nil {
			t.Fatal(err)
		}
		if v, ok, err := got.Scalar(selector(t, "$.list[0].p.n")); err != nil || !ok || v.Text != "5" {
			t.Errorf("%s: got %q, %v, %v\n%s", path, v.Text, ok, err, got.Bytes())
		}
		if got, err = d.Remove(selector(t, "$.list[?name=a].p.m")); err != nil || got.Has(selector(t, "$.list[0].p.m")) || !got.Has(selector(t, "$.list[1].p.m")) {
			t.Errorf("%s: removing by name: %v", path, err)
		}
		if _, err = d.Set(selector(t, "$.list[?name=c].m"), "x", false); err == nil || !strings.Contains(err.Error(), "the list has no such element") {
			t.Errorf("%s: setting in an element that is not there: %v", path, err)
		}
		if _, err = d.Remove(selector(t, "$.list[?name=c].m")); err == nil {
			t.Errorf("%s: removing from an element that is not there: no error", path)
		}
	}
}

func TestFilterFitsSeveral(t *testing.T) {
	d := parse(t, "a.yaml", "list:\n  - {n: a, m: x}\n  - {n: b, m: x}\n  - {n: a, m: y}\n")
	at := selector(t, "$.list[?n=a].m")
	const want = "a.yaml:4:5: $.list[?n=a] fits more than one element; a filter fits one, or write an index"
	_, _, err := d.Scalar(at)
	_, errSet := d.Set(at, "z", false)
	_, errRemove := d.Remove(at)
	for _, err := range []error{err, errSet, errRemove} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if places, _, all := d.Children(selector(t, "$.list[?n=a]"), 9); len(places) > 0 || !all || d.Has(at) || d.Single(at) {
		t.Error("something is found in one of two elements")
	}
	if v, ok, err := d.Scalar(selector(t, "$.list[?n=b].m")); err != nil || !ok || v.Text != "x" {
		t.Errorf("the other element has %q, %v, %v", v.Text, ok, err)
	}
}

func TestChildren(t *testing.T) {
	d := parse(t, "a.yaml", "l: [a, {b: c}]\nm: {x: 1, 'y z': {}}\ns: t\nn:\n")
	tests := []struct {
		at        string
		limit     int
		want      []string
		list, all bool
	}{
		{"$.l", 9, []string{"$.l[0]", "$.l[1]"}, true, true},
		{"$.l", 1, []string{"$.l[0]"}, true, false},
		{"$.m", 2, []string{"$.m.x", "$.m['y z']"}, false, true},
		{"$.m", 1, []string{"$.m.x"}, false, false},
		{"$.s", 9, nil, false, true},
		{"$.n", 9, nil, false, true},
		{"$.none", 9, nil, false, true},
	}
	for _, tt := range tests {
		places, list, all := d.Children(selector(t, tt.at), tt.limit)
		var got []string
		for _, p := range places {
			got = append(got, p.String())
		}
		if !slices.Equal(got, tt.want) || list != tt.list || all != tt.all {
			t.Errorf("children of %s: %q, list %v, all %v, want %q, %v, %v", tt.at, got, list, all, tt.want, tt.list, tt.all)
		}
	}
	for at, want := range map[string]bool{"$.l[0]": true, "$.l[1]": false, "$.s": true, "$.n": false, "$.none": false} {
		if got := d.Single(selector(t, at)); got != want {
			t.Errorf("%s is a single value: %v", at, got)
		}
	}
	if got := d.SourceOf(selector(t, "$.l[1].b")); got != (document.Source{Path: "a.yaml", Line: 1, Column: 12, Selector: "$.l[1].b"}) {
		t.Errorf("got %+v", got)
	}
	if got := d.SourceOf(selector(t, "$.x")); got != (document.Source{Path: "a.yaml", Selector: "$.x"}) {
		t.Errorf("got %+v", got)
	}
}

func TestSelectorParts(t *testing.T) {
	list := selector(t, "$.list")
	at := list.Element(selector(t, "match.model"), "a b").Below(selector(t, "x[0]"))
	if got, want := at.String(), "$.list[?match.model='a b'].x[0]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := list.String(); got != "$.list" {
		t.Errorf("a part of it has become %s", got)
	}
}

func TestDifferencesAt(t *testing.T) {
	a := parse(t, "a.yaml", "l: [{n: a, x: 1}, {n: b, x: {y: 2}}]\n")
	b := parse(t, "a.yaml", "l: [{n: b, x: {y: 3}}, {n: a, x: 1}]\n")
	differing := func(a, b *document.Document, atA, atB string) (out []string) {
		for d := range document.DifferencesAt(a, selector(t, atA), b, selector(t, atB)) {
			out = append(out, d.At.String())
		}
		return out
	}
	for _, tt := range []struct {
		a, b     *document.Document
		atA, atB string
		want     []string
	}{
		{a, b, "$.l[0]", "$.l[1]", nil},
		{a, b, "$.l[?n=b]", "$.l[0]", []string{"$.l[0].x.y"}},
		{a, b, "$.l[0].x", "$.l[0].x", []string{"$.l[0].x", "$.l[0].x.y"}},
		{nil, b, "$.l[1]", "$.l[1]", []string{"$.l[1].n", "$.l[1].x"}},
		{a, nil, "$.l[0]", "$.l[0]", []string{"$.l[0].n", "$.l[0].x"}},
		{a, b, "$.none", "$.l[1].x", []string{"$.l[1].x"}},
	} {
		if got := differing(tt.a, tt.b, tt.atA, tt.atB); !slices.Equal(got, tt.want) {
			t.Errorf("%s and %s differ at %q, want %q", tt.atA, tt.atB, got, tt.want)
		}
	}
}

func TestDigest(t *testing.T) {
	yaml := parse(t, "a.yaml", "x: {a: 1, b: [c, {}]}\ny:\n  b: [c, {}]\n  a: 1\nz: {a: '1', b: [c, {}]}\nn:\nm: {}\nlong: "+strings.Repeat("l", 5000)+"\n")
	json := parse(t, "a.json", `{"x": {"b": ["c", {}], "a": 1}, "r": {"b": [{}, "c"], "a": 1}}`)
	digest := func(d *document.Document, at string) string { return d.Digest(selector(t, at)) }
	want := digest(yaml, "$.x")
	if digest(yaml, "$.y") != want || digest(json, "$.x") != want {
		t.Error("equal values have different digests")
	}
	seen := map[string]string{want: "$.x"}
	for _, at := range []string{"$.z", "$.n", "$.m", "$.x.a", "$.x.b", "$.long", "$.none"} {
		if other, ok := seen[digest(yaml, at)]; ok {
			t.Errorf("%s has the digest of %s", at, other)
		}
		seen[digest(yaml, at)] = at
	}
	if digest(json, "$.r") == want {
		t.Error("a list in another order is equal")
	}
}

func TestSelectorIn(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{{"$.a.b", "$.a", true}, {"$.a", "$.a", true}, {"$.a", "$.a.b", false}, {"$.ab", "$.a", false}, {"$.a[0].x", "$.a[0]", true}, {"$.a[1]", "$.a[0]", false}} {
		if got := selector(t, tt.a).In(selector(t, tt.b)); got != tt.want {
			t.Errorf("%s in %s: %v", tt.a, tt.b, got)
		}
	}
	if got := selector(t, "$.a").Key("b c").String(); got != "$.a['b c']" {
		t.Errorf("got %s", got)
	}
}
