package suite

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pertask/pertask/internal/strict"
)

var (
	placeholder = regexp.MustCompile(`\{\{([^{}]*)\}\}`)
	varName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,59}$`)
)

// prompt reads a prompt and fills in its variables, once: a value that looks like a placeholder stays as it is.
// A placeholder without a value and a value without a placeholder are errors.
func (l *loader) prompt(at, vars strict.Value) (string, map[string]string) {
	text := at.Text()
	if strings.Contains(text, "\x00") {
		at.Fail(at.Name()+" has a NUL character", "text without it")
	}
	values := map[string]string{}
	used := map[string]bool{}
	entries := vars.Entries()
	for _, e := range entries {
		if !varName.MatchString(e.Key) {
			e.KeyAt.Fail(fmt.Sprintf("%q is not the name of a variable", strict.Clip(e.Key)), "letters, digits and '_', not starting with a digit, at most 60")
			continue
		}
		s, _ := e.Value.Written("text or a number")
		values[e.Key] = s
	}
	size := len(text)
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		name := strings.TrimSpace(m[1])
		value, known := values[name]
		if !known {
			at.Fail(fmt.Sprintf("the prompt has %s and vars has no %q", strict.Clip(m[0]), strict.Clip(name)),
				"add it to vars; for a literal {{, give a variable that value")
			continue
		}
		used[name] = true
		size += len(value)
	}
	for _, e := range entries {
		if _, known := values[e.Key]; known && !used[e.Key] {
			e.KeyAt.Fail(fmt.Sprintf("the prompt does not use %q", e.Key), "write {{"+e.Key+"}} in the prompt, or remove it")
		}
	}
	if size > maxPrompt {
		at.Fail("the prompt is longer than 1 MiB with its variables filled in", "a shorter one, or a file in the workspace")
		return "", nil
	}
	if len(values) == 0 {
		return text, nil
	}
	return placeholder.ReplaceAllStringFunc(text, func(s string) string {
		return values[strings.TrimSpace(s[2:len(s)-2])]
	}), values
}
