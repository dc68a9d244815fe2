package arm

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/tailscale/hujson"
)

func jsonQuote(s string) string {
	return string(hujson.String(s))
}

// escapeText writes a text inside double quotes. what returns the escape of a character, or "".
func escapeText(s string, what func(r rune) string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if e := what(r); e != "" {
			b.WriteString(e)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// commonEscapes are the escapes that TOML and YAML share.
var commonEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

func tomlQuote(s string) string {
	return escapeText(s, func(r rune) string {
		switch e := commonEscapes[r]; {
		case e != "":
			return e
		case !unicode.IsPrint(r) && r <= 0xffff:
			return fmt.Sprintf(`\u%04X`, r)
		case !unicode.IsPrint(r):
			return fmt.Sprintf(`\U%08X`, r)
		}
		return ""
	})
}

func yamlQuote(s string) string {
	return escapeText(s, func(r rune) string {
		switch e := commonEscapes[r]; {
		case e != "":
			return e
		case !unicode.IsPrint(r) && r <= 0xff:
			return fmt.Sprintf(`\x%02X`, r)
		case !unicode.IsPrint(r) && r <= 0xffff:
			return fmt.Sprintf(`\u%04X`, r)
		case !unicode.IsPrint(r):
			return fmt.Sprintf(`\U%08X`, r)
		}
		return ""
	})
}

var (
	dotenvPlain  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$`)
	dotenvDouble = regexp.MustCompile("^[^\"\\\\$`\\r\\n\\x00]*$")
	dotenvSingle = regexp.MustCompile(`^[^'\\\r\n\x00]*$`)
)

// dotenvSpellings returns how a value can be written in a dotenv file so that every program that reads one,
// a shell among them, takes it as text. Values with quotes of both kinds, with line ends or with backslashes
// have no such spelling.
func dotenvSpellings(value string, old *node) []string {
	var out []string
	if dotenvPlain.MatchString(value) && (old == nil || old.quote == 0) {
		out = append(out, value)
	}
	if dotenvDouble.MatchString(value) && old != nil && old.quote == '"' {
		out = append(out, `"`+value+`"`)
	}
	if dotenvSingle.MatchString(value) {
		out = append(out, "'"+value+"'")
	}
	if dotenvDouble.MatchString(value) {
		out = append(out, `"`+value+`"`)
	}
	return out
}
