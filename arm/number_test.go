package arm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pertask/pertask/arm"
)

func TestCheckNumber(t *testing.T) {
	for _, test := range []struct {
		key   arm.Key
		value string
		ok    bool
	}{
		{arm.MaxOutputTokens, "8000", true},
		{arm.MaxOutputTokens, "999999999", true},
		{arm.MaxOutputTokens, "0", false},
		{arm.ThinkingBudget, "0", true},
		{arm.ThinkingBudget, "31999", true},
		{arm.ThinkingBudget, "-1", false},
		{arm.Temperature, "0", true},
		{arm.Temperature, "0.70", true},
		{arm.Temperature, "1", true},
		{arm.Temperature, "-0.5", false},
		{arm.Temperature, ".5", false},
		{arm.Temperature, "1.", false},
		{arm.Model, "8k", true}, // no number at all
		{arm.Effort, "", true},
	} {
		for _, slot := range []string{arm.MainSlot, "small"} {
			s := arm.Setting{Slot: slot, Key: test.key, Value: test.value}
			if err := s.CheckNumber(); (err == nil) != test.ok {
				t.Errorf("%s %q: got %v", s.Name(), test.value, err)
			}
		}
	}
	for _, value := range []string{"", " ", "8k", "1_000", "1,000", "1e4", "0x10", "010", "+8", " 8", "8 ", "8\n", "٣", "NaN", "Infinity", "9999999999", "true", "8.5.1"} {
		for _, key := range []arm.Key{arm.MaxOutputTokens, arm.ThinkingBudget, arm.Temperature} {
			if err := (arm.Setting{Slot: arm.MainSlot, Key: key, Value: value}).CheckNumber(); err == nil {
				t.Errorf("%s takes %q", key, value)
			}
		}
	}
}

// An error has the place of the value, where there is one.
func TestNumberErrorsHaveAPlace(t *testing.T) {
	s := arm.Setting{Slot: "small", Key: arm.MaxOutputTokens, Value: "8k"}
	err := s.CheckNumber()
	if want := `small.max_output_tokens is "8k"; it must be a whole number from 1 to 999999999 with digits only, such as 8000`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	s.Source = arm.Source{Path: "crush.json", Line: 3, Column: 7}
	var placed *arm.Error
	if err := s.CheckNumber(); !errors.As(err, &placed) || placed.Source != s.Source || !strings.HasPrefix(err.Error(), "crush.json:3:7: small.max_output_tokens is ") {
		t.Errorf("got %v", err)
	}
	s.Value = strings.Repeat("8", 1<<20)
	if err := s.CheckNumber(); err == nil || len(err.Error()) > 300 {
		t.Error("a long value is repeated whole")
	}
}
