// Package telemetry reads what coding agents export by OpenTelemetry and makes entries of the ledger of it.
//
// It knows which events and counters of Claude Code, Codex and Gemini CLI tell tokens, what each of them includes in which
// number, and where their repository and branch are. It refuses to know HTTP, who may send, and where entries are kept. Of
// everything else that agents export, such as prompts, answers, command lines and addresses of people, nothing is looked at.
//
// What was read of real agents (claude-code 2.1.330, codex 0.169.0, gemini 0.61.0) is in testdata, scrubbed.
package telemetry

import (
	"errors"
	"fmt"

	logs "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	metrics "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/pertask/pertask/ledger/spend"
)

// Encoding is how a request is written.
type Encoding int

// The encodings of OTLP/HTTP.
const (
	Protobuf Encoding = iota // application/x-protobuf
	JSON                     // application/json
)

// MaxEntries bounds what one request can make. The rest of a larger one is counted as Skipped.
const MaxEntries = 10_000

// ErrRequest says that a request is not what OTLP says; it is of no use to send it again.
var ErrRequest = errors.New("not a request of OTLP")

// ErrHeavy says that a request has more messages than are decoded at once; smaller ones can be sent.
var ErrHeavy = errors.New("too many records in one request")

// Result is what was found in a request.
type Result struct {
	Entries []spend.Entry
	// Others are records that say nothing of tokens, such as a prompt's event. They are most of what agents send.
	Others int
	// Skipped are records that should have said it and could not be read, and Why is about the first of them. Nothing of
	// a record's content is in it.
	Skipped int
	Why     string
}

// Logs reads a request to /v1/logs.
func Logs(body []byte, e Encoding) (Result, error) {
	var q logs.ExportLogsServiceRequest
	if err := decode(body, e, logsShape, &q); err != nil {
		return Result{}, err
	}
	var r Result
	for _, res := range q.GetResourceLogs() {
		of := attributes(res.GetResource().GetAttributes())
		for _, scope := range res.GetScopeLogs() {
			for _, rec := range scope.GetLogRecords() {
				r.event(of, rec)
			}
		}
	}
	return r, nil
}

// Metrics reads a request to /v1/metrics.
func Metrics(body []byte, e Encoding) (Result, error) {
	var q metrics.ExportMetricsServiceRequest
	if err := decode(body, e, metricsShape, &q); err != nil {
		return Result{}, err
	}
	var r Result
	for _, res := range q.GetResourceMetrics() {
		of := attributes(res.GetResource().GetAttributes())
		for _, scope := range res.GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				r.counter(of, m)
			}
		}
	}
	return r, nil
}

func decode(body []byte, e Encoding, of shape, m proto.Message) error {
	if !light(body, e, of) {
		return fmt.Errorf("reading %d bytes: %w", len(body), ErrHeavy)
	}
	var err error
	if e == JSON {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, m)
	} else {
		err = proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, m)
	}
	if err != nil {
		// The library's error quotes the body, which may hold anything.
		return fmt.Errorf("reading %d bytes: %w", len(body), ErrRequest)
	}
	return nil
}

// skip counts a record that could not be read.
func (r *Result) skip(why string) {
	r.Skipped++
	if r.Why == "" {
		r.Why = why
	}
}

// add keeps an entry that the ledger takes. Its check quotes what it refuses, which only the sender may see, and so the
// reason is given in general.
func (r *Result) add(e spend.Entry) {
	switch {
	case len(r.Entries) == MaxEntries:
		r.skip(fmt.Sprintf("more than %d calls in one request", MaxEntries))
	case e.Check() != nil:
		r.skip(e.Harness + ": a text or number that the ledger does not take")
	default:
		r.Entries = append(r.Entries, e)
	}
}
