package telemetry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// call is what an agent's event says of one call.
type call struct {
	harness, version, session string
	provider, model, tier     string
	attributes                map[string]string
	tokens                    usage.Tokens
	key                       []string // what tells the event from every other one of its session
}

// agent reads the events of one agent.
type agent struct {
	// read returns false for an event that is of the name and about no call, and an error without content for one that
	// should be.
	read func(rec, res bag) (call, bool, error)
}

// agents are those whose events tell tokens, by the name of the event. Claude Code's is short in the attribute and long in
// the body.
var agents = map[string]agent{
	"api_request":             {read: claudeCall},
	"claude_code.api_request": {read: claudeCall},
	"codex.sse_event":         {read: codexCall},
	"gemini_cli.api_response": {read: geminiCall},
}

// event reads one record.
func (r *Result) event(res bag, rec *logs.LogRecord) {
	own := attributes(rec.GetAttributes())
	a, ok := agents[own.text("event.name")]
	if !ok {
		r.Others++
		return
	}
	c, ok, err := a.read(own, res)
	switch {
	case err != nil:
		r.skip(err.Error())
		return
	case !ok:
		r.Others++
		return
	}
	at, err := when(own, rec)
	if err != nil {
		r.skip(err.Error())
		return
	}
	e := c.entry(spend.Telemetry, at, place(own, res))
	e.Calls, e.Part = 1, digest(append(c.key, at.Format(time.RFC3339Nano))...)
	prompt, _ := c.tokens.Context().Value()
	e.Above, e.Upto = spend.Step(prompt)
	r.add(e.Complete())
}

// entry is what the event and the counter have in common.
func (c call) entry(from spend.Source, at time.Time, p spend.Place) spend.Entry {
	return spend.Entry{
		Source: from, Provenance: spend.Reported, Session: spend.SessionKey(c.harness, c.session), Harness: c.harness, Version: c.version,
		Hour: at.Truncate(time.Hour), Last: at, Place: p,
		Price:  spend.Price{Provider: c.provider, Model: c.model, Tier: c.tier, Attributes: c.attributes},
		Tokens: c.tokens,
	}
}

// when is the time of an event. Codex leaves the record's own empty.
func when(own bag, rec *logs.LogRecord) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, own.text("event.timestamp")); err == nil {
		return sane(t)
	}
	for _, n := range []uint64{rec.GetTimeUnixNano(), rec.GetObservedTimeUnixNano()} {
		if n != 0 {
			return nano(n)
		}
	}
	return time.Time{}, fmt.Errorf("an event without a time")
}

func nano(n uint64) (time.Time, error) {
	if n > 1<<62 {
		return time.Time{}, fmt.Errorf("a time that is none")
	}
	return sane(time.Unix(0, int64(n)))
}

// sane refuses times before there were such agents, which are a clock that was not set.
func sane(t time.Time) (time.Time, error) {
	if t.Year() < 2023 || t.Year() > 9998 {
		return time.Time{}, fmt.Errorf("a time in the year %d", t.Year())
	}
	return t.UTC().Round(0), nil
}

// digest names what cannot be told from its name.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
