// Package bounds knows what a value by an unknown author may look like: before it is taken from a pull request, and
// before it is shown in a report.
//
// It knows texts and the names of settings. It refuses to know where a value stands in the arms, and whether it is
// taken at all.
package bounds

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/pertask/pertask/arm/form"
	"github.com/pertask/pertask/internal/document"
)

// maxBytes is the longest value that is taken from a head.
const maxBytes = 256

// What values of a head may look like. They become parts of command lines, requests and reports, and the head
// is written by someone who may not be trusted.
var (
	decimalPattern = regexp.MustCompile(`^[+-]?([0-9][0-9_]*)?\.?[0-9_]*([eE][+-]?[0-9]+)?$`)
	wholePattern   = regexp.MustCompile(`^\+?[0-9][0-9_]*$`)
	tokensPattern  = regexp.MustCompile(`^([+-]?[0-9][0-9_]*|[0-9]+(\.[0-9]+)?[kKmM])$`)
)

// Check says why a value of a setting, which goes by its name in package arm, may not be taken from a head, or "".
func Check(setting, value string) string {
	switch {
	case len(value) > maxBytes:
		return "value is longer than 256 bytes; at most 256 bytes are allowed"
	case strings.IndexFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0:
		return "value has a line end or a character that does not print; one line of printable text is allowed"
	}
	switch setting {
	case "model", "provider", "effort", "service_tier", "deployment", "api":
		if !form.IsName(value) {
			return setting + " is not a name; letters, digits, spaces inside and . _ : / @ + - are allowed, and no - in front"
		}
	case "temperature":
		if !decimalPattern.MatchString(value) || !strings.ContainsAny(value, "0123456789") {
			return "temperature is not a number; a decimal number such as 0.2 is allowed"
		}
	case "max_output_tokens":
		if !wholePattern.MatchString(value) {
			return "max_output_tokens is not a number; a whole number such as 4096 is allowed"
		}
	case "thinking_budget":
		if !tokensPattern.MatchString(value) {
			return "thinking_budget is not a number of tokens; a whole number such as 4096 or a short one such as 8k is allowed"
		}
	}
	return ""
}

var (
	secretKey = regexp.MustCompile(`(?i)key|token|secret|password|passwd|credential|auth`)
	// A login inside of a URL, and the beginnings that issuers give to their keys.
	secretValue = regexp.MustCompile(`://[^/\s@]*@|\b(sk|pk|rk|ghp|gho|ghs|ghr|github_pat|glpat|xox[abposr]|AKIA|AIza|hf|ptk)[-_A-Za-z0-9]{12,}|-----BEGIN|(?i)\bbearer\s`)
)

// Shown returns a value as a report may show it: shortened, and "(changed)" where its place or its text look like a
// secret. Nil is none.
func Shown(at document.Selector, value *document.Value) string {
	switch {
	case value == nil:
		return ""
	case looksSecret(at, value.Text):
		return "(changed)"
	}
	return document.Shorten(value.Text, 200)
}

func looksSecret(at document.Selector, value string) bool {
	for key := range at.Keys() {
		if secretKey.MatchString(key) {
			return true
		}
	}
	return secretValue.MatchString(value)
}
