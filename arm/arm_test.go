package arm_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm"
)

func setting(slot string, key arm.Key, value string) arm.Setting {
	return arm.Setting{Slot: slot, Key: key, Value: value}
}

func TestArmWithAndWithout(t *testing.T) {
	var empty arm.Arm
	a := empty.With(setting("small", arm.Model, "s"), setting(arm.MainSlot, arm.Model, "m"), setting(arm.MainSlot, arm.Effort, "low"))
	want := []arm.Setting{setting("main", arm.Effort, "low"), setting("main", arm.Model, "m"), setting("small", arm.Model, "s")}
	if diff := cmp.Diff(want, a.Settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	b := a.With(setting(arm.MainSlot, arm.Model, "n"), setting(arm.MainSlot, arm.Model, "o"))
	if got := b.Model(); got != "o" || len(b.Settings) != 3 {
		t.Errorf("got model %q of %d settings, want the last given one", got, len(b.Settings))
	}
	c := b.Without(arm.MainSlot, arm.Model)
	if _, ok := c.Get(arm.MainSlot, arm.Model); ok || c.Model() != "" || len(c.Settings) != 2 {
		t.Errorf("the model is still there: %+v", c)
	}
	if d := c.Without("other", arm.Model); !slices.Equal(d.Settings, c.Settings) {
		t.Errorf("without a setting that is not there: %+v", d)
	}
	if diff := cmp.Diff(want, a.Settings); diff != "" {
		t.Errorf("the first arm changed (-want +got):\n%s", diff)
	}
}

func TestArmSlots(t *testing.T) {
	var a arm.Arm
	if got := a.Slots(); len(got) != 0 || a.Model() != "" {
		t.Errorf("the zero arm has slots %q and model %q", got, a.Model())
	}
	for _, slot := range []string{"zeta", "alpha", "main", "beta"} {
		a = a.With(setting(slot, arm.Model, "m"), setting(slot, arm.Effort, "low"))
	}
	if got, want := a.Slots(), []string{"main", "alpha", "beta", "zeta"}; !slices.Equal(got, want) {
		t.Errorf("got slots %q, want %q", got, want)
	}
}

func TestPairChanged(t *testing.T) {
	for name, tt := range map[string]struct {
		pair arm.Pair
		want bool
	}{
		"nothing":            {arm.Pair{}, false},
		"not applied":        {arm.Pair{NotApplied: []arm.Change{{Key: arm.BaseURL}}}, false},
		"a finding":          {arm.Pair{Findings: []arm.Finding{{Code: "selector-finds-nothing"}}}, false},
		"a change":           {arm.Pair{Changes: []arm.Change{{Key: arm.Model}}}, true},
		"one that withholds": {arm.Pair{Findings: []arm.Finding{{Code: "a"}, {Code: "b", Withhold: true}}}, true},
	} {
		if got := tt.pair.Changed(); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func TestErrorText(t *testing.T) {
	for want, e := range map[string]*arm.Error{
		"a.yaml: what":                  {Source: arm.Source{Path: "a.yaml"}, What: "what"},
		"a.yaml:2:3: what":              {Source: arm.Source{Path: "a.yaml", Line: 2, Column: 3}, What: "what"},
		"a.yaml:2:3: in the head: what": {Source: arm.Source{Path: "a.yaml", Line: 2, Column: 3}, Side: "the head", What: "what"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
