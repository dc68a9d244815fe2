package document

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/tailscale/hujson"
)

// What may stand without quotes. A reader of the file must not take it for anything else.
var (
	barePattern   = regexp.MustCompile(`^([+-]?[0-9][0-9_]*(\.[0-9_]+)?([eE][+-]?[0-9]+)?|true|false)$`)
	yamlPlain     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`)
	tomlBareKey   = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	dotenvPlain   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$`)
	dotenvDouble  = regexp.MustCompile("^[^\"\\\\$`\\r\\n\\x00]*$")
	dotenvSingle  = regexp.MustCompile(`^[^'\\\r\n\x00]*$`)
	yamlOtherWord = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`) // no text in some version of YAML
)

// spellings returns the ways to write a text in a format, best first. old is what stands there now, or nil.
func (f Format) spellings(e edit, old *node) []string {
	number := e.number
	if old == nil {
		old = &node{bare: true} // neither plain text nor in quotes
	} else {
		number = old.bare
	}
	var out []string
	if number && barePattern.MatchString(e.text) {
		out = append(out, e.text)
	}
	switch f {
	case jsonFormat:
		return append(out, f.quoted(e.text))
	case Dotenv:
		return append(out, dotenvSpellings(e.text, old)...)
	case yamlFormat:
		if old.quote == 0 && !old.bare && isYAMLPlain(e.text) {
			out = append(out, e.text)
		}
		if old.quote == '\'' {
			out = append(out, "'"+strings.ReplaceAll(e.text, "'", "''")+"'")
		}
	case tomlFormat:
		if old.quote == '\'' {
			out = append(out, "'"+e.text+"'")
		}
	}
	return append(out, f.quoted(e.text))
}

// dotenvSpellings returns how a text can be written in a dotenv file so that every program that reads one, a
// shell among them, takes it as text. Texts with quotes of both kinds, with line ends or with backslashes have
// no such spelling.
func dotenvSpellings(text string, old *node) []string {
	var out []string
	if dotenvPlain.MatchString(text) && old.quote == 0 {
		out = append(out, text)
	}
	if dotenvDouble.MatchString(text) && old.quote == '"' {
		out = append(out, `"`+text+`"`)
	}
	if dotenvSingle.MatchString(text) {
		out = append(out, "'"+text+"'")
	}
	if dotenvDouble.MatchString(text) {
		out = append(out, `"`+text+`"`)
	}
	return out
}

func isYAMLPlain(s string) bool { return yamlPlain.MatchString(s) && !yamlOtherWord.MatchString(s) }

// key writes a key of JSON or YAML.
func (f Format) key(s string) string {
	if f == yamlFormat && isYAMLPlain(s) {
		return s
	}
	return f.quoted(s)
}

// tomlDotted writes the keys of a path with dots between them.
func tomlDotted(path []segment) string {
	var keys []string
	for _, s := range path {
		if tomlBareKey.MatchString(s.Name) {
			keys = append(keys, s.Name)
		} else {
			keys = append(keys, tomlFormat.quoted(s.Name))
		}
	}
	return strings.Join(keys, ".")
}

// escapes are those that TOML and YAML share.
var escapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

// quoted writes a text inside double quotes, with nothing in it that does not print.
func (f Format) quoted(s string) string {
	if f == jsonFormat {
		return string(hujson.String(s))
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch e := escapes[r]; {
		case e != "":
			b.WriteString(e)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
