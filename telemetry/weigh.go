package telemetry

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxMessages bounds how many messages a request may have, of any kind: an empty record takes two bytes on the wire, and a hundred
// times as much in memory. A batch of real agents has some ten thousand.
const maxMessages = 250_000

// shape says which fields of a message are messages.
type shape map[protowire.Number]shape

var logsShape, metricsShape = shapes()

// shapes are as opentelemetry-proto describes the requests, as far as they can hold many messages.
func shapes() (logs, metrics shape) {
	value := shape{}
	pair := shape{2: value}
	value[5], value[6] = shape{1: value}, shape{1: pair}
	resource, scope := shape{1: pair, 3: {}}, shape{3: pair}
	exemplar := shape{7: pair}
	points := shape{1: {5: exemplar, 7: pair}}
	histogram := shape{1: {8: exemplar, 9: pair}}
	exponential := shape{1: {1: pair, 8: {}, 9: {}, 11: exemplar}}
	summary := shape{1: {6: {}, 7: pair}}
	logs = shape{1: {1: resource, 2: {1: scope, 2: {5: value, 6: pair}}}}
	metrics = shape{1: {1: resource, 2: {1: scope, 2: {5: points, 7: points, 9: histogram, 10: exponential, 11: summary, 12: pair}}}}
	return logs, metrics
}

// light reports whether a request has few enough messages to be decoded. One that is malformed is light: decoding refuses it.
func light(body []byte, e Encoding, of shape) bool {
	if e == JSON {
		return bytes.Count(body, []byte("{"))+bytes.Count(body, []byte("[")) <= maxMessages
	}
	n := 0
	return of.count(body, &n)
}

func (s shape) count(b []byte, n *int) bool {
	for len(b) > 0 {
		num, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return true
		}
		b = b[size:]
		below, known := s[num]
		if kind != protowire.BytesType || !known {
			if size = protowire.ConsumeFieldValue(num, kind, b); size < 0 {
				return true
			}
			b = b[size:]
			continue
		}
		inner, size := protowire.ConsumeBytes(b)
		if size < 0 {
			return true
		}
		b = b[size:]
		if *n++; *n > maxMessages || !below.count(inner, n) {
			return false
		}
	}
	return true
}
