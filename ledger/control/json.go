package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pertask/pertask/price"
)

// page is one answer of either interface. What they have in common is little, so that each bucket is read by its own form.
type page struct {
	Object  string            `json:"object"`
	Data    []json.RawMessage `json:"data"`
	HasMore *bool             `json:"has_more"`
	Error   json.RawMessage   `json:"error"`
}

// The forms, for people.
const (
	openAICosts   = "OpenAI /v1/organization/costs"
	anthropicCost = "Anthropic /v1/organizations/cost_report"
)

// priorityNote is from the documentation of Anthropic's Usage and Cost API: costs of the Priority Tier are billed otherwise and are
// not in the cost report.
const priorityNote = "Anthropic's cost report leaves out its Priority Tier"

// readJSON reads answers that stand one after another.
func readJSON(name string, body []byte) (Export, error) {
	var x Export
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	more := false
	for {
		at := dec.InputOffset()
		var p page
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			return Export{}, fmt.Errorf("%s: not JSON: %w", place(name, body, dec.InputOffset()), err)
		}
		form, lines, err := p.read()
		if err == nil && x.Form != "" && x.Form != form {
			err = fmt.Errorf("an answer of %s behind one of %s; put them into files of their own", form, x.Form)
		}
		if err != nil {
			return Export{}, fmt.Errorf("%s: %w", place(name, body, at), err)
		}
		x.Form, x.Lines = form, append(x.Lines, lines...)
		more = p.HasMore != nil && *p.HasMore
	}
	if x.Form == "" {
		return Export{}, fmt.Errorf("%s: %w", name, ErrForm)
	}
	if more {
		x.Notes = append(x.Notes, "the last answer says that there are more pages (has_more), which are not in the file")
	}
	if x.Form == anthropicCost {
		x.Notes = append(x.Notes, priorityNote)
	}
	return x, nil
}

// read tells whose answer it is by its buckets. An empty one of Anthropic's says nothing else than that it is one.
func (p page) read() (form string, lines []Line, err error) {
	switch {
	case len(p.Error) > 0:
		return "", nil, errors.New("the answer is an error of the provider and has no costs")
	case p.Data == nil || p.HasMore == nil:
		return "", nil, ErrForm
	case p.Object == "page":
		form = openAICosts
	default:
		form = anthropicCost
	}
	for i, bucket := range p.Data {
		read := anthropicBucket
		if form == openAICosts {
			read = openAIBucket
		}
		more, err := read(bucket)
		if err != nil {
			return "", nil, fmt.Errorf("data[%d]: %w", i, err)
		}
		lines = append(lines, more...)
	}
	return form, lines, nil
}

// openAIBucket reads a bucket as https://platform.openai.com/docs/api-reference/usage/costs describes it: times in seconds, amounts
// in dollars as numbers, or as texts in newer versions.
func openAIBucket(raw json.RawMessage) ([]Line, error) {
	var b struct {
		Start   *int64 `json:"start_time"`
		End     *int64 `json:"end_time"`
		Results []struct {
			Object string `json:"object"`
			Amount struct {
				Value    json.RawMessage `json:"value"`
				Currency string          `json:"currency"`
			} `json:"amount"`
			Item *string `json:"line_item"`
		} `json:"results"`
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, err
	}
	if b.Start == nil || b.End == nil {
		return nil, errors.New("start_time or end_time is missing")
	}
	from, to := time.Unix(*b.Start, 0).UTC(), time.Unix(*b.End, 0).UTC()
	if err := span(from, to); err != nil {
		return nil, err
	}
	var lines []Line
	for i, r := range b.Results {
		if r.Object != "organization.costs.result" {
			return nil, fmt.Errorf("results[%d]: object %.60q; costs have organization.costs.result. Answers about tokens have no amounts", i, r.Object)
		}
		if !strings.EqualFold(r.Amount.Currency, "usd") {
			return nil, fmt.Errorf("results[%d]: currency %.20q; amounts in usd are read", i, r.Amount.Currency)
		}
		usd, err := dollars(strings.Trim(string(r.Amount.Value), `"`))
		if err != nil {
			return nil, fmt.Errorf("results[%d]: %w", i, err)
		}
		l := Line{Provider: "openai", From: from, To: to, USD: usd}
		if r.Item != nil {
			l.What = clip(*r.Item)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// anthropicBucket reads a bucket as https://platform.claude.com/docs/en/api/admin/cost_report describes it. Its amounts are texts
// in cents: "123.45" is $1.2345.
func anthropicBucket(raw json.RawMessage) ([]Line, error) {
	var b struct {
		Start   *time.Time `json:"starting_at"`
		End     *time.Time `json:"ending_at"`
		Results []struct {
			Amount      *string `json:"amount"`
			Currency    string  `json:"currency"`
			Description *string `json:"description"`
			Model       *string `json:"model"`
		} `json:"results"`
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, err
	}
	if b.Start == nil || b.End == nil {
		return nil, errors.New("starting_at or ending_at is missing")
	}
	from, to := b.Start.UTC(), b.End.UTC()
	if err := span(from, to); err != nil {
		return nil, err
	}
	var lines []Line
	for i, r := range b.Results {
		if r.Amount == nil {
			return nil, fmt.Errorf("results[%d]: amount is missing; answers about tokens have none", i)
		}
		if !strings.EqualFold(r.Currency, "usd") {
			return nil, fmt.Errorf("results[%d]: currency %.20q; amounts in USD are read", i, r.Currency)
		}
		usd, err := cents(*r.Amount)
		if err != nil {
			return nil, fmt.Errorf("results[%d]: %w", i, err)
		}
		l := Line{Provider: "anthropic", From: from, To: to, USD: usd}
		for _, s := range []*string{r.Description, r.Model} {
			if s != nil && l.What == "" {
				l.What = clip(*s)
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// cents reads an amount of a hundredth of a dollar each.
func cents(s string) (price.Amount, error) {
	m, err := price.ParseMoney(s)
	if err != nil {
		return price.Amount{}, err
	}
	return price.Known(m.PerThousand().Times(10)), nil
}

// maxText bounds what is kept of a provider's words, in bytes.
const maxText = 200

func clip(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "")
}

// place names the line of an offset.
func place(name string, body []byte, offset int64) string {
	return fmt.Sprintf("%s:%d", name, 1+bytes.Count(body[:min(int64(len(body)), offset)], []byte("\n")))
}
