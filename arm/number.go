package arm

import (
	"errors"
	"fmt"

	"github.com/pertask/pertask/arm/bounds"
	"github.com/pertask/pertask/internal/document"
)

// CheckNumber reports a setting that must be a number and is none, or none that every program reads as the same one. It
// returns nil for settings that are no numbers. The error names the place where that is known.
func (s Setting) CheckNumber() error {
	wanted, ok := bounds.Number(string(s.Key), s.Value)
	if ok {
		return nil
	}
	return s.Errorf("%s is %q; it must be %s", s.Name(), document.Shorten(s.Value, 60), wanted)
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
