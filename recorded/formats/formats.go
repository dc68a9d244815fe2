// Package formats lists the formats of other runners and finds the one that a file or folder is of.
//
// It knows which formats there are and that they are told by content. It refuses to know what any of them looks
// like.
package formats

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/harbor"
	"github.com/pertask/pertask/recorded/inspect"
	"github.com/pertask/pertask/recorded/openhands"
	"github.com/pertask/pertask/recorded/promptfoo"
	"github.com/pertask/pertask/recorded/sweagent"
)

// All lists the formats. Where two could claim a file, the earlier one has it.
func All() []recorded.Format {
	return []recorded.Format{
		harbor.Format(), harbor.TerminalBench(), inspect.Format(), promptfoo.Format(),
		sweagent.Mini(), sweagent.Format(), openhands.Format(),
	}
}

// Names are the formats' names, for messages.
func Names() string {
	var names []string
	for _, f := range All() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// Named returns the format of a name.
func Named(name string) (recorded.Format, error) {
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
	}
	return recorded.Format{}, fmt.Errorf("there is no format %q; there are %s", name, Names())
}

// maxLooks bounds how many files of a folder are looked into.
const maxLooks = 1000

// Find finds the format of a file or folder by content: that of the first file in it, shallow ones first, that is
// of any format. It returns false when there is none.
func Find(src recorded.Source) (recorded.Format, bool, error) {
	files, err := src.Files(candidate)
	if err != nil {
		return recorded.Format{}, false, err
	}
	for _, file := range files[:min(len(files), maxLooks)] {
		head, err := file.Head()
		if err != nil {
			return recorded.Format{}, false, err
		}
		for _, f := range All() {
			if f.Holds(file.Name, head) {
				return f, true, nil
			}
		}
	}
	return recorded.Format{}, false, nil
}

func candidate(name string) bool {
	for _, suffix := range []string{".json", ".jsonl", ".eval", ".traj"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
