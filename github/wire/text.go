package wire

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// scrubber removes tokens from text.
type scrubber struct{ token string }

// tokenShape matches every documented kind of token of GitHub: classic and fine-grained ones, installation
// tokens old (ghs_ and 36 letters) and new (ghs_, the App's number and a JSON web token), the JSON web token
// of an App, and the token in the address of an archive.
var tokenShape = regexp.MustCompile(`gh[a-z]_[A-Za-z0-9_.\-]{10,}|github_pat_[A-Za-z0-9_]{10,}|eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+|([?&]token=)[^&\s"']+`)

func (s scrubber) text(t string) string {
	if len(s.token) >= 8 {
		t = strings.ReplaceAll(t, s.token, "***")
	}
	return tokenShape.ReplaceAllString(t, "${1}***")
}

// Clip cuts s to n bytes at most, on a rune, and makes it one line.
func Clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > n {
		s = s[:n]
		for s != "" && !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// IsSHA reports whether s is a full object id, SHA-1 or SHA-256, in lower case.
func IsSHA(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
