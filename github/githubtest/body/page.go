package body

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Page returns the bounds of the page of a list of so many that a query asks for, and the Link header to the others, "" where there
// are none.
func Page(q url.Values, total int, address string) (from, to int, header string) {
	per, _ := strconv.Atoi(q.Get("per_page"))
	if per <= 0 {
		per = 30
	}
	per = min(per, 100)
	n, _ := strconv.Atoi(q.Get("page"))
	n = max(n, 1)
	last := max((total+per-1)/per, 1)
	var links []string
	link := func(rel string, page int) {
		q.Set("page", strconv.Itoa(page))
		links = append(links, fmt.Sprintf(`<%s?%s>; rel="%s"`, address, q.Encode(), rel))
	}
	if n > 1 {
		link("prev", n-1)
	}
	if n < last {
		link("next", n+1)
		link("last", last)
	}
	if n > 1 {
		link("first", 1)
	}
	return min((n-1)*per, total), min(n*per, total), strings.Join(links, ", ")
}

// ETag is that of an answer with a Link header.
func ETag(link string, answer []byte) string {
	sum := sha256.Sum256(append([]byte(link+"\n"), answer...))
	return `W/"` + hex.EncodeToString(sum[:]) + `"`
}

// Has reports whether a header If-None-Match has an ETag, weak or not.
func Has(header, etag string) bool {
	for have := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(have), "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}
