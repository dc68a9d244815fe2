// Package repricing prices the trials behind a report again, and decides anew.
//
// It knows which prices are asked for, and where a report's journal is. It refuses to know what a price is made of, and runs
// nothing.
package repricing

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial/journal"
)

// Command returns the command.
func Command() command.Command {
	return command.Command{
		Name: "reprice", Args: "REPORT.json [options]", Short: "price a report again: same tokens, other dollars, new verdict",
		Long: `
Prices the trials behind a report again and decides anew. Nothing is run and nothing is spent.
The journal (trials.jsonl) must lie beside the report, as "pertask compare" leaves it.

Without options the report's instant and contracts are used with this version's price book.

  pertask reprice pertask-report/report.json --at 2027-01-01
  pertask reprice report.json --discount openai=0.875 \
      --discount anthropic/claude-opus-5=0.9
  pertask reprice report.json --book prices.json`,
		Run: reprice,
	}
}

type options struct {
	book, config, at, format, out, journal string
	discounts                              discountFlags
}

func (f *options) register(fs *flag.FlagSet) {
	fs.StringVar(&f.book, "book", "", "price book `file` to use instead of the one of this version")
	fs.StringVar(&f.config, "config", "", "configuration `file` whose prices.rows and prices.discounts are used; replaces the report's contracts")
	fs.StringVar(&f.at, "at", "", "`instant` whose prices apply: YYYY-MM-DD or RFC 3339; the report's when not given, or \"now\"")
	fs.Var(&f.discounts, "discount", "`contract` as provider=multiplier or provider/model=multiplier of the list price, any number of times; replaces the report's contracts; \"none\" removes them")
	fs.StringVar(&f.journal, "journal", "", "`file` of the trials; the one that the report names when not given")
	fs.StringVar(&f.format, "format", "term", "`form` of the report: "+output.Formats)
	fs.StringVar(&f.out, "out", "", "`dir` to write report.md, report.html, report.json and a copy of the journal to")
}

func reprice(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f options
	f.register(fs)
	rest, err := command.Parse(fs, args, 1)
	if err == nil {
		err = output.CheckFormat(f.format)
	}
	if err != nil {
		return command.ExitUsage, err
	}
	old, err := output.Load(rest[0])
	if err != nil {
		return command.ExitUsage, err
	}
	pricing, err := f.pricing(old)
	if err != nil {
		return command.ExitUsage, err
	}
	if f.journal == "" {
		if old.TrialsFile == "" || filepath.Base(old.TrialsFile) != old.TrialsFile {
			return command.ExitUsage, fmt.Errorf("%s names no journal of its trials beside it; give one with --journal", strconv.Quote(rest[0]))
		}
		f.journal = filepath.Join(filepath.Dir(rest[0]), old.TrialsFile)
	}
	r, err := repriceFrom(old, f.journal, pricing)
	if err != nil {
		return command.ExitUsage, err
	}
	if f.out != "" {
		err = errors.Join(output.Write(f.out, r), copyFile(f.journal, filepath.Join(f.out, "trials.jsonl")))
	}
	return command.ExitOK, errors.Join(err, output.Show(a, r, f.format))
}

func repriceFrom(old *report.Report, path string, pricing price.Pricing) (*report.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	defer file.Close()
	evidence, err := journal.Read(file, path)
	if err != nil {
		return nil, err
	}
	return compare.Reprice(old, evidence, compare.Options{Version: command.Version(), Pricing: pricing})
}

// pricing is the report's own, with what the options replace.
func (f *options) pricing(old *report.Report) (price.Pricing, error) {
	p := price.Pricing{Book: price.Embedded(), At: old.PriceBook.At, Discounts: f.discounts.list}
	var err error
	if f.book != "" {
		if p.Book, err = loadBook(f.book); err != nil {
			return p, err
		}
	}
	if err = f.configured(&p); err != nil {
		return p, err
	}
	if err = f.discounts.check(p.Book); err != nil {
		return p, err
	}
	if f.at != "" {
		if p.At, err = parseInstant(f.at, time.Now); err != nil {
			return p, err
		}
	}
	if !f.discounts.given {
		p.Discounts, err = contracts(old)
	}
	if err == nil && len(old.PriceBook.Overrides) > 0 && f.book == "" && len(p.Book.Overridden()) == 0 {
		err = fmt.Errorf("the report was priced with rows of a configuration (%s), which are not in this version's book; give the configuration with --config, or a book that has them with --book",
			strings.Join(old.PriceBook.Overrides, ", "))
	}
	return p, err
}

// configured takes the rows and the discounts of a configuration, if one is given.
func (f *options) configured(p *price.Pricing) error {
	if f.config == "" {
		return nil
	}
	c, err := config.Load(os.DirFS(filepath.Dir(f.config)), filepath.Base(f.config))
	if err != nil {
		return err
	}
	with, err := c.Prices.Pricing(p.Book, p.At)
	if err != nil {
		return err
	}
	p.Book = with.Book
	if !f.discounts.given {
		f.discounts.given, p.Discounts = true, with.Discounts // which the configuration has checked
	}
	return nil
}

func contracts(old *report.Report) ([]price.Discount, error) {
	var out []price.Discount
	for _, c := range old.PriceBook.Contracts {
		by, err := price.ParseFactor(c.Multiplier)
		if err != nil {
			return nil, fmt.Errorf("reading a contract of the report: %w", err)
		}
		out = append(out, price.Discount{Provider: c.Provider, Model: c.Model, Multiplier: by, Note: c.Note})
	}
	if len(old.PriceBook.Discounts) > 0 && len(out) == 0 {
		return nil, errors.New("the report was priced with contracts that its version did not write down for programs; give them with --discount, or --discount none")
	}
	return out, nil
}

func loadBook(path string) (*price.Book, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading price book: %w", err)
	}
	defer file.Close()
	b, err := price.Load(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strconv.Quote(path), err)
	}
	return b, nil
}

// parseInstant reads a date, which means its beginning in UTC, an RFC 3339 time, or "now".
func parseInstant(s string, now func() time.Time) (time.Time, error) {
	if s == "now" {
		return now().UTC(), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, command.Usagef("%q is not an instant; write YYYY-MM-DD, an RFC 3339 time such as 2026-11-10T12:00:00Z, or now", s)
}

// copyFile copies a file unless it is the same one.
func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copying the journal: %w", err)
	}
	defer src.Close()
	a, err := src.Stat()
	if err != nil {
		return fmt.Errorf("copying the journal: %w", err)
	}
	if b, err := os.Stat(to); err == nil && os.SameFile(a, b) {
		return nil
	}
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("copying the journal: %w", err)
	}
	_, err = io.Copy(dst, src)
	if err = errors.Join(err, dst.Close()); err != nil {
		return fmt.Errorf("copying the journal: %w", err)
	}
	return nil
}
