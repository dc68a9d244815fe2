package document

import (
	"bytes"
	"slices"
)

// skipTrivia returns the offset after white space and comments.
func skipTrivia(src []byte, off int, f Format) int {
	for off < len(src) {
		switch c := src[off]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			off++
		case c == '#' && f != jsonFormat:
			n := bytes.IndexByte(src[off:], '\n')
			if n < 0 {
				return len(src)
			}
			off += n
		case c == '/' && f == jsonFormat && skipJSONComment(src, off) > off:
			off = skipJSONComment(src, off)
		default:
			return off
		}
	}
	return off
}

// skipJSONComment returns the offset after the comment at i, or i when there is none.
func skipJSONComment(src []byte, i int) int {
	for _, c := range [...]struct{ begin, end string }{{"//", "\n"}, {"/*", "*/"}} {
		if bytes.HasPrefix(src[i:], []byte(c.begin)) {
			n := bytes.Index(src[i+2:], []byte(c.end))
			if n < 0 {
				return len(src)
			}
			return i + 2 + n + len(c.end)
		}
	}
	return i
}

// lineEnd returns the offset after the line that off is in, with its line feed.
func lineEnd(src []byte, off int) int {
	if off >= len(src) {
		return len(src)
	}
	if n := bytes.IndexByte(src[off:], '\n'); n >= 0 {
		return off + n + 1
	}
	return len(src)
}

// splice returns the text with a part of it replaced.
func splice(src []byte, from, to int, text string) []byte {
	return slices.Concat(src[:from], []byte(text), src[to:])
}

// cut removes a part of a text, and the line it stood on when nothing is left there, or else the spaces after it.
func cut(src []byte, from, to int) []byte {
	start := bytes.LastIndexByte(src[:from], '\n') + 1
	stop := lineEnd(src, to)
	if start > 0 && len(bytes.TrimSpace(src[start:from])) == 0 && len(bytes.TrimSpace(src[to:stop])) == 0 {
		return splice(src, start, stop, "")
	}
	for to < len(src) && src[to] == ' ' {
		to++
	}
	return splice(src, from, to, "")
}
