package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// maxDecimal is how long the text of an amount may be. Amounts of money have a few dozen digits at most.
const maxDecimal = 64

// Decimal returns the text of a field that is an amount from 0 on, as it is written: a JSON number, or a string
// that holds one. The field may be absent or null: then known is false. Anything else is an error, never a zero.
// Nothing is computed, so nothing is rounded.
func (o Object) Decimal(name string) (text string, known bool, err error) {
	raw := json.RawMessage(bytes.TrimSpace(o.Raw(name)))
	if IsNull(raw) {
		return "", false, nil
	}
	text = string(raw)
	if raw[0] == '"' {
		text = String(raw)
	}
	if !isAmount(text) {
		return "", false, fmt.Errorf("%q is %.40s; an amount is a decimal number from 0 on", o.at+name, raw)
	}
	return text, true, nil
}

// isAmount reports whether a text is a JSON number without a sign.
func isAmount(text string) bool {
	return text != "" && len(text) <= maxDecimal && text[0] >= '0' && text[0] <= '9' &&
		json.Valid([]byte(text)) && text == strings.TrimSpace(text)
}

// MovePoint writes n with its decimal point moved to the left, which is exact: MovePoint(1250, 3) is "1.25".
// The number must not be negative, and places must be at least 0.
func MovePoint(n int64, places int) string {
	digits := strconv.FormatInt(n, 10)
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction := digits[:len(digits)-places], strings.TrimRight(digits[len(digits)-places:], "0")
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
