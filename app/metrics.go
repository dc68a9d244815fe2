package app

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
)

// metrics is what /metrics shows. No label has a word of a stranger, nor the name of a repository.
type metrics struct {
	registry *prometheus.Registry
	webhooks *prometheus.CounterVec
	notes    *prometheus.CounterVec
	reviews  *prometheus.CounterVec
	spent    prometheus.Counter
	requests *prometheus.CounterVec
	left     *prometheus.GaugeVec
	// What agents send of themselves.
	telemetry *prometheus.CounterVec
	entries   prometheus.Counter
}

func newMetrics(s *Server) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "pertask", Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		webhooks: counter("webhooks_total", "Webhooks that this process has answered.", "event", "outcome"),
		notes:    counter("notes_total", "Notes that this process has worked on.", "kind", "outcome"),
		reviews:  counter("reviews_total", "Reviews that this process has ended.", "state", "conclusion"),
		spent: prometheus.NewCounter(prometheus.CounterOpts{Namespace: "pertask", Name: "spent_usd_total",
			Help: "What the reviews that this process has ended have cost, where that is known; rounded, and no basis of a bill."}),
		requests: counter("github_requests_total", "Requests to GitHub.", "method", "status"),
		left: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "pertask", Name: "github_rate_limit_left",
			Help: "Requests that GitHub still allows within the hour, as the last answer said."}, []string{"resource"}),
	}
	m.telemetry = counter("telemetry_requests_total", "Requests of agents that this process has answered.", "signal", "outcome")
	m.entries = prometheus.NewCounter(prometheus.CounterOpts{Namespace: "pertask", Name: "telemetry_entries_total",
		Help: "Entries of the ledger in them, those that were sent again included."})
	m.registry.MustRegister(m.telemetry, m.entries, m.webhooks, m.notes, m.reviews, m.spent, m.requests, m.left, health{s.queue.Health, s.slots},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// review counts a review that has ended.
func (m *metrics) review(r record.Review) {
	m.reviews.WithLabelValues(string(r.State), r.Conclusion).Inc()
	if usd, known := r.Spent.Value(); known {
		if f, err := strconv.ParseFloat(usd.String(), 64); err == nil {
			m.spent.Add(f)
		}
	}
}

// health asks the queue how the work stands whenever somebody looks.
type health struct {
	health func(context.Context) (queue.Health, error)
	slots  *measure.Slots
}

var (
	notesDesc   = prometheus.NewDesc("pertask_notes", "Notes that wait, keys that a worker has, and keys that are dead (at most 100), over all processes.", []string{"state"}, nil)
	oldestDesc  = prometheus.NewDesc("pertask_notes_oldest_seconds", "For how long the oldest note has waited.", nil, nil)
	runningDesc = prometheus.NewDesc("pertask_reviews_measuring", "Reviews that measure in this process.", nil, nil)
)

// Describe implements prometheus.Collector.
func (h health) Describe(ch chan<- *prometheus.Desc) {
	ch <- notesDesc
	ch <- oldestDesc
	ch <- runningDesc
}

// Collect implements prometheus.Collector. A database that does not answer is an error, and not a queue without notes.
func (h health) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(runningDesc, float64(h.slots.Busy()))
	now, err := h.health(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(notesDesc, err)
		return
	}
	gauge(notesDesc, float64(now.Waiting), "waiting")
	gauge(notesDesc, float64(now.Running), "running")
	gauge(notesDesc, float64(len(now.Dead)), "dead")
	age := 0.0
	if !now.Oldest.IsZero() {
		age = max(time.Since(now.Oldest).Seconds(), 0)
	}
	gauge(oldestDesc, age)
}

// counted is a transport that counts requests to GitHub.
type counted struct {
	next http.RoundTripper
	m    *metrics
}

// RoundTrip implements http.RoundTripper.
func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	status := "none"
	if err == nil {
		status = strconv.Itoa(resp.StatusCode)
		if left, err := strconv.ParseFloat(resp.Header.Get("X-RateLimit-Remaining"), 64); err == nil {
			c.m.left.WithLabelValues(resource(resp.Header.Get("X-RateLimit-Resource"))).Set(left)
		}
	}
	c.m.requests.WithLabelValues(r.Method, status).Inc()
	return resp, err
}

// resource is one of GitHub's kinds of limits.
func resource(s string) string {
	switch s {
	case "core", "graphql", "search", "integration_manifest":
		return s
	}
	return "other"
}
