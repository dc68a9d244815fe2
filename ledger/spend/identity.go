package spend

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strings"
)

// keyDigits is how many hexadecimal digits keys have: 128 bits.
const keyDigits = 32

// SessionKey returns what an entry says in the place of an agent's own name of its session: the same for the same
// session from every source, without telling the name. It is "" for a session without a name.
func SessionKey(harness, session string) string {
	if session == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(harness + "\x00" + session))
	return hex.EncodeToString(sum[:])[:keyDigits]
}

func isKey(s string) bool { return len(s) == keyDigits && strings.Trim(s, "0123456789abcdef") == "" }

// Identify returns the ID of an entry: a hash of its source, provenance, session, part, harness and hour, of the
// repository, branch and pull request of its place, and of its price.
//
// What may be told otherwise when the same is read again is not in it: the commit, which is the last one's, the author
// and the labels, which are asked for, and the harness's version. Calls that differ in these alone are of one entry.
func Identify(e Entry) string {
	h := hasher{sha256.New()}
	h.text(Schema, string(e.Source), string(e.Provenance), e.Session, e.Part, e.Harness)
	h.number(e.Hour.Unix())
	h.text(e.Repository, e.Branch)
	h.number(int64(e.Pull))
	h.text(e.Provider, e.Model, e.Tier)
	h.number(int64(len(e.Attributes)))
	for _, k := range slices.Sorted(maps.Keys(e.Attributes)) {
		h.text(k, e.Attributes[k])
	}
	h.number(e.Above)
	h.number(e.Upto)
	return hex.EncodeToString(h.Sum(nil))[:keyDigits]
}

// hasher writes fields so that none can run into the next one.
type hasher struct{ hash.Hash }

func (h hasher) text(fields ...string) {
	for _, s := range fields {
		h.number(int64(len(s)))
		h.Write([]byte(s))
	}
}

func (h hasher) number(n int64) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
}
