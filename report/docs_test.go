package report_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/usage"
)

// scalars are structs that are one value in JSON.
var scalars = map[reflect.Type]bool{
	reflect.TypeFor[time.Time]():    true,
	reflect.TypeFor[price.Amount](): true,
	reflect.TypeFor[usage.Count]():  true,
}

// objects collects the JSON fields of t and of every struct below it, by type.
func objects(t reflect.Type, out map[reflect.Type][]string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || scalars[t] || out[t] != nil {
		return
	}
	out[t] = []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "-" {
			out[t] = append(out[t], name)
			objects(f.Type, out)
		}
	}
}

// heading is the title of a type's section.
func heading(t reflect.Type) string {
	if t == reflect.TypeFor[report.Tokens]() {
		return "MeanTokens"
	}
	return t.Name()
}

var field = regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|")

// TestDocumentedFields holds that docs/report.md has every field of every object of report.json, in order, and none
// that is not there.
func TestDocumentedFields(t *testing.T) {
	b, err := os.ReadFile("../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	_, text, _ := strings.Cut(string(b), "\n## report.json\n")
	for _, section := range strings.Split(text, "\n### ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		got[title] = []string{}
		for _, m := range field.FindAllStringSubmatch(body, -1) {
			got[title] = append(got[title], m[1])
		}
	}
	types := map[reflect.Type][]string{}
	objects(reflect.TypeFor[report.Report](), types)
	want := map[string][]string{}
	for typ, fields := range types {
		if _, twice := want[heading(typ)]; twice {
			t.Errorf("two types are called %s", heading(typ))
		}
		want[heading(typ)] = fields
	}
	if len(want) < 20 || len(want["Report"]) < 25 {
		t.Fatalf("only %d types and %d fields found: the test looks in the wrong place", len(want), len(want["Report"]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/report.md (-want +got):\n%s", diff)
	}
}

// TestDocumentedAbsence holds that the fields that docs/report.md says may be absent are those that JSON leaves out
// of an empty report.
func TestDocumentedAbsence(t *testing.T) {
	b, err := os.ReadFile("../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	types := map[reflect.Type][]string{}
	objects(reflect.TypeFor[report.Report](), types)
	for typ := range types {
		_, section, _ := strings.Cut(string(b), "\n### "+heading(typ)+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		for i := range typ.NumField() {
			name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			row := regexp.MustCompile("(?m)^\\| `" + name + "` \\|.*$").FindString(section)
			if got, want := strings.Contains(row, "may be absent"), strings.Contains(options, "omitempty"); got != want {
				t.Errorf("%s.%s: documented as absent at times: %t, want %t", heading(typ), name, got, want)
			}
		}
	}
}
