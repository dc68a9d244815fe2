// Package host reads the hosts that a provider key may be sent to.
//
// It knows the one form in which hosts are held against each other. It refuses to know keys, and to ask for any address.
package host

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Max is how many hosts a key can be for besides its provider's own.
const Max = 20

var form = regexp.MustCompile(`^([a-z0-9]([a-z0-9._-]{0,250}[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)

// List reads hosts with commas between them, each as Read does; "" is none. The error is a sentence without the full stop.
func List(text string) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		h, ok := Read(part)
		if !ok || len(out) == Max {
			return nil, fmt.Errorf("%.100q is not a host, or one of more than %d; allowed is one such as llm.example.com or llm.example.com:8443, without https:// and without a path", part, Max)
		}
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out, nil
}

// Read writes a host in the form in which hosts are held against each other: lower case, without the full stop at its end, with its
// port unless that is 443. It reports whether it is one.
func Read(text string) (string, bool) {
	h := strings.ToLower(text)
	name, port, found := h, "", false
	if i := strings.LastIndexByte(h, ':'); i >= 0 && !strings.HasSuffix(h, "]") {
		name, port, found = h[:i], h[i+1:], true
	}
	if found {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return "", false
		}
		port = strconv.Itoa(n)
	}
	h = strings.TrimSuffix(name, ".")
	if found && port != "443" {
		h += ":" + port
	}
	if len(h) > 260 || !form.MatchString(h) {
		return "", false
	}
	return h, true
}
