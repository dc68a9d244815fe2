package session

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/session/gemini"
	"github.com/pertask/pertask/session/opencode"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/sqlite"
)

// maxDocument bounds a log that is read at one go.
const maxDocument = 64 << 20

// text reads a whole file of a home.
func text(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := linefile.Open(root, name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = errTooLong
	}
	return b, err
}

var errTooLong = errors.New("it is too long")

// document reads a file and hands its text on.
func document(l *log, found func(record.Line, record.Reason) bool, read func(text []byte)) (int64, error) {
	b, err := text(l.root, l.name, maxDocument)
	if errors.Is(err, errTooLong) {
		found(record.Line{}, record.TooLong)
		return 0, nil
	}
	if err == nil {
		read(b)
	}
	return int64(len(b)), err
}

func geminiDocument(l *log, n *record.Names, found func(record.Line, record.Reason) bool) (int64, error) {
	return document(l, found, func(b []byte) {
		if why := gemini.Document(b, n, func(line record.Line, why record.Reason) { found(line, why) }); why != record.None {
			found(record.Line{}, why)
		}
	})
}

// maxSmall bounds files that say what others are of.
const maxSmall = 1 << 20

// geminiDir is the folder of a project of Gemini CLI: tmp/PROJECT has a file that names it, and projects.json has them all.
// Older versions called the project by the SHA-256 of its folder.
func geminiDir(l *log) string {
	parts := strings.Split(l.name, "/")
	if len(parts) < 3 {
		return ""
	}
	project := parts[1]
	if b, err := text(l.root, path.Join("tmp", project, ".project_root"), maxSmall); err == nil && len(b) > 0 {
		return strings.TrimSpace(string(b))
	}
	b, err := text(l.root, "projects.json", maxSmall)
	if err != nil {
		return ""
	}
	var known struct{ Projects map[string]string }
	if json.Unmarshal(b, &known) != nil {
		return ""
	}
	for dir, name := range known.Projects {
		sum := sha256.Sum256([]byte(dir))
		if name == project || hex.EncodeToString(sum[:]) == project {
			return dir
		}
	}
	return ""
}

func opencodeMessage(l *log, n *record.Names, found func(record.Line, record.Reason) bool) (int64, error) {
	return document(l, found, func(b []byte) {
		var line record.Line
		why := opencode.Read(b, path.Base(path.Dir(l.name)), n, &line)
		found(line, why)
	})
}

// opencodeFiles finds the databases of opencode: one, or one for each channel of its releases. Where there is one, the
// messages that an older version wrote into files of their own are in it.
func opencodeFiles(root *os.Root, folders []string) (more, left []string) {
	more, err := fs.Glob(root.FS(), "opencode*.db")
	if err != nil || len(more) == 0 {
		return nil, folders
	}
	return more, nil
}

// errChanged is of a database that its agent wrote to while it was read.
var errChanged = errors.New("it was written to meanwhile; the next scan reads it again")

// opencodeDatabase reads the table of messages. The database is open in its agent: where that wrote to more than the end
// of the journal, what was read may be of two moments, and is read again by the next scan.
func opencodeDatabase(l *log, n *record.Names, found func(record.Line, record.Reason) bool) (size int64, err error) {
	db, err := linefile.Open(l.root, l.name, os.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var journal io.ReaderAt
	if f, err := linefile.Open(l.root, l.name+"-wal", os.O_RDONLY); err == nil {
		defer f.Close()
		journal = f
	}
	before := stampOf(db, journal)
	base, err := sqlite.Open(db, journal)
	if err != nil {
		return 0, err
	}
	for row, e := range base.Rows("message", "session_id", "data") {
		if e != nil {
			if err = e; errors.Is(e, sqlite.ErrNoTable) {
				err = nil // of before the first session
			}
			break
		}
		var line record.Line
		why := record.TooLong
		if row != nil {
			session, _ := row[0].(string)
			data, _ := row[1].(string)
			size += int64(len(data))
			why = opencode.Read([]byte(data), n.Of([]byte(session)), n, &line)
		}
		if !found(line, why) {
			return size, nil
		}
	}
	if stampOf(db, journal) != before {
		return size, errors.Join(errChanged, err)
	}
	if err != nil {
		err = fmt.Errorf("reading the database of opencode: %w", err)
	}
	return size, err
}

// stamp is what changes where more is written to a database than to the end of its journal.
type stamp struct {
	changed int64
	head    [32]byte
}

func stampOf(db *os.File, journal io.ReaderAt) (s stamp) {
	if info, err := db.Stat(); err == nil {
		s.changed = info.ModTime().UnixNano()
	}
	if journal != nil {
		if _, err := journal.ReadAt(s.head[:], 0); err != nil {
			s.head = [32]byte{}
		}
	}
	return s
}
