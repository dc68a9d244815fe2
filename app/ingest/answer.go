package ingest

import (
	"fmt"
	"net/http"

	logs "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	metrics "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/pertask/pertask/telemetry"
)

// accept answers a request that was taken. What was skipped is told, and not to be sent again.
func accept(w http.ResponseWriter, enc telemetry.Encoding, signal string, r telemetry.Result) {
	why := ""
	if r.Skipped > 0 {
		why = fmt.Sprintf("%d records were left out; the first: %s", r.Skipped, r.Why)
	}
	var m proto.Message
	switch signal {
	case "logs":
		q := &logs.ExportLogsServiceResponse{}
		if why != "" {
			q.PartialSuccess = &logs.ExportLogsPartialSuccess{RejectedLogRecords: int64(r.Skipped), ErrorMessage: why}
		}
		m = q
	case "metrics":
		q := &metrics.ExportMetricsServiceResponse{}
		if why != "" {
			q.PartialSuccess = &metrics.ExportMetricsPartialSuccess{RejectedDataPoints: int64(r.Skipped), ErrorMessage: why}
		}
		m = q
	default:
		m = &trace.ExportTraceServiceResponse{}
	}
	write(w, enc, http.StatusOK, m, nil)
}

// refuse answers a request that was not taken, with a google.rpc.Status as OTLP says.
func (h *Handler) refuse(w http.ResponseWriter, enc telemetry.Encoding, signal string, f failure) {
	h.cfg.Count(signal, outcome(f.status), 0)
	if f.err != nil {
		h.cfg.Log.Warn("telemetry was not taken", "signal", signal, "status", f.status, "error", f.err)
	}
	switch f.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "10")
	}
	write(w, enc, f.status, nil, &f)
}

// outcome names an answer in a metric.
func outcome(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unknown-sender"
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return "unavailable"
	}
	return "malformed"
}

// write sends a message, or a failure as google.rpc.Status, whose field 2 is the text.
func write(w http.ResponseWriter, enc telemetry.Encoding, status int, m proto.Message, f *failure) {
	var body []byte
	kind := "application/x-protobuf"
	switch {
	case enc == telemetry.JSON && f != nil:
		kind, body = "application/json", fmt.Appendf(nil, `{"message":%q}`, f.text)
	case enc == telemetry.JSON:
		kind = "application/json"
		body, _ = protojson.Marshal(m) // an answer of ours
	case f != nil:
		body = protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), f.text)
	default:
		body, _ = proto.Marshal(m)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the sender may have gone
}
