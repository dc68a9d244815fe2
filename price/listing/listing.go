// Package listing reads the public price files of several projects into quotes.
//
// It knows the formats of those files, and how their floats and units become exact decimals. It refuses to know the
// price book and which of the sources is right, and fetches nothing: files are handed to it.
package listing

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pertask/pertask/usage"
)

// Quote is what one source says that one model costs: in one tier and region, at one time, in one band of
// context. Its rates are dollars per million tokens.
type Quote struct {
	Source   string `json:"-"`        // name of the source, such as "genai-prices 0.1.8"
	Date     string `json:"-"`        // of the source, YYYY-MM-DD; "" is not known
	Provider string `json:"provider"` // the provider's name in the book
	Model    string `json:"model"`    // the model as the source names it
	Tier     string `json:"tier,omitempty"`
	Region   string `json:"region,omitempty"` // "" is everywhere
	// From and Until bound when the rates hold, as YYYY-MM-DD, Until excluded. If both are empty, the source
	// gives no history: the rates are those of the day on which it was read.
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
	Hours string `json:"hours,omitempty"` // hours of the day in UTC, such as "01:00-04:00"; "" is all of them
	// Above is the context that a request must exceed for these rates; 0 for the rates of a short one.
	Above int64 `json:"above,omitempty"`
	Rates Rates `json:"rates"`
}

// Source is one price file at one version.
type Source struct {
	Name    string `json:"name"`    // such as "langfuse@6275144"
	Format  string `json:"format"`  // which reader understands it
	Date    string `json:"date"`    // of the version, YYYY-MM-DD
	Licence string `json:"licence"` // under which it was published
	Text    string `json:"text"`    // where it was found, for people
}

// Family is the project behind a version of a source: two versions of one project are one witness.
func Family(source string) string {
	name, _, _ := strings.Cut(source, "@")
	name, _, _ = strings.Cut(name, " ")
	return name
}

// Rates are dollars per million tokens by class, as decimal strings as money.Rounded writes them.
type Rates map[usage.Class]string

// MarshalJSON writes the rates in the order of usage.Classes, so that the same rates are the same bytes.
func (r Rates) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for _, c := range usage.Classes() {
		v, ok := r[c]
		if !ok {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		pair, err := json.Marshal(map[usage.Class]string{c: v})
		if err != nil {
			return nil, err
		}
		b = append(b, pair[1:len(pair)-1]...)
	}
	return append(b, '}'), nil
}

// Sort puts quotes into the order in which they are kept.
func Sort(quotes []Quote) {
	slices.SortStableFunc(quotes, func(a, b Quote) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model),
			cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Region, b.Region), cmp.Compare(a.From, b.From),
			cmp.Compare(a.Hours, b.Hours), cmp.Compare(a.Above, b.Above))
	})
}
