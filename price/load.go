package price

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/exactjson"
	"github.com/pertask/pertask/price/hours"
	"github.com/pertask/pertask/price/words"
	"github.com/pertask/pertask/usage"
)

// maxBook bounds what Load reads, in bytes.
const maxBook = 4 << 20

// The stored form of a book. Published books depend on these names: later schemas get another number.
type (
	bookJSON struct {
		Schema      int                           `json:"schema"`
		Currency    string                        `json:"currency"`
		RatesPer    int64                         `json:"rates_per"`
		AsOf        string                        `json:"as_of"`
		Attribution []string                      `json:"attribution"`
		Sources     map[string]string             `json:"sources"` // what the names in "source" stand for
		Calendars   map[string]hours.CalendarJSON `json:"calendars"`
		Providers   map[string]string             `json:"providers"` // another name of a provider -> its id
		Tiers       map[string]map[string]string  `json:"tiers"`     // provider -> another name -> tier
		Models      []json.RawMessage             `json:"models"`
		Factors     []json.RawMessage             `json:"factors"`
		Fees        []json.RawMessage             `json:"fees"`
	}
	modelJSON struct {
		Provider  string            `json:"provider"`
		ID        string            `json:"id"`
		Aliases   []string          `json:"aliases"`
		Snapshots string            `json:"snapshots"` // "date" or "none"
		Residency *bool             `json:"residency"` // pays the surcharge of data residency; absent: not known
		Geo       *bool             `json:"geo"`       // pays the surcharge of a geography; absent: not known
		Rows      []json.RawMessage `json:"rows"`
	}
	rowJSON struct {
		ID              string                `json:"id"`
		From            *string               `json:"from"`
		Until           *string               `json:"until"`
		Precision       string                `json:"precision"` // "day" when the time zone of the change was not published
		GuaranteedUntil *string               `json:"guaranteed_until"`
		Tier            string                `json:"tier"`
		Region          string                `json:"region"`
		Rates           map[usage.Class]Money `json:"rates"`
		Refuse          []usage.Class         `json:"refuse"`
		LongContext     *bandJSON             `json:"long_context"`
		Windows         []hours.WindowJSON    `json:"windows"`
		provenance
	}
	bandJSON struct {
		Threshold int64                 `json:"threshold"`
		Op        string                `json:"op"` // "gt" or "gte"
		Counts    string                `json:"counts"`
		Rates     map[usage.Class]Money `json:"rates"`
		Unpriced  bool                  `json:"unpriced"`
	}
	factorJSON struct {
		Provider  string   `json:"provider"`
		When      string   `json:"when"`
		Needs     string   `json:"needs"`
		Models    []string `json:"models"`
		Factor    string   `json:"factor"`
		AppliesTo string   `json:"applies_to"`
		provenance
	}
	feeJSON struct {
		Provider string `json:"provider"`
		Unit     string `json:"unit"`
		USD      *Money `json:"usd"`
		Per      int64  `json:"per"`
		provenance
	}
	// provenance is what every price must say about itself.
	provenance struct {
		Source   []string `json:"source"`
		Verified string   `json:"verified"`
	}
)

// Load reads a price book and refuses one that is not exact about itself: a field that is unknown or given
// twice, a rate that is not a decimal string, rows that overlap, a window that never holds, a date or a
// provenance that is missing or malformed, and anything that this version cannot price by. The error names the
// model and the row.
func Load(r io.Reader) (*Book, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBook+1))
	if err != nil {
		return nil, fmt.Errorf("reading price book: %w", err)
	}
	if len(data) > maxBook {
		return nil, fmt.Errorf("reading price book: more than %d bytes", maxBook)
	}
	b, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading price book: %w", err)
	}
	b.digest = digest(data)
	return b, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func parse(data []byte) (*Book, error) {
	var raw bookJSON
	if err := exactjson.Decode(data, &raw); err != nil {
		return nil, err
	}
	if err := raw.check(); err != nil {
		return nil, err
	}
	l := loader{
		book: &Book{asOf: raw.AsOf, sources: raw.Sources, providers: raw.Providers,
			models: map[name]*model{}, fees: map[name]FeeInfo{}, tiers: map[name]string{}},
		calendars: map[string]*hours.Calendar{}, rows: map[string]bool{},
	}
	if err := l.names(raw); err != nil {
		return nil, err
	}
	for i, m := range raw.Models {
		if err := l.model(m); err != nil {
			return nil, fmt.Errorf("model %d %w", i+1, err)
		}
	}
	for i, f := range raw.Factors {
		if err := l.factor(f); err != nil {
			return nil, fmt.Errorf("factor %d: %w", i+1, err)
		}
	}
	for i, f := range raw.Fees {
		if err := l.fee(f); err != nil {
			return nil, fmt.Errorf("fee %d: %w", i+1, err)
		}
	}
	return l.book, nil
}

func (b bookJSON) check() error {
	switch {
	case b.Schema != 1:
		return fmt.Errorf("schema %d; this version reads schema 1", b.Schema)
	case b.Currency != "USD":
		return fmt.Errorf("currency %q; only \"USD\" is known", b.Currency)
	case b.RatesPer != 1_000_000:
		return fmt.Errorf("rates_per %d; rates are per 1000000 tokens", b.RatesPer)
	}
	return words.Date("as_of", b.AsOf)
}

// loader collects a book and what must be unique in it.
type loader struct {
	book      *Book
	calendars map[string]*hours.Calendar
	rows      map[string]bool
}

// names reads what the rest of the book refers to: providers, tiers and calendars.
func (l *loader) names(raw bookJSON) error {
	for alias, id := range raw.Providers {
		if err := l.provider(id); err != nil || alias == "" {
			return fmt.Errorf("providers: %q: %q must name a provider's id that is not itself another name", alias, id)
		}
	}
	for provider, tiers := range raw.Tiers {
		if err := l.provider(provider); err != nil {
			return fmt.Errorf("tiers: %w", err)
		}
		for from, to := range tiers {
			l.book.tiers[name{provider, from}] = to
		}
	}
	for id, j := range raw.Calendars {
		var err error
		if l.calendars[id], err = hours.NewCalendar(id, j); err != nil {
			return fmt.Errorf("calendar %q: %w", id, err)
		}
	}
	return nil
}

// provider refuses a provider that is not an id: prices are filed under ids.
func (l *loader) provider(id string) error {
	if id == "" {
		return errors.New("the provider is missing")
	}
	if of, isAlias := l.book.providers[id]; isAlias {
		return fmt.Errorf("%q is another name of provider %q; write that", id, of)
	}
	return nil
}

func (l *loader) model(raw json.RawMessage) error {
	var j modelJSON
	if err := exactjson.Decode(raw, &j); err != nil {
		return fmt.Errorf("%q: %w", words.ID(raw), err)
	}
	m := &model{provider: j.Provider, id: j.ID, aliases: j.Aliases, dated: j.Snapshots == "date"}
	m.tell(j.Residency, j.Geo)
	fail := func(err error) error { return fmt.Errorf("%q: %w", j.Provider+"/"+j.ID, err) }
	if err := l.provider(j.Provider); err != nil {
		return fail(err)
	}
	switch {
	case j.ID == "":
		return fail(errors.New("the id is missing"))
	case !slices.Contains([]string{"", "none", "date"}, j.Snapshots):
		return fail(fmt.Errorf("snapshots %q; allowed are \"date\" and \"none\"", j.Snapshots))
	case len(j.Rows) == 0:
		return fail(errors.New("has no rows"))
	}
	for i, rj := range j.Rows {
		r, err := l.row(rj)
		if err != nil {
			return fail(fmt.Errorf("row %d %q: %w", i+1, words.ID(rj), err))
		}
		for _, other := range m.rows {
			if overlap(r, other) {
				return fail(fmt.Errorf("row %d %q: overlaps row %q in tier, region, time and windows", i+1, r.ID, other.ID))
			}
		}
		m.rows = append(m.rows, r)
	}
	m.rank()
	return l.add(m)
}

// add files a model under its id and aliases, none of which may be taken.
func (l *loader) add(m *model) error {
	for _, id := range append([]string{m.id}, m.aliases...) {
		key := name{m.provider, id}
		if other := l.book.models[key]; other != nil {
			return fmt.Errorf("%q: the name %q is taken by %q", m.provider+"/"+m.id, id, other.provider+"/"+other.id)
		}
		if id == "" {
			return fmt.Errorf("%q: an alias is empty", m.provider+"/"+m.id)
		}
		l.book.models[key] = m
	}
	return nil
}

// overlap reports whether two rows of one rank could both hold at an instant.
func overlap(r, s *row) bool {
	return r.Tier == s.Tier && r.Region == s.Region && r.rank() == s.rank() &&
		(r.Until.IsZero() || s.From.Before(r.Until)) && (s.Until.IsZero() || r.From.Before(s.Until)) && r.windows.Meet(s.windows)
}

func (l *loader) factor(raw json.RawMessage) error {
	var j factorJSON
	if err := exactjson.Decode(raw, &j); err != nil {
		return err
	}
	by, err := ParseFactor(j.Factor)
	if err != nil {
		return err
	}
	key, value, hasValue := strings.Cut(j.When, "=")
	f := factor{provider: j.Provider, key: key, value: value,
		FactorInfo: FactorInfo{When: j.When, Needs: j.Needs, Models: j.Models, Factor: by, Sources: j.Source, Verified: j.Verified}}
	for _, id := range j.Models {
		if m := l.book.models[name{j.Provider, id}]; m == nil || m.id != id {
			return fmt.Errorf("model %q of provider %q is not an id in the book", id, j.Provider)
		}
	}
	if err := l.provider(j.Provider); err != nil {
		return err
	}
	switch {
	case key == "" || hasValue && value == "":
		return fmt.Errorf("provider %q when %q; write a provider and attribute=value, or attribute for every value", j.Provider, j.When)
	case by.IsZero():
		return errors.New("a factor of 0 would make every price zero")
	case j.AppliesTo != "tokens":
		return fmt.Errorf("applies_to %q; allowed is \"tokens\"", j.AppliesTo)
	case !slices.Contains([]string{"", "geo", "residency"}, j.Needs):
		return fmt.Errorf("needs %q; allowed are \"geo\" and \"residency\"", j.Needs)
	}
	for _, g := range l.book.factors {
		if f.clashes(g) {
			return fmt.Errorf("%q of provider %q is given twice", j.When, j.Provider)
		}
	}
	l.book.factors = append(l.book.factors, f)
	return l.provenance(j.provenance)
}

// clashes reports whether two factors could both apply to one attribute of a call.
func (f factor) clashes(g factor) bool {
	if f.provider != g.provider || f.key != g.key || f.value != g.value {
		return false
	}
	return len(f.Models) == 0 || len(g.Models) == 0 || slices.ContainsFunc(f.Models, g.concerns)
}

func (l *loader) fee(raw json.RawMessage) error {
	var j feeJSON
	if err := exactjson.Decode(raw, &j); err != nil {
		return err
	}
	key := name{j.Provider, j.Unit}
	_, taken := l.book.fees[key]
	if err := l.provider(j.Provider); err != nil {
		return err
	}
	switch {
	case j.Unit == "":
		return errors.New("the unit is missing")
	case taken:
		return fmt.Errorf("%q of provider %q is given twice", j.Unit, j.Provider)
	case j.USD == nil || j.USD.IsNegative():
		return errors.New("usd is missing or negative")
	case j.Per != 1 && j.Per != 1_000 && j.Per != 1_000_000:
		return fmt.Errorf("per %d; allowed are 1, 1000 and 1000000, which divide exactly", j.Per)
	}
	l.book.fees[key] = FeeInfo{Unit: j.Unit, USD: *j.USD, Per: j.Per, Sources: j.Source, Verified: j.Verified}
	return l.provenance(j.provenance)
}

func (l *loader) provenance(p provenance) error {
	if len(p.Source) == 0 {
		return errors.New("source is missing; name where the figures come from")
	}
	for _, s := range p.Source {
		if l.book.sources[s] == "" {
			return fmt.Errorf("source %q is not described under \"sources\"", s)
		}
	}
	return words.Date("verified", p.Verified)
}
