package compare_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/trial"
)

// Limits of time and cost stand in the suite, those of memory and disk in the configuration, and what else is in the
// watched files at the base: trials under others are other evidence.
func TestEvidenceKeyCoversConditions(t *testing.T) {
	const text = "name: n\nharness: command\ncommand: \"true\"\ntasks: [{id: a, grade: {contains: x}%}]\n"
	key := func(more string, change func(*lab)) string {
		l := newLab(t, strings.Replace(text, "%", more, 1))
		l.bench.Limits = trial.Limits{Memory: 1 << 30, Disk: 1 << 30}
		change(l)
		var err error
		if l.opts.Conditions, err = l.bench.Conditions(l.opts); err != nil {
			t.Fatal(err)
		}
		return l.opts.EvidenceKey()
	}
	upstream := newLab(t, text[:strings.Index(text, "%")]+"}]\n").bench.Upstreams // servers of labs have ports of their own
	same := func(l *lab) { l.bench.Upstreams = upstream }
	seen := map[string]string{key("", same): "the first one"}
	for name, other := range map[string]string{
		"a limit of time": key(", timeout: 3m", same),
		"a limit of cost": key(", max_cost: 3", same),
		"a limit of memory": key("", func(l *lab) {
			same(l)
			l.bench.Limits.Memory = 2 << 30
		}),
		"a limit of disk": key("", func(l *lab) {
			same(l)
			l.bench.Limits.Disk = 2 << 30
		}),
		"another server": key("", func(*lab) {}),
		"another value in a watched file": key("", func(l *lab) {
			same(l)
			l.bench.Source = fstest.MapFS{l.bench.Watches[0].Path: &fstest.MapFile{Data: []byte("model: gpt-5.4\nverbosity: low\n")}}
		}),
	} {
		if there, ok := seen[other]; ok {
			t.Errorf("%s is the same evidence as %s", name, there)
		}
		seen[other] = name
	}
	if _, ok := seen[key("", same)]; !ok {
		t.Error("the same terms are other evidence")
	}
}

// A journal says which condition is another one.
func TestResumeNamesTheCondition(t *testing.T) {
	l := newInterruptedLab(t)
	l.opts.Conditions = map[string]string{"limit of memory": "1 bytes"}
	l.run(t)
	l.opts.Conditions = map[string]string{"limit of memory": "2 bytes"}
	l.process(t)
	_, err := compare.Run(t.Context(), l.opts, l.bench)
	if err == nil || !strings.Contains(err.Error(), `the limit of memory is "1 bytes" there and "2 bytes" here`) {
		t.Errorf("error %v", err)
	}
}
