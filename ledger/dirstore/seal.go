package dirstore

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// sealSchema names the way in which files are sealed. Stored files depend on it.
const sealSchema = "pertask.ledger-seal/1"

// minSecret is the least number of bytes of a secret.
const minSecret = 16

// seal vouches for the lines of a file. The zero seal is none.
//
// Each line ends with a code over itself and the code of the line before it, so that no line can be changed, left out,
// moved or put in by somebody without the secret. The first line names the key, so that a file cannot stand in for another.
type seal struct {
	key []byte // nil for none
}

func newSeal(secret []byte, about string) (seal, error) {
	if len(secret) == 0 {
		return seal{}, nil
	}
	if len(secret) < minSecret {
		return seal{}, fmt.Errorf("a secret of %d bytes; at least %d are needed", len(secret), minSecret)
	}
	return seal{mac(secret, []byte(sealSchema), []byte(about))}, nil
}

// mac is a code over parts, whose boundaries count.
func mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		fmt.Fprintf(m, "%d:", len(p))
		m.Write(p)
	}
	return m.Sum(nil)
}

// The code stands at the end of the JSON object, as a field of its own.
const (
	sealBegin = `,"mac":"`
	sealEnd   = `"}`
	sealBytes = len(sealBegin) + 2*sha256.Size + len(sealEnd)
)

// close returns a line with its code, and the code. Without a seal it is the line as it was.
func (s seal) close(before, line []byte) (sealed, code []byte) {
	if s.key == nil {
		return line, nil
	}
	code = mac(s.key, before, line)
	sealed = append(sealed, line[:len(line)-1]...) // all but the closing brace
	return fmt.Appendf(sealed, "%s%x%s", sealBegin, code, sealEnd), code
}

// open takes the code off a line, and returns the line as it was and the code. It fails with ErrSeal.
func (s seal) open(before, sealed []byte) (line, code []byte, err error) {
	at := len(sealed) - sealBytes
	has := at > 0 && string(sealed[at:at+len(sealBegin)]) == sealBegin && string(sealed[len(sealed)-len(sealEnd):]) == sealEnd
	switch {
	case s.key == nil && has:
		return nil, nil, fmt.Errorf("the line is sealed and there is no secret: %w", ErrSeal)
	case s.key == nil:
		return sealed, nil, nil
	case !has:
		return nil, nil, fmt.Errorf("the line has no seal: %w", ErrSeal)
	}
	line = append(line, sealed[:at]...)
	line = append(line, '}')
	code = mac(s.key, before, line)
	if !hmac.Equal([]byte(hex.EncodeToString(code)), sealed[at+len(sealBegin):len(sealed)-len(sealEnd)]) {
		return nil, nil, ErrSeal
	}
	return line, code, nil
}
