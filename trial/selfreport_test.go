package trial_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

func TestAgentsSayWhatTheyConsumed(t *testing.T) {
	whole := usage.Tokens{Input: usage.Known(12), CacheRead: usage.Known(3), Output: usage.Known(4)}
	cases := []struct {
		name, command string
		want          *usage.SelfReport
		note          string
	}{
		{"says nothing", `true`, nil, ""},
		{"says it all", `echo '{"input":12,"cache_read":3,"output":4,"usd":"0.0125"}' >"$PERTASK_USAGE_FILE"`, &usage.SelfReport{Tokens: whole, USD: "0.0125"}, ""},
		{"not JSON", `echo nothing >"$PERTASK_USAGE_FILE"`, nil, "is not as documented"},
		{"unknown field", `echo '{"inputs":1}' >"$PERTASK_USAGE_FILE"`, nil, "is not as documented"},
		{"a negative count", `echo '{"input":-1}' >"$PERTASK_USAGE_FILE"`, nil, "is not as documented"},
		{"money as a number", `echo '{"usd":"1e9"}' >"$PERTASK_USAGE_FILE"`, nil, "decimal number in quotes"},
		{"too large", `head -c 70000 /dev/zero >"$PERTASK_USAGE_FILE"`, nil, "not a regular file of at most"},
		{"a pipe", `mkfifo "$PERTASK_USAGE_FILE"`, nil, "not a regular file"},
		{"a link out of the home", `ln -s /etc/hostname "$PERTASK_USAGE_FILE"`, nil, "not a regular file"},
		{"a folder", `mkdir "$PERTASK_USAGE_FILE"`, nil, "not a regular file"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, nil, suite.Task{ID: "t", Command: c.command})
			r := l.one(t, "t")
			if diff := cmp.Diff(c.want, r.Trial.SelfReport); diff != "" {
				t.Errorf("self-report differs (-want +got):\n%s", diff)
			}
			if !strings.Contains(r.Trial.Detail, c.note) {
				t.Errorf("detail %q does not say %q", r.Trial.Detail, c.note)
			}
			if r.Trial.Outcome != trial.Completed {
				t.Errorf("the trial is %s (%s): what an agent says changes nothing", r.Trial.Outcome, r.Trial.Detail)
			}
		})
	}
}
