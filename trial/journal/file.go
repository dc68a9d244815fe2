package journal

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"sync"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// File is a journal in a file of JSON lines: {"call":{...}} or {"trial":{...}}, and {"opened":{...}} where a
// process began to append. It may be kept, concatenated with others and read by any later version.
//
// A trial is on the disk when AppendTrial returns. A process that is killed leaves at most the beginning of a
// line at the end, which counts for nothing and is cut off before the next line is written. One process at a
// time may append; any number may load. After a write that failed, such as on a full disk, every other one fails, too:
// calls are admitted only when that is recorded, so nothing more is spent.
type File struct {
	path string

	mu      sync.Mutex
	f       *os.File
	subject Subject // what the journal was claimed for
	writing bool    // the file is locked, its end is whole and it is marked as opened
	broken  error   // a write failed: what is at the end of the file, or on the disk, is not known
	written int64   // number of writes
	// calls are the last records of calls whose trials are not recorded yet, by trial and id.
	calls map[string]map[string]usage.Call

	syncing sync.Mutex
	synced  int64 // number of writes that are on the disk
}

// Open opens a journal, or makes one that only the user may read. It writes nothing before the first
// append, so that a journal can be opened for reading alone.
func Open(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening journal: %w", err)
	}
	return &File{path: path, f: f}, nil
}

// Path returns the path that the journal was opened by.
func (j *File) Path() string { return j.path }

// Close closes the file. Nothing can be appended or loaded after it.
func (j *File) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.f.Close()
}

// AppendCall implements trial.Journal. The call outlives this process when AppendCall returns, and a power cut when
// its trial is appended. What was said of a call already is not written again, until its trial is appended.
func (j *File) AppendCall(c usage.Call) error {
	r, err := callRecord(c)
	if err != nil {
		return err
	}
	if j.said(*r.Call) {
		return nil
	}
	if _, err = j.append(r); err == nil {
		j.note(*r.Call)
	}
	return err
}

// said reports whether the last record of a call is the same, and nothing has failed since.
func (j *File) said(c usage.Call) bool {
	j.mu.Lock()
	last, ok := j.calls[c.Trial][c.ID]
	ok = ok && j.broken == nil
	j.mu.Unlock()
	return ok && reflect.DeepEqual(last, c)
}

func (j *File) note(c usage.Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.calls == nil {
		j.calls = map[string]map[string]usage.Call{}
	}
	if j.calls[c.Trial] == nil {
		j.calls[c.Trial] = map[string]usage.Call{}
	}
	j.calls[c.Trial][c.ID] = c
}

// AppendTrial implements trial.Journal.
func (j *File) AppendTrial(t trial.Trial) error {
	n, err := j.appendTrial(t)
	if err != nil {
		return err
	}
	return j.sync(n)
}

// appendTrial writes a trial without waiting for the disk, and returns the number of the write.
func (j *File) appendTrial(t trial.Trial) (int64, error) {
	r, err := trialRecord(t)
	if err != nil {
		return 0, err
	}
	n, err := j.append(r)
	if err != nil {
		return 0, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.calls, r.Trial.ID)
	return n, nil
}

// append writes one line and returns its number.
func (j *File) append(r record) (int64, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("appending to journal %q: %w", j.path, err)
	}
	if len(line) > maxLine {
		return 0, fmt.Errorf("appending to journal %q: a line of %d bytes; at most %d are read back", j.path, len(line), maxLine)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.begin(); err != nil {
		return 0, fmt.Errorf("appending to journal %q: %w", j.path, err)
	}
	if err := j.write(line); err != nil {
		return 0, fmt.Errorf("appending to journal %q: %w", j.path, err)
	}
	return j.written, nil
}

func (j *File) write(line []byte) error {
	if j.broken != nil {
		return j.broken
	}
	if _, err := j.f.Write(append(line, '\n')); err != nil {
		j.broken = err
		return err
	}
	j.written++
	return nil
}

// begin prepares the file for the first line of this process.
func (j *File) begin() error {
	if j.writing {
		return nil
	}
	if err := linefile.TryLock(j.f); err != nil {
		return fmt.Errorf("another process appends to it: %w", err)
	}
	if err := j.mend(); err != nil {
		return err
	}
	// The file's name outlives a power cut, too, and not only what is in the file.
	if err := linefile.SyncFolder(filepath.Dir(j.path)); err != nil {
		return fmt.Errorf("syncing its folder: %w", err)
	}
	line, err := json.Marshal(record{Opened: &opened{schema, j.subject.Key, j.subject.Facts}})
	if err != nil {
		return err
	}
	if err := j.write(line); err != nil {
		return err
	}
	j.writing = true
	return nil
}

// mend cuts off a torn last line, or ends a whole one.
func (j *File) mend() error {
	l, err := j.read(func(record) {})
	if err != nil {
		return err
	}
	if l.torn {
		return j.f.Truncate(l.whole)
	}
	if l.unended {
		_, err = j.f.Write([]byte("\n"))
	}
	return err
}

// sync returns when the write of the given number is on the disk. Trials that end together share one wait for
// the disk.
func (j *File) sync(n int64) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.synced >= n {
		return nil
	}
	j.mu.Lock()
	upTo, err := j.written, j.broken
	j.mu.Unlock()
	if err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		// The kernel may have dropped what it could not write, and would call the next sync a success.
		j.mu.Lock()
		j.broken = err
		j.mu.Unlock()
		return fmt.Errorf("syncing journal %q: %w", j.path, err)
	}
	j.synced = upTo
	return nil
}

// Load implements trial.Journal. A line that is not a record of a known version is an error with its place: a journal
// that was changed by hand, or damaged, is no evidence.
func (j *File) Load() (trial.Evidence, error) {
	var f folder
	if _, err := j.read(f.add); err != nil {
		return trial.Evidence{}, err
	}
	return f.evidence(), nil
}

func (j *File) read(add func(record)) (layout, error) {
	info, err := j.f.Stat()
	if err != nil {
		return layout{}, fmt.Errorf("reading journal %q: %w", j.path, err)
	}
	// The size is taken once: what is appended meanwhile is not read in halves.
	return readAll(io.NewSectionReader(j.f, 0, info.Size()), j.path, add)
}
