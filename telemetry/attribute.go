package telemetry

import (
	"math"
	"strconv"

	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
)

// maxText bounds every text that is looked at, in bytes.
const maxText = 1000

// bag holds attributes by name. Of two with one name the last counts.
type bag map[string]*common.AnyValue

func attributes(list []*common.KeyValue) bag {
	b := make(bag, len(list))
	for _, kv := range list {
		b[kv.GetKey()] = kv.GetValue()
	}
	return b
}

// text returns a text, "" when there is none or it is too long to be what we look for.
func (b bag) text(name string) string {
	s := b[name].GetStringValue()
	if len(s) > maxText {
		return ""
	}
	return s
}

// number returns a whole number of at least 0. Agents write it as an integer, as a float or as a text.
func (b bag) number(name string) (n int64, there, ok bool) {
	v, there := b[name]
	if !there || v == nil || v.GetValue() == nil {
		return 0, false, true
	}
	switch x := v.GetValue().(type) {
	case *common.AnyValue_IntValue:
		n, ok = x.IntValue, true
	case *common.AnyValue_DoubleValue:
		n, ok = whole(x.DoubleValue)
	case *common.AnyValue_StringValue:
		var err error
		n, err = strconv.ParseInt(x.StringValue, 10, 64)
		ok = err == nil
	}
	return n, true, ok && n >= 0 && n <= maxTokens
}

// maxTokens bounds what one record may claim. A day of the largest fleets is far below it, and sums of many stay within an
// int64.
const maxTokens = 1 << 40

// whole returns a float that is a whole number of at least 0.
func whole(f float64) (int64, bool) {
	if f != math.Trunc(f) || f < 0 || f > maxTokens {
		return 0, false
	}
	return int64(f), true
}

// first returns the first text that is there, by the names in their order.
func first(name string, bags ...bag) string {
	for _, b := range bags {
		if s := b.text(name); s != "" {
			return s
		}
	}
	return ""
}
