package session

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/session/claudecode"
	"github.com/pertask/pertask/session/codex"
	"github.com/pertask/pertask/session/record"
)

// format is how an agent keeps its logs.
type format struct {
	// folders are where logs are, below the home; log tells a log by its path.
	folders []string
	log     func(name string) bool
	// order is the place of a log among the others: a log that others may have been copied from goes first.
	order func(l *log) string
	read  func(line []byte, n *record.Names, l *record.Line) record.Reason
	fold  func(s *record.State, l *record.Line) (bool, record.Reason)
}

// formats are the logs of lines, by harness.
var formats = map[string]format{
	claudecode.Name: {
		folders: []string{"projects"},
		log:     func(name string) bool { return strings.HasSuffix(name, ".jsonl") },
		order:   func(l *log) string { return fmt.Sprintf("%020d", l.born.UnixNano()) },
		read:    claudecode.Read,
		fold: func(s *record.State, l *record.Line) (bool, record.Reason) {
			return l.Kind == record.Single, record.None
		},
	},
	codex.Name: {
		folders: []string{"sessions", "archived_sessions"},
		log: func(name string) bool {
			return strings.HasPrefix(path.Base(name), "rollout-") && strings.HasSuffix(name, ".jsonl")
		},
		order: func(l *log) string { return path.Base(l.name) }, // it begins with the time of the session's start
		read:  codex.Read,
		fold:  codex.Fold,
	},
}

// log is a file that may have something to read.
type log struct {
	home    Home
	root    *os.Root
	name    string // below the home
	size    int64
	changed time.Time
	born    time.Time // zero where the file system does not say
}

// maxDeep bounds how deep logs lie below the home.
const maxDeep = 12

// find lists the logs of a home in the order in which they are read. It follows no link.
func (f format) find(h Home, root *os.Root) (logs []*log, err error) {
	for _, folder := range f.folders {
		if info, e := root.Lstat(folder); e != nil || !info.IsDir() {
			continue
		}
		e := fs.WalkDir(root.FS(), folder, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // a folder that went away, or that is not ours to read
			case d.IsDir() && strings.Count(name, "/") >= maxDeep:
				return fs.SkipDir
			case !d.Type().IsRegular() || !f.log(name):
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return nil
			}
			logs = append(logs, &log{home: h, root: root, name: name, size: info.Size(), changed: info.ModTime(), born: born(h.Dir, name, info)})
			return nil
		})
		if e != nil {
			err = fmt.Errorf("listing the logs of %s: %w", h.Harness, e)
		}
	}
	slices.SortFunc(logs, func(a, b *log) int { return cmp.Or(cmp.Compare(f.order(a), f.order(b)), cmp.Compare(a.name, b.name)) })
	return logs, err
}
