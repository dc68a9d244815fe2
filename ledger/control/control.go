// Package control reads what providers say that an account was billed: exports of their consoles and answers of their
// administration interfaces. It is the control total beside the ledger, for the whole account, and never divided over pull
// requests.
//
// It knows the forms of the files, and in which unit each has its amounts. It refuses to know entries, and what a difference
// between a total and the ledger means.
package control

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pertask/pertask/price"
)

// Line is what a provider billed for a time.
type Line struct {
	Provider string    `json:"provider"` // in the words of the price book, such as "openai"
	From     time.Time `json:"from"`     // UTC
	To       time.Time `json:"to"`       // UTC; the end, which is not in it
	// What is the provider's word for what it billed, such as a model or a kind of tokens; "" when it does not say.
	What string       `json:"what,omitempty"`
	USD  price.Amount `json:"usd"`
}

// Export is what was read of a file.
type Export struct {
	Form  string `json:"form"` // what kind of file it is, for people
	Lines []Line `json:"lines"`
	// Notes say what the file leaves out, so that its sum is not taken for all that was billed.
	Notes []string `json:"notes,omitempty"`
}

// Sum adds up the lines that are within [from, to) as a whole; a zero time is no bound. Lines that reach over a bound are counted
// and are not in the sum: an amount is not divided.
func (x Export) Sum(from, to time.Time) (usd price.Amount, across int) {
	usd = price.Known(price.Money{})
	for _, l := range x.Lines {
		switch {
		case !from.IsZero() && !l.To.After(from), !to.IsZero() && !l.From.Before(to):
		case !from.IsZero() && l.From.Before(from), !to.IsZero() && l.To.After(to):
			across++
		default:
			usd = usd.Plus(l.USD)
		}
	}
	return usd, across
}

// Limits of a file. A year of a large account, by day, model and kind of tokens, is far below them.
const (
	MaxSize  = 64 << 20
	MaxLines = 1_000_000
)

// ErrForm says that a file is none of those that are known.
var ErrForm = errors.New("not an export that is known; allowed are answers of OpenAI's /v1/organization/costs and Anthropic's /v1/organizations/cost_report as JSON, " +
	"the cost exports of both consoles as CSV, and CSV with the columns provider, date and usd")

// Read reads a file of any known form. Several answers of an interface may stand one after another in it, as its pages do. The
// name is for errors, which have the place of what is wrong in the file.
func Read(name string, r io.Reader) (Export, error) {
	body, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return Export{}, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(body) > MaxSize {
		return Export{}, fmt.Errorf("%s: more than %d MiB; export a shorter time", name, MaxSize>>20)
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	first, _ := bufio.NewReader(bytes.NewReader(bytes.TrimSpace(body))).ReadByte()
	var x Export
	if first == '{' {
		x, err = readJSON(name, body)
	} else {
		x, err = readCSV(name, body)
	}
	if err == nil && len(x.Lines) > MaxLines {
		err = fmt.Errorf("%s: more than %d lines; export a shorter time", name, MaxLines)
	}
	if err != nil {
		return Export{}, err
	}
	return x, nil
}

// dollars checks an amount. A credit is negative and counts.
func dollars(s string) (price.Amount, error) {
	m, err := price.ParseMoney(s)
	if err != nil {
		return price.Amount{}, err
	}
	return price.Known(m), nil
}

// span checks the time of a line.
func span(from, to time.Time) error {
	switch {
	case from.Year() < 2020 || to.Year() > 9998:
		return fmt.Errorf("a time from %s to %s; years from 2020 are allowed", from.Format(time.DateOnly), to.Format(time.DateOnly))
	case !to.After(from):
		return errors.New("a time that ends before it begins")
	}
	return nil
}
