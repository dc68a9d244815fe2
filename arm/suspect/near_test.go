package suspect_test

import (
	"testing"

	"github.com/pertask/pertask/arm/suspect"
)

func TestPlaces(t *testing.T) {
	tests := []struct {
		name, path string
		agent      bool
		places     []string
		at         string
		want       bool
	}{
		{"agent", "opencode.json", true, nil, "$.x.y", true},
		{"beside", "a.yaml", false, []string{"$.coder.model"}, "$.coder.url", true},
		{"below", "a.yaml", false, []string{"$.coder.model"}, "$.coder.x[0].y", true},
		{"other branch", "a.yaml", false, []string{"$.coder.model", "$.tester.model"}, "$.site.url", false},
		{"root", "a.yaml", false, []string{"$.model"}, "$.url", true},
		{"below the root", "a.yaml", false, []string{"$.model"}, "$.site.url", false},
		{"element", "a.yaml", false, []string{"$.agents[?name=x].model"}, "$.agents[3].url", true},
		{"above", "a.yaml", false, []string{"$.a.b.model"}, "$.a.url", false},
		{"no place", "a.yaml", false, nil, "$.url", false},
		{"element of the root", "a.yaml", false, []string{"$.model"}, "$[0]", false},
		{"place without a key", "a.yaml", false, []string{"$[0]"}, "$.url", false},
		{"variable", ".env", true, []string{"AIDER_MODEL"}, "AIDER_PROXY", true},
		{"another program's variable", ".env", true, []string{"AIDER_MODEL"}, "API_URL", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := suspect.NewPlaces(tt.path, tt.agent)
			for _, s := range tt.places {
				p.Add(place(t, s))
				p.Add(place(t, s))
			}
			if got := p.Has(place(t, tt.at)); got != tt.want {
				t.Errorf("%s is near %v: %v, want %v", tt.at, tt.places, got, tt.want)
			}
		})
	}
	var none *suspect.Places
	if none.Has(place(t, "$.x")) {
		t.Error("no places have one")
	}
}
