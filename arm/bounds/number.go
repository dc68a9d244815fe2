package bounds

import "regexp"

// numeral is how a setting that is a number is written.
type numeral struct {
	form *regexp.Regexp
	is   string // what is allowed
}

// numerals has the keys whose values are numbers, whatever slot they are in. Programs read what is written otherwise in
// their own ways: some take 8k for 8, 1e4 for 1, and 0x10 or nothing for 0.
var numerals = map[string]numeral{
	"temperature":       {regexp.MustCompile(`^(0|[1-9][0-9]{0,8})(\.[0-9]{1,12})?$`), "a number from 0 on with digits and a point only, such as 0.7"},
	"max_output_tokens": {regexp.MustCompile(`^[1-9][0-9]{0,8}$`), "a whole number from 1 to 999999999 with digits only, such as 8000"},
	"thinking_budget":   {regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`), "a whole number from 0 to 999999999 with digits only, such as 8000"},
}

// Number reports whether a value of a setting is written as every program reads it, which is what a setting must be that is
// handed to one; ok is true for settings that are no numbers. Otherwise it returns what is allowed.
func Number(setting, value string) (allowed string, ok bool) {
	n, isNumber := numerals[setting]
	if !isNumber || n.form.MatchString(value) {
		return "", true
	}
	return n.is, false
}
