package seed

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// Decisions are what people have decided: what the book lists, and who is right where sources disagree. The
// figures are typed here and supported by quotes, not taken from them, so that no source changes a price.
type Decisions struct {
	AsOf        string                       `json:"as_of"`
	Attribution []string                     `json:"attribution"`
	Own         []Source                     `json:"own_sources"` // what is ours and has no file of quotes
	Calendars   json.RawMessage              `json:"calendars"`   // as in the book
	Providers   map[string]string            `json:"providers"`   // as in the book
	Tiers       map[string]map[string]string `json:"tiers"`       // as in the book
	// Refuse lists by provider the classes whose price is not known, where a row gives none.
	Refuse  map[string][]usage.Class `json:"refuse"`
	Models  []Model                  `json:"models"`
	Like    []Like                   `json:"like"`
	Settled []Settlement             `json:"settled"`
	Factors []Surcharge              `json:"factors"`
	Fees    []Fee                    `json:"fees"`
}

// Model is one model of one provider.
type Model struct {
	Provider string `json:"provider"`
	ID       string `json:"id"`
	Head
	Rows []Row `json:"rows"`

	like *Model // the model of another provider whose figures these are
	by   string // our own source that says so
}

// Head is what the book says of a model besides its prices.
type Head struct {
	Aliases   []string `json:"aliases,omitempty"`
	KnownAs   []string `json:"known_as,omitempty"`  // names by which only sources call it, which the book does not list
	Snapshots string   `json:"snapshots,omitempty"` // "none", or "" when the id with a date after it is the same model
	Residency *bool    `json:"residency,omitempty"`
	Geo       *bool    `json:"geo,omitempty"`
}

// Row is one price of a model.
type Row struct {
	Tier            string `json:"tier,omitempty"` // "" is standard
	Name            string `json:"name,omitempty"` // tells rows of one tier and time apart
	From            string `json:"from,omitempty"` // a day, or a time such as 2026-08-16T16:00:00Z
	Until           string `json:"until,omitempty"`
	GuaranteedUntil string `json:"guaranteed_until,omitempty"`
	As              string `json:"as,omitempty"` // another tier of the model whose figures these are
	// Like names another provider whose quotes of the same model and tier count as well.
	Like    string          `json:"like,omitempty"`
	Rates   Rates           `json:"rates,omitempty"`
	Refuse  []usage.Class   `json:"refuse,omitempty"`
	Long    *Band           `json:"long_context,omitempty"`
	Windows json.RawMessage `json:"windows,omitempty"` // as in the book

	model      *Model
	from, till time.Time // zero: open
	hours      []string
	sources    map[string][]string // figure -> sources that say the same
	settledBy  map[string]string   // figure -> our own source that decides
	verified   string              // the date of the newest quote behind it, where verify has been called
}

// Band is what a request with a long context costs.
type Band struct {
	Threshold int64  `json:"threshold"`
	Op        string `json:"op"`
	Counts    string `json:"counts,omitempty"` // for the book
	Rates     Rates  `json:"rates,omitempty"`
	Unpriced  bool   `json:"unpriced,omitempty"`
}

// Like lists models of a provider that cost what another provider's model does, so that no figure is typed
// twice. Input and output still need a quote of the provider itself.
type Like struct {
	Provider string   `json:"provider"`
	Of       string   `json:"of"` // provider
	Tiers    []string `json:"tiers"`
	Because  string   `json:"because"`
	By       string   `json:"by"` // our own source, which figures without a quote of the provider name
	Models   []struct {
		ID string `json:"id"`
		Of string `json:"of,omitempty"` // "" is the id
		Head
		Current bool `json:"current,omitempty"` // without the rows of the past
	} `json:"models"`
}

// Settlement decides between sources. It overrules the quotes that have exactly these figures, and supports
// figures that no quote does. Figures are by class, those of a long context with "long_context." before it, and
// the threshold as "long_context" with a value such as "> 272000".
type Settlement struct {
	Provider  string            `json:"provider"`
	Models    []string          `json:"models"`
	Tiers     []string          `json:"tiers,omitempty"` // none: all
	From      string            `json:"from,omitempty"`  // of the row; none: all
	Source    string            `json:"source,omitempty"`
	Overruled map[string]string `json:"overruled,omitempty"`
	Supported map[string]string `json:"supported,omitempty"`
	By        string            `json:"by,omitempty"` // our own source of what is supported
	Reason    string            `json:"reason"`

	used map[string]bool
}

// Surcharge is a factor of the book, decided by people.
type Surcharge struct {
	Provider  string   `json:"provider"`
	When      string   `json:"when"`
	Factor    string   `json:"factor"`
	AppliesTo string   `json:"applies_to"`
	Needs     string   `json:"needs,omitempty"`
	Models    []string `json:"models,omitempty"`
	Source    []string `json:"source"`
	Verified  string   `json:"verified"`
}

// Fee is a fee of the book, decided by people.
type Fee struct {
	Provider string   `json:"provider"`
	Unit     string   `json:"unit"`
	USD      string   `json:"usd"`
	Per      int64    `json:"per"`
	Source   []string `json:"source"`
	Verified string   `json:"verified"`
}

const standard = "standard"

// ParseDecisions reads the hand-kept file strictly: a field that is not known is an error.
func ParseDecisions(data []byte) (*Decisions, error) {
	d := &Decisions{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(d); err != nil {
		return nil, fmt.Errorf("reading decisions: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading decisions: something follows the JSON value")
	}
	for i, s := range d.Settled {
		if s.Reason == "" || len(s.Overruled) > 0 == (s.Source == "") || len(s.Supported) > 0 == (s.By == "") || len(s.Overruled)+len(s.Supported) == 0 {
			return nil, fmt.Errorf("reading decisions: settlement %d of %v: give a reason, a source with what is overruled, and by whom with what is supported", i+1, s.Models)
		}
	}
	return d, nil
}

// expand returns the models that the book lists, sorted, with the figures of those that are like others.
func (d *Decisions) expand() ([]*Model, error) {
	var models []*Model
	byName := map[string]*Model{}
	for i := range d.Models {
		m := &d.Models[i]
		models = append(models, m)
		byName[m.Provider+"/"+m.ID] = m
	}
	for _, l := range d.Like {
		for _, x := range l.Models {
			of := cmp.Or(x.Of, x.ID)
			origin := byName[l.Of+"/"+of]
			if origin == nil || l.Because == "" || l.By == "" {
				return nil, fmt.Errorf("%s/%s is like %s/%s, which is not listed or has no reason", l.Provider, x.ID, l.Of, of)
			}
			m := &Model{Provider: l.Provider, ID: x.ID, Head: x.Head, like: origin, by: l.By}
			for _, r := range origin.Rows {
				if slices.Contains(l.Tiers, tierOf(r.Tier)) && !(x.Current && r.Until != "" && r.Until <= d.AsOf) {
					m.Rows = append(m.Rows, r)
				}
			}
			models = append(models, m)
		}
	}
	slices.SortStableFunc(models, func(a, b *Model) int {
		return strings.Compare(a.Provider+"/"+a.ID, b.Provider+"/"+b.ID)
	})
	for _, m := range models {
		if err := d.rows(m); err != nil {
			return nil, fmt.Errorf("%s/%s: %w", m.Provider, m.ID, err)
		}
	}
	return models, nil
}

func tierOf(tier string) string { return cmp.Or(tier, standard) }

// rows completes a model's rows: what they repeat, what they refuse and when they hold.
func (d *Decisions) rows(m *Model) error {
	m.Rows = slices.Clone(m.Rows)
	switch m.Snapshots {
	case "":
		m.Snapshots = "date"
	case "none":
		m.Snapshots = ""
	default:
		return fmt.Errorf("snapshots %q; write \"none\", or nothing for ids with a date after them", m.Snapshots)
	}
	for i := range m.Rows {
		r := &m.Rows[i]
		r.model, r.Tier = m, tierOf(r.Tier)
		r.sources, r.settledBy = map[string][]string{}, map[string]string{}
		if r.As != "" {
			at := slices.IndexFunc(m.Rows, func(o Row) bool { return tierOf(o.Tier) == r.As && o.From == r.From && o.As == "" })
			if at < 0 {
				return fmt.Errorf("tier %s is as tier %s from %q, which has no row", r.Tier, r.As, r.From)
			}
			r.Rates, r.Long = m.Rows[at].Rates, m.Rows[at].Long
		}
		r.Refuse = refused(r, d.Refuse[m.Provider])
		var err error
		if r.from, err = instant(r.From); err == nil {
			r.till, err = instant(r.Until)
		}
		if err != nil {
			return err
		}
		var windows []struct{ From, Until string }
		if len(r.Windows) > 0 {
			if err := json.Unmarshal(r.Windows, &windows); err != nil {
				return fmt.Errorf("windows: %w", err)
			}
		}
		for _, w := range windows {
			r.hours = append(r.hours, w.From+"-"+w.Until)
		}
	}
	return nil
}

// refused adds to what a row refuses the provider's classes of unknown price and, as the book demands, every
// time to live that is not priced beside one that is.
func refused(r *Row, provider []usage.Class) []usage.Class {
	timed := []usage.Class{usage.CacheCreation5m, usage.CacheCreation30m, usage.CacheCreation1h, usage.CacheCreation12h}
	writes := slices.ContainsFunc(timed, func(c usage.Class) bool { return r.Rates[c] != "" })
	var out []usage.Class
	for _, c := range usage.Classes() {
		if r.Rates[c] == "" && (slices.Contains(r.Refuse, c) || slices.Contains(provider, c) || writes && slices.Contains(timed, c)) {
			out = append(out, c)
		}
	}
	return out
}

// instant reads a day or a time in UTC; "" is the zero time.
func instant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse("2006-01-02T15:04:05Z", s)
	if err != nil {
		return t, fmt.Errorf("%q is neither a day nor a time in UTC; write 2006-01-02 or 2006-01-02T15:04:05Z", s)
	}
	return t, nil
}
