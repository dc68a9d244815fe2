package seed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"github.com/pertask/pertask/price/listing"
	"slices"
	"strings"

	"github.com/pertask/pertask/price"
)

// The stored form of the book, in the order in which it is written. Package price reads it.
type (
	bookModel struct {
		Provider string `json:"provider"`
		ID       string `json:"id"`
		Head
	}
	bookRow struct {
		ID              string          `json:"id"`
		From            string          `json:"from,omitempty"`
		Until           string          `json:"until,omitempty"`
		Precision       string          `json:"precision,omitempty"`
		GuaranteedUntil string          `json:"guaranteed_until,omitempty"`
		Tier            string          `json:"tier"`
		Rates           Rates           `json:"rates"`
		Refuse          any             `json:"refuse,omitempty"`
		Long            *Band           `json:"long_context,omitempty"`
		Windows         json.RawMessage `json:"windows,omitempty"`
		Source          []string        `json:"source"`
		Verified        string          `json:"verified"`
	}
)

// Generate writes the price book that the decisions describe. If anything in it is not supported by the quotes,
// or a quote disagrees, it writes none, and the findings say what must be decided. The same input gives the
// same bytes. The decisions are used up: parse them again for another book.
func Generate(d *Decisions, sources []Source, quotes []Quote) (book []byte, findings []Finding, err error) {
	models, err := d.expand()
	if err != nil {
		return nil, nil, fmt.Errorf("making the price book: %w", err)
	}
	if findings = d.check(models, sources, quotes); len(findings) > 0 {
		return nil, findings, fmt.Errorf("making the price book: %d figures are not decided, the first: %s", len(findings), findings[0])
	}
	w := &writer{decisions: d, sources: map[string]Source{}, used: map[string]bool{}}
	for _, s := range slices.Concat(sources, d.Own) {
		w.sources[s.Name] = s
	}
	if book, err = w.book(models); err != nil {
		return nil, nil, fmt.Errorf("making the price book: %w", err)
	}
	if _, err := price.Load(bytes.NewReader(book)); err != nil {
		return nil, nil, fmt.Errorf("making the price book: what was made cannot be read: %w", err)
	}
	return book, nil, nil
}

// writer collects the lines of a book.
type writer struct {
	decisions *Decisions
	sources   map[string]Source
	used      map[string]bool // sources that the book names
	err       error
}

func (w *writer) book(models []*Model) ([]byte, error) {
	var listed, factors, fees []string
	for _, m := range models {
		head := strings.TrimSuffix(w.line(bookModel{m.Provider, m.ID, Head{m.Aliases, nil, m.Snapshots, m.Residency, m.Geo}}), "}")
		var rows []string
		for i := range m.Rows {
			rows = append(rows, w.row(&m.Rows[i]))
		}
		listed = append(listed, head+`,"rows":[`+"\n      "+strings.Join(rows, ",\n      ")+"\n    ]}")
	}
	for _, f := range w.decisions.Factors {
		w.use(f.Source...)
		factors = append(factors, w.line(f))
	}
	for _, f := range w.decisions.Fees {
		w.use(f.Source...)
		fees = append(fees, w.line(f))
	}
	attribution := make([]string, 0, len(w.decisions.Attribution))
	for _, a := range w.decisions.Attribution {
		attribution = append(attribution, w.line(a))
	}
	var sources []string
	for _, name := range keys(w.used) {
		s, ok := w.sources[name]
		if !ok {
			return nil, fmt.Errorf("source %q is not known", name)
		}
		sources = append(sources, w.line(name)+": "+w.line(s.Text))
	}
	list := func(name, open string, lines []string, end string) string {
		return fmt.Sprintf("  %q: %s\n    %s\n  %s", name, open, strings.Join(lines, ",\n    "), end)
	}
	parts := []string{
		`  "schema": 1`, `  "currency": "USD"`, `  "rates_per": 1000000`, `  "as_of": ` + w.line(w.decisions.AsOf),
		list("attribution", "[", attribution, "]"), list("sources", "{", sources, "}"),
	}
	if len(w.decisions.Calendars) > 0 {
		parts = append(parts, `  "calendars": `+w.line(w.decisions.Calendars))
	}
	if len(w.decisions.Providers) > 0 {
		parts = append(parts, `  "providers": `+w.line(w.decisions.Providers))
	}
	parts = append(parts, `  "tiers": `+w.line(w.decisions.Tiers), list("models", "[", listed, "]"),
		list("factors", "[", factors, "]"), list("fees", "[", fees, "]"))
	return []byte("{\n" + strings.Join(parts, ",\n") + "\n}\n"), w.err
}

func (w *writer) row(r *Row) string {
	b := bookRow{ID: r.model.Provider + "/" + r.model.ID + "/" + r.Tier, From: stamp(r.From), Until: stamp(r.Until),
		GuaranteedUntil: stamp(r.GuaranteedUntil), Tier: r.Tier, Rates: r.Rates, Windows: r.Windows}
	if r.From != "" {
		b.ID += "/" + r.From[:len("2006-01-02")]
	}
	if r.Name != "" {
		b.ID += "/" + r.Name
	}
	if r.From+r.Until != "" {
		b.Precision = "day"
		if len(r.From) > len("2006-01-02") || len(r.Until) > len("2006-01-02") {
			b.Precision = "second"
		}
	}
	if len(r.Refuse) > 0 {
		b.Refuse = r.Refuse
	}
	if r.Long != nil {
		long := *r.Long
		long.Counts = "input+cache_read+cache_write"
		b.Long = &long
	}
	b.Source, b.Verified = w.provenance(r)
	return w.line(b)
}

// stamp writes a day as the instant at which it begins.
func stamp(s string) string {
	if len(s) == len("2006-01-02") {
		return s + "T00:00:00Z"
	}
	return s
}

// provenance names who supports a row: the newest version of every project, and our own sources where they
// decided. The date is that of the newest quote.
func (w *writer) provenance(r *Row) (names []string, verified string) {
	newest := map[string]Source{}
	for _, sources := range r.sources {
		for _, name := range sources {
			if s := w.sources[name]; s.Date > newest[listing.Family(name)].Date {
				newest[listing.Family(name)] = s
			}
		}
	}
	for _, s := range newest {
		names = append(names, s.Name)
		verified = max(verified, s.Date)
	}
	for _, name := range r.settledBy {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if len(newest) == 0 {
			verified = max(verified, w.sources[name].Date)
		}
	}
	slices.Sort(names)
	w.use(names...)
	return names, verified
}

func (w *writer) use(names ...string) {
	for _, n := range names {
		w.used[n] = true
	}
}

// line writes a value as JSON on one line, without spaces: the book is embedded in every binary.
func (w *writer) line(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		w.err = err
	}
	return strings.TrimSuffix(b.String(), "\n")
}
