package arm

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pertask/pertask/internal/document"
)

// numeral is how a setting that is a number is written.
type numeral struct {
	form *regexp.Regexp
	is   string // what is allowed
}

// numerals has the keys whose values are numbers, whatever slot they are in. Programs read what is written otherwise in
// their own ways: some take 8k for 8, 1e4 for 1, and 0x10 or nothing for 0.
var numerals = map[Key]numeral{
	Temperature:     {regexp.MustCompile(`^(0|[1-9][0-9]{0,8})(\.[0-9]{1,12})?$`), "a number from 0 on with digits and a point only, such as 0.7"},
	MaxOutputTokens: {regexp.MustCompile(`^[1-9][0-9]{0,8}$`), "a whole number from 1 to 999999999 with digits only, such as 8000"},
	ThinkingBudget:  {regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`), "a whole number from 0 to 999999999 with digits only, such as 8000"},
}

// CheckNumber reports a setting that must be a number and is none, or none that every program reads as the same one. It
// returns nil for settings that are no numbers. The error names the place where that is known.
func (s Setting) CheckNumber() error {
	n, ok := numerals[s.Key]
	if !ok || n.form.MatchString(s.Value) {
		return nil
	}
	return s.Errorf("%s is %q; it must be %s", s.Name(), document.Shorten(s.Value, 60), n.is)
}

// Name returns the key, with the slot before it where that is not the main one, such as "small.model".
func (s Setting) Name() string {
	if s.Slot == MainSlot {
		return string(s.Key)
	}
	return s.Slot + "." + string(s.Key)
}

// Errorf returns what is wrong with a setting, as an *Error with its place where that is known.
func (s Setting) Errorf(format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if s.Source.Path == "" {
		return errors.New(what)
	}
	return &Error{Source: s.Source, What: what}
}
