package desk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pertask/pertask/session"
)

// answersDir has a file for each month with the names that providers gave to the answers that were metered here, a line each.
const answersDir = "answers"

// maxName is the longest name of an answer that is kept, in bytes.
const maxName = 512

func month(t time.Time) string { return t.UTC().Format("2006-01") + ".txt" }

// Answered keeps the names of answers that were metered, so that the agent's own log does not count them again. It is called before
// their entries are added: a process that is killed in between loses a call's cost rather than counting it twice, and the entries
// are added within seconds. An id begins on a line of its own, also behind one that was torn.
func (d *Desk) Answered(at time.Time, ids ...string) error {
	var b strings.Builder
	for _, id := range ids {
		if id != "" && !strings.ContainsAny(id, "\r\n") && len(id) <= maxName {
			b.WriteString("\n" + id + "\n")
		}
	}
	if b.Len() == 0 {
		return nil
	}
	dir := filepath.Join(d.dir, answersDir)
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = appendTo(filepath.Join(dir, month(at)), b.String())
	}
	if err != nil {
		return fmt.Errorf("keeping which answers were metered: %w", err)
	}
	return nil
}

// appendTo adds whole lines: one write of several processes does not run into another's.
func appendTo(path, lines string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(lines)
	return errors.Join(err, f.Sync(), f.Close())
}

// Answers returns the names of answers that were metered since a time, and removes the files of months before it.
func (d *Desk) Answers(since time.Time) (*session.Answers, error) {
	dir := filepath.Join(d.dir, answersDir)
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading which answers were metered: %w", err)
	}
	all := new(session.Answers)
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		switch {
		case !f.Type().IsRegular() || filepath.Ext(f.Name()) != ".txt":
		case f.Name() < month(since):
			_ = os.Remove(path) // the next scan tries again
		default:
			if err := read(path, all); err != nil {
				return nil, fmt.Errorf("reading which answers were metered: %w", err)
			}
		}
	}
	return all, nil
}

func read(path string, all *session.Answers) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, maxName+2)
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case err == nil:
			if id := strings.TrimSpace(string(line)); id != "" {
				all.Add(id)
			}
		case err == io.EOF:
			return nil // what has no end was torn
		case err != bufio.ErrBufferFull: // else it is too long to be a name, such as what a power cut has left
			return err
		}
	}
}
