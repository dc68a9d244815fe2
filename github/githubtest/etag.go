package githubtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// conditional gives the answer to a GET its ETag, and makes it a 304 when the client has it already. An answer
// 304 does not count against the primary limit.
func (s *Server) conditional(c *call, r *http.Request, token string, rep reply) reply {
	if r.Method != http.MethodGet || rep.status != http.StatusOK {
		return rep
	}
	raw, isRaw := rep.body.([]byte)
	if !isRaw {
		raw, _ = json.Marshal(rep.body) // write reports what cannot be written
	}
	sum := sha256.Sum256(append([]byte(c.head.Get("Link")+"\n"), raw...))
	etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
	c.head.Set("ETag", etag)
	for have := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(have), "W/") == strings.TrimPrefix(etag, "W/") {
			s.rate.Return(token)
			return reply{status: http.StatusNotModified}
		}
	}
	return rep
}
