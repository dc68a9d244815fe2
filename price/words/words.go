// Package words puts what a call's price lacks into sentences and into text that a person can paste.
//
// It knows YAML's plain scalars, what names a piece of a book and its dates, the form of a row under prices.rows and how long a name from the wire may get. It
// refuses to know books and money.
package words

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// File is the configuration that rows are pasted into.
const File = ".github/pertask.yml"

// Row is the head of a row of the configuration whose prices a person has to fill in.
type Row struct {
	Provider, Model string
	Tier, Region    string               // "standard" and "global" are left out
	Sold            map[usage.Class]bool // classes that the provider's other models have rates of
}

// String returns the row as YAML in one line, with "..." for each price. It asks for what is read from the cache, and
// for what is written to it by the time to live where the provider tells prices by that: then a row has to price or
// refuse each of them.
func (r Row) String() string {
	out := "provider: " + scalar(r.Provider) + ", model: " + scalar(r.Model)
	if r.Tier != "standard" {
		out += ", tier: " + scalar(r.Tier)
	}
	if r.Region != "global" {
		out += ", region: " + scalar(r.Region)
	}
	var rates, refuse []string
	timed := false
	for _, c := range usage.Classes() {
		switch {
		case c == usage.Input || c == usage.CacheRead || c == usage.Output:
			rates = append(rates, string(c))
		case c == usage.CacheCreation:
		case r.Sold[c]:
			rates, timed = append(rates, string(c)), true
		default:
			refuse = append(refuse, string(c))
		}
	}
	out += `, rates: {` + strings.Join(rates, `: "...", `) + `: "..."}`
	if timed && len(refuse) > 0 {
		out += ", refuse: [" + strings.Join(refuse, ", ") + "]"
	}
	return "{" + out + "}"
}

// plain is a text that YAML reads as a text without quotes: one that holds a letter and one of -./ at least.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*[-./][-A-Za-z0-9._/@]*$|^[a-z]{4,}$`)

func scalar(s string) string {
	if s = Short(s); plain.MatchString(s) && !slices.Contains([]string{"true", "null", "false"}, s) {
		return s
	}
	return strconv.Quote(s)
}

// InBrackets appends a note to a sentence, if there is one.
func InBrackets(note string) string {
	if note == "" {
		return ""
	}
	return " (" + note + ")"
}

// Because appends a reason to a sentence, if there is one.
func Because(problem string) string {
	if problem == "" {
		return ""
	}
	return ": " + Short(problem)
}

// Short cuts a text from the wire to a length that fits into a sentence.
func Short(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// ID returns what names a broken piece of the book: its id, if that much can be read.
func ID(raw json.RawMessage) string {
	var h struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(raw, &h) // h.ID stays empty, and the position in the error must do
	return h.ID
}

// Date returns an error for what is no date, with the name of its field.
func Date(field, s string) error {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return fmt.Errorf("%s %q is not a date; write YYYY-MM-DD", field, s)
	}
	return nil
}
