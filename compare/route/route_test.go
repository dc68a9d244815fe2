package route_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
)

func of(settings ...arm.Setting) arm.Arm { return arm.Arm{Settings: settings} }

func in(slot string, key arm.Key, value string) arm.Setting {
	return arm.Setting{Slot: slot, Key: key, Value: value, Source: arm.Source{Path: "litellm_config.yaml", Line: 3, Column: 5}}
}

func TestUpstream(t *testing.T) {
	gate := meter.Upstream{Name: "gate", Provider: "openai"}
	for _, tt := range []struct {
		name string
		arm  arm.Arm
		ups  []meter.Upstream
		want string // the upstream, or a part of the error
	}{
		{"the model's maker", of(in("main", arm.Model, "gpt-5.4")), nil, "openai"},
		{"the provider that is declared", of(in("main", arm.Model, "anything"), in("main", arm.Provider, "anthropic")), nil, "anthropic"},
		{"the first that serves it", of(in("main", arm.Model, "gpt-5.4")), []meter.Upstream{gate}, "gate"},
		{"no model at all", of(), nil, "no model is declared; name the file that has it"},
		{"no main model", of(in("fast", arm.Model, "gpt-5.4"), in("fast", arm.Provider, "openai")), nil, `litellm_config.yaml:3:5: no model here is in the slot "main"`},
		{"a model that nobody knows", of(in("main", arm.Model, "mystery-1")), nil, `the price book does not know model "mystery-1"`},
		{"a provider that nobody serves", of(in("main", arm.Model, "x"), in("main", arm.Provider, "acme")), nil, `no upstream for provider "acme"`},
	} {
		up, err := route.Upstream(tt.arm, price.Embedded(), append(tt.ups, meter.DefaultUpstreams()...))
		if err == nil && up.Name != tt.want || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %q, %v, want %q", tt.name, up.Name, err, tt.want)
		}
	}
}

// What is wrong with a list of models keeps its place.
func TestNoMainModelHasAPlace(t *testing.T) {
	var e *arm.Error
	if _, err := route.Provider(of(in("fast", arm.Model, "gpt-5.4")), price.Embedded()); !errors.As(err, &e) || e.Source.Line != 3 {
		t.Errorf("got %v", err)
	}
}

// Makers go before the clouds that resell them.
func TestSellers(t *testing.T) {
	if got := route.Sellers(price.Embedded(), "gpt-5.4"); len(got) != 1 || got[0] != "openai" {
		t.Errorf("%q", got)
	}
	if got := route.Sellers(price.Embedded(), "mystery-1"); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
