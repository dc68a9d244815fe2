package seed

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"github.com/pertask/pertask/price/listing"
	"io"
	"io/fs"
	"slices"
)

//go:generate go run generate_book.go -write

// committed holds the decisions and the quotes that the book is made of.
//
//go:embed decisions.json quotes
var committed embed.FS

// Inputs returns the decisions and the quotes that this release's book was made of.
func Inputs() (*Decisions, []Source, []Quote, error) { return ReadInputs(committed) }

// ReadInputs reads decisions.json and quotes/*.jsonl of a folder.
func ReadInputs(dir fs.FS) (*Decisions, []Source, []Quote, error) {
	data, err := fs.ReadFile(dir, "decisions.json")
	if err != nil {
		return nil, nil, nil, fmt.Errorf("reading decisions: %w", err)
	}
	d, err := ParseDecisions(data)
	if err != nil {
		return nil, nil, nil, err
	}
	names, err := fs.Glob(dir, "quotes/*.jsonl")
	if err != nil {
		return nil, nil, nil, err
	}
	var sources []Source
	var quotes []Quote
	for _, name := range names {
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("reading quotes: %w", err)
		}
		s, qs, err := ReadQuotes(bytes.NewReader(data))
		if err != nil {
			return nil, nil, nil, fmt.Errorf("reading quotes %q: %w", name, err)
		}
		sources, quotes = append(sources, s), append(quotes, qs...)
	}
	return d, sources, quotes, nil
}

// ReadQuotes reads a file of quotes: one line of JSON for the source, then one for each quote.
func ReadQuotes(r io.Reader) (Source, []Quote, error) {
	var source Source
	var quotes []Quote
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		var err error
		if n == 1 {
			err = json.Unmarshal(lines.Bytes(), &source)
		} else {
			q := Quote{Source: source.Name, Date: source.Date}
			err = json.Unmarshal(lines.Bytes(), &q)
			quotes = append(quotes, q)
		}
		if err != nil {
			return source, nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return source, quotes, lines.Err()
}

// WriteQuotes writes a file that ReadQuotes reads.
func WriteQuotes(w io.Writer, s Source, quotes []Quote) error {
	listing.Sort(quotes)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("writing quotes: %w", err)
	}
	for _, q := range quotes {
		if err := enc.Encode(q); err != nil {
			return fmt.Errorf("writing quotes: %w", err)
		}
	}
	return nil
}

// Cut keeps the quotes that speak of models that the decisions list. A price that a source repeats for another
// name of the same model is kept once.
func Cut(d *Decisions, quotes []Quote) ([]Quote, error) {
	models, err := d.expand()
	if err != nil {
		return nil, err
	}
	names, seen := index(models), map[string]bool{}
	var out []Quote
	for _, q := range quotes {
		m := spoken(models, names, q)
		if m == nil || q.Region != "" {
			continue
		}
		same := q
		same.Model = m.ID
		key, err := json.Marshal(same)
		if err != nil {
			return nil, err
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, q)
		}
	}
	return out, nil
}

// spoken returns the model that a quote speaks of: the provider's own, or one with a row of that tier for which
// the provider's quotes count.
func spoken(models []*Model, names map[string]*Model, q Quote) *Model {
	if m := find(names, q.Provider, q.Model); m != nil {
		return m
	}
	for _, provider := range siblings(models, q.Provider) {
		m := find(names, provider, q.Model)
		if m != nil && slices.ContainsFunc(m.Rows, func(r Row) bool { return r.Like == q.Provider && r.Tier == tierOf(q.Tier) }) {
			return m
		}
	}
	return nil
}
