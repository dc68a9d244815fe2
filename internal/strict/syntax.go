package strict

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
)

var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?:(?:scanner|parser) error.*: )?(.*)$`)

// syntax turns an error of the YAML library into one with a place. The library names a line that is often the
// start of the block around the mistake, and no column. The place here is the line after the longest beginning
// of the file that can be read on its own: the line of a stray character, or the one that opens a quote or a
// bracket that nothing closes.
func (d *Doc) syntax(data []byte, err error) error {
	m := yamlError.FindStringSubmatch(firstLine(err.Error()))
	if m == nil {
		m = []string{"", "", firstLine(err.Error())}
	}
	line, ok := brokenLine(data)
	if !ok {
		line, _ = strconv.Atoi(m[1])
		line = max(line, 1)
	}
	problem, allowed := m[2], "valid YAML"
	if at := indent(data, line); strings.Contains(at, "\t") {
		problem, allowed = "a tab in the indentation", "spaces only"
	}
	return d.fatal(line, len(indent(data, line))+1, "not YAML: "+problem, allowed)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// counter hands out one byte at a time and counts, so that what the parser has looked at is known.
type counter struct {
	data []byte
	at   int
}

func (c *counter) Read(p []byte) (int, error) {
	if c.at == len(c.data) {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	p[0] = c.data[c.at]
	c.at++
	return 1, nil
}

// brokenLine returns the 1-based line where reading goes wrong. It gives up on files where looking for it
// would take long.
func brokenLine(data []byte) (line int, ok bool) {
	const mostWork = 2 << 20 // bytes parsed
	c := &counter{data: data}
	if _, _, err := documents(c); err == nil {
		return 0, false
	}
	seen := data[:c.at]
	for work := 0; work < mostWork; {
		end := bytes.LastIndexByte(bytes.TrimSuffix(seen, []byte("\n")), '\n') + 1
		seen = seen[:end]
		if _, _, err := documents(bytes.NewReader(seen)); err == nil {
			return 1 + bytes.Count(seen, []byte("\n")), true
		}
		work += len(seen) + 1000
	}
	return 0, false
}

// indent returns the white space that a line starts with.
func indent(data []byte, line int) string {
	for range line - 1 {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	data, _, _ = bytes.Cut(data, []byte("\n"))
	return string(data[:len(data)-len(bytes.TrimLeft(data, " \t"))])
}
