package gitdir

import (
	"strconv"
	"strings"
)

// remote returns the address of the remote of a branch: the one that the branch is configured to follow, else "origin",
// else the only one.
func remote(config, branch string) string {
	urls, follows := map[string]string{}, ""
	var names []string
	section, sub := "", ""
	for line := range strings.Lines(config) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
			continue
		case line[0] == '[':
			section, sub = header(line)
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), unquote(strings.TrimSpace(value))
		switch {
		case section == "remote" && key == "url" && urls[sub] == "" && value != "":
			urls[sub] = value
			names = append(names, sub)
		case section == "branch" && sub == branch && key == "remote":
			follows = value
		}
	}
	if url := urls[follows]; url != "" {
		return url
	}
	if url := urls["origin"]; url != "" || len(names) != 1 {
		return url
	}
	return urls[names[0]]
}

// header reads "[section]" and `[section "sub"]`.
func header(line string) (section, sub string) {
	line, _, _ = strings.Cut(line[1:], "]")
	section, sub, _ = strings.Cut(line, " ")
	return strings.ToLower(section), unquote(strings.TrimSpace(sub))
}

func unquote(s string) string {
	if len(s) > 1 && s[0] == '"' {
		if out, err := strconv.Unquote(s); err == nil {
			return out
		}
	}
	return s
}
