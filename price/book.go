package price

import (
	"bytes"
	"cmp"
	_ "embed"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/price/hours"
	"github.com/pertask/pertask/usage"
)

//go:embed book.json
var embedded []byte

// Book is a set of dated prices. It is immutable and safe for concurrent use. The zero value and a nil Book
// are empty: everything is unknown in them.
type Book struct {
	asOf, digest string
	sources      map[string]string // what the names of sources stand for
	providers    map[string]string // another name of a provider -> its id
	models       map[name]*model   // by id and by alias
	tiers        map[name]string   // another name of a tier -> the tier
	factors      []factor
	fees         map[name]FeeInfo
	base         *Book // the book without the rows of the configuration; nil when there are none
}

// name is something that a provider calls by a name: a model, a tier or a unit.
type name struct{ provider, name string }

// model is one model of one provider with all its rows.
type model struct {
	provider, id string
	aliases      []string
	dated        bool            // id + a date is a snapshot of the same price
	traits       map[string]bool // which surcharges concern the model; a trait that is absent is not known
	rows         []*row          // by rank
}

// row is one price: of one model, tier and region, for one half-open interval of time.
type row struct {
	RowInfo
	windows  hours.Windows
	refuse   map[usage.Class]bool
	override bool // from the user's configuration
}

// passes reports whether a context of n tokens falls into the band.
func (b *Band) passes(n int64) bool {
	return b != nil && (n > b.Threshold || b.Inclusive && n == b.Threshold)
}

// factor multiplies every token rate of a provider's calls that have an attribute or a tier.
type factor struct {
	FactorInfo
	provider, key, value string // value "" matches every value
}

// of returns the exact price of n units.
func (f FeeInfo) of(n int64) Money {
	switch total := f.USD.Times(n); f.Per {
	case 1_000_000:
		return total.PerMillion()
	case 1_000:
		return total.PerThousand()
	default:
		return total
	}
}

var embeddedOnce = sync.OnceValue(func() *Book {
	b, err := Load(bytes.NewReader(embedded))
	if err != nil {
		return &Book{} // a test loads the book, so this does not ship; if it did, every price would be unknown
	}
	return b
})

// Embedded returns the price book that this release carries. It is parsed once.
func Embedded() *Book { return embeddedOnce() }

// AsOf is the date of the book, YYYY-MM-DD; empty for an empty book.
func (b *Book) AsOf() string {
	if b == nil {
		return ""
	}
	return b.asOf
}

// Digest is "sha256:" and the hexadecimal hash of the book's bytes; empty for an empty book.
func (b *Book) Digest() string {
	if b == nil {
		return ""
	}
	return b.digest
}

// Models returns every id and alias in the book once, sorted. It is for finding model ids in a diff.
func (b *Book) Models() []string {
	if b == nil {
		return nil
	}
	seen := map[string]bool{}
	for n := range b.models {
		seen[n.name] = true
	}
	return sorted(maps.Keys(seen))
}

// Providers returns the providers that list a model, sorted. The model is an id, an alias, or an id with a
// snapshot's date after it (-YYYY-MM-DD, -YYYYMMDD or @YYYYMMDD); there are no prefixes and no nearest match, because a
// new model priced as an older one is worse than an unknown one.
func (b *Book) Providers(model string) []string {
	if b == nil {
		return nil
	}
	listed := map[string]bool{}
	for n := range b.models {
		if _, asked := listed[n.provider]; !asked {
			listed[n.provider] = b.find(n.provider, model) != nil
		}
	}
	maps.DeleteFunc(listed, func(_ string, lists bool) bool { return !lists })
	return sorted(maps.Keys(listed))
}

// Provider returns the id under which the book lists a provider, given the id or another name of it such as
// "xai" for "x-ai". A name that the book does not know is returned as it is.
func (b *Book) Provider(name string) string {
	if b == nil {
		return name
	}
	if id, ok := b.providers[name]; ok {
		return id
	}
	return name
}

// find returns a provider's model by id, alias, or id and date; nil when the book has none.
func (b *Book) find(provider, id string) *model {
	if b == nil {
		return nil
	}
	provider = b.Provider(provider)
	if m := b.models[name{provider, id}]; m != nil {
		return m
	}
	id = withoutDate(id)
	if m := b.models[name{provider, id}]; m != nil && m.dated && m.id == id {
		return m
	}
	return nil
}

// withoutDate cuts a real date of the form -2026-04-23, -20260423 or @20260423 off the end of a model id.
func withoutDate(id string) string {
	for _, layout := range []string{"-2006-01-02", "-20060102", "@20060102"} {
		if cut := len(id) - len(layout); cut > 0 {
			if _, err := time.Parse(layout, id[cut:]); err == nil {
				return id[:cut]
			}
		}
	}
	return id
}

// at returns the row of a tier and region in force at an instant, in the windows of an hour; nil when there is none. Rows of one rank do
// not overlap; the user's go first, and rows with windows before rows without. When it cannot be said whether the row holds,
// unknown says why.
func (m *model) at(tier, region string, t, hour time.Time) (r *row, unknown string) {
	for _, r := range m.rows {
		if r.Tier != tier || r.Region != region || !r.covers(t) {
			continue
		}
		if in, unknown := r.windows.Hold(hour); in || unknown != "" {
			return r, unknown
		}
	}
	return nil, ""
}

// tell notes which surcharges concern the model, as far as that is told.
func (m *model) tell(residency, geo *bool) {
	if m.traits == nil {
		m.traits = map[string]bool{}
	}
	for trait, value := range map[string]*bool{"residency": residency, "geo": geo} {
		if value != nil {
			m.traits[trait] = *value
		}
	}
}

// rank sorts the rows by precedence.
func (m *model) rank() {
	slices.SortStableFunc(m.rows, func(r, s *row) int { return r.rank() - s.rank() })
}

// rank is the row's place among rows of one tier and region: the lowest that holds is the price.
func (r *row) rank() int {
	switch {
	case r.override:
		return 0
	case len(r.windows) > 0:
		return 1
	}
	return 2
}

// covers reports whether the row's half-open interval holds t.
func (r *row) covers(t time.Time) bool {
	return !t.Before(r.From) && (r.Until.IsZero() || t.Before(r.Until))
}

// Tier returns the book's name for a provider's tier, such as "priority" for "fast" of OpenAI. The names by which
// providers call what a request gets when it asks for nothing special all mean "standard". A name that the book does
// not know is returned in lower case.
func (b *Book) Tier(provider, tier string) string {
	tier = strings.ToLower(tier)
	switch tier {
	case "", "default", "auto", "on_demand":
		return standard
	}
	if b == nil {
		return tier
	}
	return cmp.Or(b.tiers[name{b.Provider(provider), tier}], tier)
}

const (
	standard = "standard" // tier
	global   = "global"   // region
)

// sorted returns the values in order; an empty list, not nil, when there are none.
func sorted[T cmp.Ordered](values iter.Seq[T]) []T {
	list := slices.AppendSeq([]T{}, values)
	slices.Sort(list)
	return list
}
