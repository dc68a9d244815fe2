package price

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// Override is a price of the user's own: of a model in the book, or of one that the book lacks.
type Override struct {
	Provider string   // its id, or another name of it
	Model    string   // its id, another name or a dated snapshot of it as in the book; or a new id
	Aliases  []string // more names of the model
	Tier     string   // "" is standard
	Region   string   // "" is global
	// From and Until bound the half-open interval in which the row goes before the book's own. Zero: open.
	From, Until time.Time
	// Rates are what is paid per million tokens: no discount is applied to them. Cached input without a rate costs what
	// input costs; what is written to the cache without a rate costs at least that.
	Rates       map[usage.Class]Money
	Refuse      []usage.Class // classes without a price: a call that has tokens of them costs an unknown amount
	LongContext *OverrideBand // nil when the context does not matter
	// Residency and Geo say whether the model pays the surcharges of data residency and of a geography. Nil: as the
	// book has it, and unknown for a model that it lacks.
	Residency, Geo *bool
	Note           string // for people
}

// OverrideBand is what a request pays whose context passes a threshold in tokens.
type OverrideBand struct {
	Threshold int64
	Inclusive bool // a context of exactly Threshold tokens pays it too
	Rates     map[usage.Class]Money
}

// With returns a new book in which the given rows go before the book's own rows of the same model, tier and
// region while they are in force. Other tiers, factors and fees stay. Rows that overlap each other are an error,
// and so is one that the book's loader would refuse. The digest of the new book covers the rows, in any order.
func (b *Book) With(rows []Override) (*Book, error) {
	if len(rows) == 0 {
		return b, nil
	}
	out := &Book{}
	if b != nil {
		*out = *b
	}
	if out.base == nil {
		out.base = cmp.Or(b, &Book{})
	}
	out.models = maps.Clone(out.models)
	if out.models == nil {
		out.models = map[name]*model{}
	}
	var canonical []string
	for i, o := range rows {
		o.Provider, o.Region = out.Provider(o.Provider), cmp.Or(o.Region, global)
		o.Tier, o.From, o.Until = out.Tier(o.Provider, o.Tier), o.From.UTC(), o.Until.UTC()
		m, err := out.override(o)
		if err != nil {
			return nil, fmt.Errorf("price row %d %q: %w", i+1, o.Provider+"/"+o.Model, err)
		}
		o.Model, o.Aliases, o.Refuse = m.id, sorted(slices.Values(o.Aliases)), sorted(slices.Values(o.Refuse))
		text, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("price row %d %q: %w", i+1, o.Provider+"/"+o.Model, err)
		}
		canonical = append(canonical, string(text))
	}
	out.digest = digest([]byte(strings.Join(append([]string{b.Digest()}, sorted(slices.Values(canonical))...), "\n")))
	return out, nil
}

// override puts a row into the book. The model is replaced by a copy, for other books share it.
func (b *Book) override(o Override) (*model, error) {
	if o.Provider == "" || o.Model == "" {
		return nil, errors.New("the provider or the model is missing")
	}
	m := &model{provider: o.Provider, id: o.Model}
	before := b.find(o.Provider, o.Model)
	if before != nil {
		*m = *before
	}
	r, err := o.row(m.id)
	if err != nil {
		return nil, err
	}
	for _, other := range m.rows {
		if overlap(r, other) {
			return nil, fmt.Errorf("overlaps row %q in tier, region and time", other.ID)
		}
	}
	m.rows = append([]*row{r}, m.rows...)
	m.traits = maps.Clone(m.traits)
	m.tell(o.Residency, o.Geo)
	m.aliases = slices.Concat(m.aliases, o.Aliases)
	for _, id := range append([]string{m.id}, m.aliases...) {
		if other := b.models[name{m.provider, id}]; other != nil && other != before {
			return nil, fmt.Errorf("the name %q is taken by %q", id, other.provider+"/"+other.id)
		}
		if id == "" {
			return nil, errors.New("an alias is empty")
		}
		b.models[name{m.provider, id}] = m
	}
	return m, nil
}

// row makes the row of a model, under the rules of the book's loader.
func (o Override) row(model string) (*row, error) {
	id := []string{"config", o.Provider, model, o.Tier}
	if o.Region != global {
		id = append(id, o.Region)
	}
	if !o.From.IsZero() {
		id = append(id, strings.TrimSuffix(o.From.Format(time.RFC3339Nano), "T00:00:00Z"))
	}
	r := &row{override: true, refuse: map[usage.Class]bool{}, RowInfo: RowInfo{ID: strings.Join(id, "/"),
		Tier: o.Tier, Region: o.Region, From: o.From, Until: o.Until, Rates: maps.Clone(o.Rates), Note: o.Note}}
	var long *bandJSON
	if o.LongContext != nil {
		long = &bandJSON{Threshold: o.LongContext.Threshold, Op: "gt", Counts: counts, Rates: maps.Clone(o.LongContext.Rates)}
		if o.LongContext.Inclusive {
			long.Op = "gte"
		}
	}
	return r, r.check(o.Refuse, long)
}

// Overridden returns the ids of the rows that With added, sorted. They are for a report's assumptions.
func (b *Book) Overridden() []string {
	if b == nil {
		return nil
	}
	ids := map[string]bool{} // a model is filed under each of its names
	for _, m := range b.models {
		for _, r := range m.rows {
			if r.override {
				ids[r.ID] = true
			}
		}
	}
	return sorted(maps.Keys(ids))
}
