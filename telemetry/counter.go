package telemetry

import (
	"strconv"
	"time"

	metrics "go.opentelemetry.io/proto/slim/otlp/metrics/v1"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// counterOf says how an agent counts tokens: the name of the attribute that tells the kind, and what a kind is.
type counterOf struct {
	kind  string
	class map[string]usage.Class
	// within are kinds that are counted in another kind as well, by that other.
	within map[string]string
	call   func(own, res bag) call
}

// counters are those that tell tokens with the session that they belong to. Codex counts them without one
// (codex.turn.token_usage), so that its counters cannot be told from its events and are left out.
var counters = map[string]counterOf{
	"claude_code.token.usage": {kind: "type",
		class: map[string]usage.Class{"input": usage.Input, "output": usage.Output, "cacheRead": usage.CacheRead, "cacheCreation": usage.CacheCreation},
		call: func(own, res bag) call {
			return call{harness: "claude-code", version: res.text("service.version"), session: own.text("session.id"), model: own.text("model"),
				provider: claudeProvider(own), attributes: claudeSpeed(own)}
		}},
	"gemini_cli.token.usage": {kind: "type",
		class:  map[string]usage.Class{"input": usage.Input, "output": usage.Output, "cache": usage.CacheRead, "thought": "thought", "tool": "tool"},
		within: map[string]string{"cache": "input"},
		call: func(own, res bag) call {
			return call{harness: "gemini", session: first("session.id", own, res), model: own.text("model"), provider: "google"}
		}},
}

// series is what the points of one counter share that are about the same calls.
type series struct {
	call  call
	place spend.Place
	start time.Time
	last  time.Time
	kinds map[string]int64
}

// counter reads one metric. Its points are put together by session, model and place, since each is about one kind of tokens.
func (r *Result) counter(res bag, m *metrics.Metric) {
	of, ok := counters[m.GetName()]
	sum := m.GetSum()
	if !ok || sum == nil {
		r.Others++
		return
	}
	if t := sum.GetAggregationTemporality(); t != metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA && t != metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE {
		r.skip(m.GetName() + ": whether points are differences or totals is not said")
		return
	}
	var order []string
	all := map[string]*series{}
	for _, p := range sum.GetDataPoints() {
		key, s, why := of.point(res, p)
		if why != "" {
			r.skip(m.GetName() + ": " + why)
			continue
		}
		old, there := all[key]
		if !there {
			all[key], order = s, append(order, key)
			continue
		}
		for k, n := range s.kinds {
			old.kinds[k] += n
		}
		// A kind's own series begins when there is something of it.
		if s.start.Before(old.start) {
			old.start = s.start
		}
		if s.last.After(old.last) {
			old.last = s.last
		}
	}
	delta := sum.GetAggregationTemporality() == metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
	for _, key := range order {
		e, why := of.entry(all[key], delta)
		if why != "" {
			r.skip(m.GetName() + ": " + why)
			continue
		}
		r.add(e)
	}
}

// point reads one point, and returns what it shares with others as a key. It returns why it could not.
func (of counterOf) point(res bag, p *metrics.NumberDataPoint) (string, *series, string) {
	own := attributes(p.GetAttributes())
	kind := own.text(of.kind)
	if _, ok := of.class[kind]; !ok {
		return "", nil, "tokens of a kind that is not known"
	}
	n, ok := p.GetAsInt(), true
	if _, float := p.GetValue().(*metrics.NumberDataPoint_AsDouble); float {
		n, ok = whole(p.GetAsDouble())
	}
	if !ok || n < 0 || n > maxTokens {
		return "", nil, "a value that is no number of tokens"
	}
	start, err := nano(p.GetStartTimeUnixNano())
	last, err2 := nano(p.GetTimeUnixNano())
	if err != nil || err2 != nil {
		return "", nil, "a point without its times"
	}
	s := &series{call: of.call(own, res), place: place(own, res), start: start, last: last, kinds: map[string]int64{kind: n}}
	if s.call.session == "" || s.call.model == "" {
		return "", nil, "a point without its session or model"
	}
	key := digest(s.call.session, s.call.model, s.call.provider, s.call.attributes["speed"], s.place.Repository, s.place.Branch, s.place.Commit,
		strconv.Itoa(s.place.Pull))
	return key, s, ""
}

// entry makes the entry of a series. A total grows: it is one entry in the hour that the session began in, which later
// points replace. A difference is one of its own.
func (of counterOf) entry(s *series, delta bool) (spend.Entry, string) {
	if delta && s.last.Before(s.start) {
		return spend.Entry{}, "a point that ends before it begins"
	}
	for part, in := range of.within {
		if s.kinds[part] > s.kinds[in] {
			return spend.Entry{}, "more " + part + " than " + in
		}
		s.kinds[in] -= s.kinds[part]
	}
	t := usage.None()
	t.Reasoning = usage.Count{}
	for kind, n := range s.kinds {
		class := of.class[kind]
		switch class {
		case "thought":
			t.Output, t.Reasoning = t.Output.Plus(usage.Known(n)), usage.Known(n)
		case "tool":
			t.Input = t.Input.Plus(usage.Known(n))
		default:
			t.Set(class, t.Of(class).Plus(usage.Known(n)))
		}
	}
	s.call.tokens = t
	parts := []string{s.call.session, s.start.Format(time.RFC3339Nano)}
	at := s.start
	if delta {
		parts, at = append(parts, s.last.Format(time.RFC3339Nano)), s.last
	}
	e := s.call.entry(spend.Counters, at, s.place)
	e.Part = digest(parts...)
	return e.Complete(), ""
}
