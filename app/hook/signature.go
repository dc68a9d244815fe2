package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// header has the signature: "sha256=" and the HMAC of the raw body in hexadecimal digits.
// Source: GitHub's documentation, "Validating webhook deliveries".
const header = "X-Hub-Signature-256"

// signature reads the header. More than one is none.
func signature(h http.Header) (sum []byte, ok bool) {
	values := h.Values(header)
	if len(values) != 1 {
		return nil, false
	}
	digits, ok := strings.CutPrefix(values[0], "sha256=")
	if !ok || len(digits) != hex.EncodedLen(sha256.Size) {
		return nil, false
	}
	sum, err := hex.DecodeString(digits)
	return sum, err == nil
}

// signed reports whether one of the secrets has signed a body, in the same time whichever did.
func (h *Handler) signed(body, sum []byte) bool {
	good := false
	for _, secret := range h.cfg.Secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), sum) {
			good = true
		}
	}
	return good
}
