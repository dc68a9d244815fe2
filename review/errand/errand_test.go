package errand_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/errand"
)

var until = time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)

func request() errand.Request {
	return errand.Request{Schema: errand.Schema, Review: "0123456789abcdef-1", Repository: "acme/agent", Pull: 7, Base: strings.Repeat("a", 40), Head: strings.Repeat("b", 40),
		Suite: "tickets", Question: "sha256:" + strings.Repeat("0", 64), Looks: []int{2, 3, 5}, Budget: price.Known(price.MustMoney("1.5")), Until: until}
}

func TestParse(t *testing.T) {
	want := request()
	got, err := errand.Parse(want.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.ContainsAny(want.String(), "\r\n") {
		t.Errorf("it has several lines: %q", want.String())
	}
}

func TestParseRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"another schema":        {func(m map[string]any) { m["schema"] = "pertask.request/2" }, "pertask.request/1"},
		"an unknown field":      {func(m map[string]any) { m["ref"] = "evil" }, "ref"},
		"no repository":         {func(m map[string]any) { m["repository"] = "acme" }, "repository"},
		"a name for a commit":   {func(m map[string]any) { m["base"] = "main" }, "object id"},
		"a path for the key":    {func(m map[string]any) { m["review"] = "../x" }, "review"},
		"no pull request":       {func(m map[string]any) { m["pull"] = 0 }, "pull"},
		"no looks":              {func(m map[string]any) { m["looks"] = []int{} }, "looks"},
		"looks that shrink":     {func(m map[string]any) { m["looks"] = []int{3, 2} }, "looks"},
		"a budget below 0":      {func(m map[string]any) { m["budget"] = "-1" }, "budget"},
		"a budget that is none": {func(m map[string]any) { m["budget"] = "x" }, "dollars"},
		"no end":                {func(m map[string]any) { delete(m, "until") }, "until"},
		"no question":           {func(m map[string]any) { m["question"] = "" }, "question"},
		"many extensions":       {func(m map[string]any) { m["extensions"] = 1000 }, "extensions"},
	} {
		var m map[string]any
		if err := json.Unmarshal([]byte(request().String()), &m); err != nil {
			t.Fatal(err)
		}
		tt.change(m)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := errand.Parse(string(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want it to name %q", name, err, tt.want)
		}
	}
	for name, text := range map[string]string{"nothing": "", "two": request().String() + request().String(), "a huge one": `{"suite":"` + strings.Repeat("x", errand.MaxRequest) + `"}`} {
		if _, err := errand.Parse(text); err == nil {
			t.Errorf("%s is a request", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(request().String())
	f.Add(`{"schema":"pertask.request/1","looks":[1]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := errand.Parse(text)
		if err != nil {
			return
		}
		again, err := errand.Parse(r.String())
		if err != nil || again.String() != r.String() {
			t.Errorf("%q is read again as %q, %v", text, again.String(), err)
		}
	})
}
