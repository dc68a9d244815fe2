package event_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/event"
)

// parse reads a payload that is good.
func parse(t *testing.T, name, payload string) event.Event {
	t.Helper()
	e, err := event.Parse(name, []byte(payload))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return e
}

// TestRefs has the names that git allows, and those that would be an option, a path or a range elsewhere.
func TestRefs(t *testing.T) {
	for ref, want := range map[string]bool{
		"main": true, "refs/heads/main": true, "feature/a-b_c.d": true, "größe": true, "a@b": true, "@": true, strings.Repeat("x", 1024): true,
		"": false, "-x": false, "/x": false, "a..b": false, "a@{1}": false, "a b": false, "a\tb": false, "a\nb": false, "a\x00b": false, "a\x7fb": false,
		"a~1": false, "a^": false, "a:b": false, "a?": false, "a*": false, "a[b": false, `a\b`: false, "a\ufffdb": false, strings.Repeat("x", 1025): false,
	} {
		raw := strings.NewReplacer("\\", `\\`, "\n", `\n`, "\t", `\t`, "\x00", `\u0000`, "\x7f", `\u007f`).Replace(ref)
		e, err := event.Parse("push", fmt.Appendf(nil, `{%s,"ref":"%s","before":%q,"after":%q}`, envelope, raw, shaA, shaB))
		if (err == nil) != want || want && e.Ref != ref {
			t.Errorf("%.40q: got %.40q, %v, want %v", ref, e.Ref, err, want)
		}
		// A default branch that is none is not worth an error: it is left empty.
		e = parse(t, "push", fmt.Sprintf(`{"repository":{"id":1,"full_name":"a/b","default_branch":"%s"},"ref":"x","before":%q,"after":%q}`, raw, shaA, shaB))
		if (e.DefaultBranch == ref) != (want || ref == "") || !want && e.DefaultBranch != "" {
			t.Errorf("%.40q: got the default branch %.40q", ref, e.DefaultBranch)
		}
	}
}

func TestQueuedPull(t *testing.T) {
	for ref, want := range map[string]int{
		"refs/heads/gh-readonly-queue/main/pr-104-" + shaA:                  104,
		"gh-readonly-queue/main/pr-7-" + shaA:                               7,
		"refs/heads/gh-readonly-queue/release/2.0/pr-9-" + shaA:             9, // of a branch with a slash
		"refs/heads/gh-readonly-queue/pr-5-x/pr-6-" + shaA:                  6, // of a branch that looks like one of the queue
		"refs/heads/gh-readonly-queue/main/pr-8":                            8,
		"refs/heads/gh-readonly-queue/main/pr-0-" + shaA:                    0,
		"refs/heads/gh-readonly-queue/main/pr--1-" + shaA:                   0,
		"refs/heads/gh-readonly-queue/main/pr-x-" + shaA:                    0,
		"refs/heads/gh-readonly-queue/main/pr-99999999999999999999-" + shaA: 0,
		"refs/heads/gh-readonly-queue/main/" + shaA:                         0,
		"refs/heads/main/pr-104-" + shaA:                                    0, // anybody may push a branch of that name
		"pr-104-" + shaA:                                                    0,
	} {
		e := parse(t, "merge_group", fmt.Sprintf(`{%s,"merge_group":{"head_sha":%q,"head_ref":%q,"base_sha":%q,"base_ref":"refs/heads/main"}}`, envelope, shaB, ref, shaA))
		if e.MergeGroup.Pull != want || e.MergeGroup.HeadRef != ref {
			t.Errorf("%s: got %d, want %d", ref, e.MergeGroup.Pull, want)
		}
	}
}

// TestMergeSHA shows that a commit which GitHub made to try a merge is not taken for one that made it.
func TestMergeSHA(t *testing.T) {
	for name, tt := range map[string]struct{ fields, want string }{
		"merged":            {fmt.Sprintf(`"merged":true,"merge_commit_sha":%q,`, shaA), shaA},
		"open":              {fmt.Sprintf(`"merged":false,"merge_commit_sha":%q,`, shaA), ""},
		"without a commit":  {`"merged":true,"merge_commit_sha":null,`, ""},
		"with another word": {`"merged":true,"merge_commit_sha":"main",`, ""},
	} {
		payload := strings.Replace(pullPayload(fmt.Sprintf(`{"sha":%q,"ref":"change"}`, shaB)), `"draft":true,`, tt.fields, 1)
		if e := parse(t, "pull_request", payload); e.Pull.MergeSHA != tt.want || e.Pull.Merged != (name != "open") {
			t.Errorf("%s: got %q, merged: %v", name, e.Pull.MergeSHA, e.Pull.Merged)
		}
	}
}

func TestPullOfACheck(t *testing.T) {
	for name, tt := range map[string]struct {
		pulls string
		want  event.Pull
	}{
		"none":                 {`[]`, event.Pull{}},
		"null":                 {`null`, event.Pull{}},
		"one":                  {`[{"number":7,"head":{"ref":"change"},"base":{"ref":"main"}}]`, event.Pull{Number: 7, HeadRef: "change", BaseRef: "main", Fork: true}},
		"the first of two":     {`[{"number":7,"head":{"ref":"a"},"base":{"ref":"b"}},{"number":8}]`, event.Pull{Number: 7, HeadRef: "a", BaseRef: "b", Fork: true}},
		"without branches":     {`[{"number":7}]`, event.Pull{Number: 7, Fork: true}},
		"a head of no branch":  {`[{"number":7,"head":{"ref":"--x"},"base":{"ref":"main"}}]`, event.Pull{Number: 7, Fork: true}},
		"a base of no branch":  {`[{"number":7,"head":{"ref":"x"},"base":{"ref":"a..b"}}]`, event.Pull{Number: 7, Fork: true}},
		"a number that is not": {`[{"number":0,"head":{"ref":"x"},"base":{"ref":"y"}}]`, event.Pull{}},
	} {
		for _, kind := range []string{"check_run", "check_suite"} {
			e := parse(t, kind, fmt.Sprintf(`{%s,"%s":{"id":9,"head_sha":%q,"app":null,"pull_requests":%s}}`, envelope, kind, shaA, tt.pulls))
			if diff := cmp.Diff(e.Pull, tt.want); diff != "" || e.Check.App != 0 {
				t.Errorf("%s: %s: App %d, got-want:\n%s", kind, name, e.Check.App, diff)
			}
		}
	}
}

// TestLabelsTogether keeps the first labels of too many, and each whole.
func TestLabelsTogether(t *testing.T) {
	label := func(size int) string { return fmt.Sprintf(`{"name":%q}`, strings.Repeat("x", size)) }
	for name, tt := range map[string]struct {
		labels []string
		want   []int // their sizes
	}{
		"none":              {nil, nil},
		"a few":             {[]string{label(3), label(0), label(50)}, []int{3, 0, 50}},
		"one too long":      {[]string{label(201)}, []int{200}},
		"just enough":       {slices.Repeat([]string{label(127)}, 32), slices.Repeat([]int{127}, 32)},
		"one too many":      {slices.Repeat([]string{label(127)}, 33), slices.Repeat([]int{127}, 32)},
		"a short one after": {append(slices.Repeat([]string{label(199)}, 21), label(1)), slices.Repeat([]int{199}, 20)},
	} {
		e := parse(t, "issue_comment", fmt.Sprintf(`{%s,"issue":{"number":7,"pull_request":{},"labels":[%s]},"comment":{"id":1}}`, envelope, strings.Join(tt.labels, ",")))
		var got []int
		for _, l := range e.Pull.Labels {
			got = append(got, len(l))
		}
		if diff := cmp.Diff(got, tt.want); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
}

func TestInputs(t *testing.T) {
	many, want := "", map[string]string{}
	for i := range 30 {
		many += fmt.Sprintf(`,"k%02d":%d`, i, i)
		if i < 25 {
			want[fmt.Sprintf("k%02d", i)] = fmt.Sprint(i)
		}
	}
	long := strings.Repeat("k", 101)
	for name, tt := range map[string]struct {
		inputs string
		want   map[string]string
	}{
		"of all kinds": {`{"a":"x","b":true,"c":1.5,"d":null,"e":{"f":[1]},"g":""}`, map[string]string{"a": "x", "b": "true", "c": "1.5", "e": `{"f":[1]}`, "g": ""}},
		"none":         {`{}`, nil},
		"too many":     {"{" + many[1:] + "}", want},
		"a long name":  {`{"` + long + `":"x","` + long[1:] + `":"y"}`, map[string]string{long[1:]: "y"}},
		"a long value": {`{"a":"` + long + `"}`, map[string]string{"a": long[1:]}},
	} {
		e := parse(t, "workflow_dispatch", `{`+envelope+`,"ref":"main","inputs":`+tt.inputs+`}`)
		if diff := cmp.Diff(e.Inputs, tt.want); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
}

// TestPayloadSize refuses a payload that GitHub would not send before it is read.
func TestPayloadSize(t *testing.T) {
	const most = 25 << 20
	payload := fmt.Sprintf(`{%s,"ref":"main","before":%q,"after":%q}`, envelope, shaA, shaB)
	payload += strings.Repeat(" ", most-len(payload))
	if e := parse(t, "push", payload); e.After != shaB {
		t.Errorf("got %+v", e)
	}
	if _, err := event.Parse("push", []byte(payload+" ")); !errors.Is(err, event.ErrEvent) || !strings.Contains(err.Error(), "26214401 bytes, 26214400 are allowed") {
		t.Errorf("got %v", err)
	}
}

// TestBots says of each kind of account whether a program caused the event. Who was deleted is none.
func TestBots(t *testing.T) {
	for sender, want := range map[string]bool{
		`{"login":"a","type":"Bot"}`: true, `{"login":"a","type":"User"}`: false, `{"login":"a","type":"Organization"}`: false,
		`{"login":"a[bot]"}`: false, `{"login":"a","type":"bot"}`: false, `null`: false, `{}`: false,
	} {
		e := parse(t, "push", fmt.Sprintf(`{"repository":{"id":1,"full_name":"a/b"},"sender":%s,"ref":"x","before":%q,"after":%q}`, sender, shaA, shaB))
		if e.Bot != want || (e.Sender == "") == strings.Contains(sender, "login") {
			t.Errorf("%s: got %v and %q", sender, e.Bot, e.Sender)
		}
	}
}

func TestParseRefusesMore(t *testing.T) {
	good := pullPayload(fmt.Sprintf(`{"sha":%q,"ref":"change","repo":{"id":2,"full_name":"eve/agent"}}`, shaB))
	for _, tt := range []struct{ name, event, payload, want string }{
		{"a head of no repository", "pull_request", strings.Replace(good, "eve/agent", "../../etc", 1), "reading repository"},
		{"a base of no branch", "pull_request", strings.Replace(good, `"ref":"main"`, `"ref":"a b"`, 1), "no branch"},
		{"a number of another type", "pull_request", strings.Replace(good, `{"number":7`, `{"number":"7"`, 1), "decoding payload"},
		{"a field twice", "pull_request", strings.Replace(good, `{"action"`, `{"action":"opened","action"`, 1), "twice"},
		{"something behind", "pull_request", good + "{}", fmt.Sprintf("at byte %d", len(good))},
		{"a comment of no id", "issue_comment", `{` + envelope + `,"issue":{"number":7},"comment":{"id":0}}`, "comment with an id"},
		{"an issue of no number", "issue_comment", `{` + envelope + `,"issue":{},"comment":{"id":1}}`, "issue with a number"},
		{"a push of a short id", "push", `{` + envelope + `,"ref":"main","before":"abc","after":"abc"}`, "no ref, before and after"},
		{"a suite of no head", "check_suite", `{` + envelope + `,"check_suite":{"id":1}}`, "no check_suite with an id and head_sha"},
		{"a run in the place of a suite", "check_suite", fmt.Sprintf(`{%s,"check_run":{"id":1,"head_sha":%q}}`, envelope, shaA), "no check_suite"},
		{"a group of no base", "merge_group", fmt.Sprintf(`{%s,"merge_group":{"head_sha":%q,"head_ref":"x","base_ref":"y"}}`, envelope, shaA), "no merge_group"},
	} {
		if e, err := event.Parse(tt.event, []byte(tt.payload)); !errors.Is(err, event.ErrEvent) || !strings.Contains(err.Error(), tt.want) || !cmp.Equal(e, event.Event{}) {
			t.Errorf("%s: got %+v, %v, want %q", tt.name, e, err, tt.want)
		}
	}
}

// TestMergedAt reads when a merge was, and takes a form that it does not know for not said.
func TestMergedAt(t *testing.T) {
	for name, tt := range map[string]struct{ value, want string }{
		"a time":          {`"2026-11-02T09:30:00Z"`, "2026-11-02T09:30:00Z"},
		"another zone":    {`"2026-11-02T10:30:00+01:00"`, "2026-11-02T09:30:00Z"},
		"null":            {`null`, ""},
		"seconds":         {`1793000000`, ""},
		"something else":  {`"yesterday"`, ""},
		"a whole object":  {`{"a":[1]}`, ""},
		"no time of ours": {`"0001-01-01T00:00:00Z"`, ""},
	} {
		fields := fmt.Sprintf(`"merged":true,"merge_commit_sha":%q,"merged_at":%s,`, shaA, tt.value)
		payload := strings.Replace(pullPayload(fmt.Sprintf(`{"sha":%q,"ref":"change"}`, shaB)), `"draft":true,`, fields, 1)
		got := ""
		if at := parse(t, "pull_request", payload).Pull.MergedAt; !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
