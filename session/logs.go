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
	"github.com/pertask/pertask/session/gemini"
	"github.com/pertask/pertask/session/opencode"
	"github.com/pertask/pertask/session/record"
)

// format is how an agent keeps its logs.
type format struct {
	// list adds files of a home that are not below its folders, and may take folders away. Nil changes nothing.
	list func(root *os.Root, folders []string) (more []string, left []string)
	// folders are where logs are, below the home; log tells a log by its path.
	folders []string
	log     func(name string) bool
	// order is the place of a log among the others: a log that others may have been copied from goes first.
	order func(l *log) string
	read  func(line []byte, n *record.Names, l *record.Line) record.Reason
	fold  func(s *record.State, l *record.Line) (bool, record.Reason)
	// whole reads a log that is no file of lines; nil is for those that are.
	whole func(name string) whole
	// dir is the working directory of a log that does not say it in its lines. Nil knows none.
	dir func(l *log) string
}

// whole reads a log at one go, calls found with what it says until that is false, and returns how many bytes it read.
type whole func(l *log, n *record.Names, found func(record.Line, record.Reason) bool) (int64, error)

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
	gemini.Name: {
		folders: []string{"tmp"},
		log: func(name string) bool {
			ext := path.Ext(name)
			return strings.Contains(name, "/chats/") && (ext == ".jsonl" || ext == ".json" && strings.HasPrefix(path.Base(name), "session-"))
		},
		order: func(l *log) string { return path.Base(l.name) },
		read:  gemini.Read,
		fold:  gemini.Fold,
		whole: func(name string) whole {
			if path.Ext(name) == ".json" {
				return geminiDocument
			}
			return nil
		},
		dir: geminiDir,
	},
	opencode.Name: {
		folders: []string{"storage/message"},
		list:    opencodeFiles,
		log:     func(name string) bool { return path.Ext(name) == ".json" },
		order:   func(l *log) string { return path.Base(l.name) }, // it has the time of the message
		fold:    opencode.Fold,
		whole: func(name string) whole {
			if path.Ext(name) == ".db" {
				return opencodeDatabase
			}
			return opencodeMessage
		},
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
	folders := f.folders
	if f.list != nil {
		var more []string
		more, folders = f.list(root, folders)
		for _, name := range more {
			if l := opened(h, root, name); l != nil {
				logs = append(logs, l)
			}
		}
	}
	for _, folder := range folders {
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
			if l := opened(h, root, name); l != nil {
				logs = append(logs, l)
			}
			return nil
		})
		if e != nil {
			err = fmt.Errorf("listing the logs of %s: %w", h.Harness, e)
		}
	}
	slices.SortFunc(logs, func(a, b *log) int { return cmp.Or(cmp.Compare(f.order(a), f.order(b)), cmp.Compare(a.name, b.name)) })
	return logs, err
}

// opened looks at a file; nil where it is none, or gone.
func opened(h Home, root *os.Root, name string) *log {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	l := &log{home: h, root: root, name: name, size: info.Size(), changed: info.ModTime(), born: born(h.Dir, name, info)}
	l.journaled()
	return l
}

// whole returns how the log is read where it is no file of lines.
func (l *log) whole() whole {
	if f := formats[l.home.Harness]; f.whole != nil {
		return f.whole(l.name)
	}
	return nil
}

// journaled adds what a database has in a journal beside it to what a log is known by.
func (l *log) journaled() {
	if path.Ext(l.name) != ".db" {
		return
	}
	if info, err := l.root.Lstat(l.name + "-wal"); err == nil && info.Mode().IsRegular() {
		l.size += info.Size()
		if info.ModTime().After(l.changed) {
			l.changed = info.ModTime()
		}
	}
}
