package question_test

import (
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// TestQuestion says what a question depends on, and what it does not depend on.
func TestQuestion(t *testing.T) {
	model := func(name string) arm.Arm {
		return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: name})
	}
	options := func() question.Options {
		return question.Options{Pair: arm.Pair{Base: model("a"), Head: model("b")}, Suite: &suite.Suite{Name: "s", Digest: "sha256:1"}, Policy: verdict.DefaultPolicy()}
	}
	for _, tt := range []struct {
		name   string
		change func(*question.Options)
		same   bool
	}{
		{"nothing", func(*question.Options) {}, true},
		{"another name of the suite", func(o *question.Options) { o.Suite.Name = "t" }, true},
		{"the machine", func(o *question.Options) {
			o.Conditions, o.Harness = map[string]string{"limit of memory": "1"}, map[string]string{"codex": "2"}
		}, true},
		{"prices", func(o *question.Options) { o.Pricing = price.Pricing{Book: price.Embedded()} }, true},
		{"the commits", func(o *question.Options) { o.Commits.Head = "x" }, true},
		{"the mode", func(o *question.Options) { o.Policy.Mode = verdict.Block }, true},
		{"another head", func(o *question.Options) { o.Pair.Head = model("c") }, false},
		{"another base", func(o *question.Options) { o.Pair.Base = model("c") }, false},
		{"another suite", func(o *question.Options) { o.Suite.Digest = "sha256:2" }, false},
		{"no suite", func(o *question.Options) { o.Suite = nil }, false},
		{"another threshold", func(o *question.Options) { o.Policy.MaxCostRatio = 2 }, false},
	} {
		o := options()
		tt.change(&o)
		if got := o.Question() == options().Question(); got != tt.same {
			t.Errorf("%s: the same question: %v, want %v", tt.name, got, tt.same)
		}
	}
}
