package journal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// sealSchema names the version of the form of a seal. Kept journals depend on it.
const sealSchema = "pertask.seal/1"

// ErrSeal is wrapped by errors of Seal.Open about what is no journal with a seal of ours.
var ErrSeal = errors.New("the journal is not sealed with this secret")

// Seal vouches for a journal that lies where others can write, such as a cache. Who does not have the secret can remove
// a sealed journal, or put an earlier state of it in its place, and cannot change a line of it.
type Seal struct {
	Secret []byte // at least 16 bytes
	About  string // what the journal belongs to, such as a pull request: sealed for another one, it does not count
}

// sealed is the form of a seal in the file beside the journal.
type sealed struct {
	Schema string `json:"schema"` // sealSchema
	vouched
	// Disk is what a power cut cannot take back: the journal up to its last trial that was waited for. Seals of earlier
	// versions do not have it.
	Disk *vouched `json:"disk,omitempty"`
}

// vouched is a part of a journal, from its beginning.
type vouched struct {
	Bytes int64  `json:"bytes"`
	MAC   string `json:"mac"`
}

func sealPath(path string) string { return path + ".seal" }

func (s Seal) mac(bytes int64, sum []byte) string {
	m := hmac.New(sha256.New, s.Secret)
	fmt.Fprintf(m, "%s\x00%d:%s\x00%d\x00%x", sealSchema, len(s.About), s.About, bytes, sum)
	return hex.EncodeToString(m.Sum(nil))
}

// Open opens a journal and keeps it sealed, for this process alone. What is there and not a regular file with a seal of
// ours that holds is an error that wraps ErrSeal, and stays as it is. A process that was killed between a line and its
// seal has left at most what one append writes: that is cut off, and more is refused. After a power cut the journal ends
// with the last trial that was appended. An empty file is a new journal.
func (s Seal) Open(path string) (*Sealed, error) {
	if len(s.Secret) < 16 {
		return nil, fmt.Errorf("opening sealed journal: a secret of %d bytes; at least 16 are needed", len(s.Secret))
	}
	f, err := openRegular(path, os.O_RDWR|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return nil, fmt.Errorf("opening sealed journal: %w", err)
	}
	j := &Sealed{File: &File{path: path, f: f}, seal: s, sum: sha256.New()}
	if err := j.take(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening sealed journal %q: %w", path, err), f.Close())
	}
	return j, nil
}

// openRegular opens a file that others may have put there: no link, nothing that blocks, nothing but a regular file.
func openRegular(path string, flag int) (*os.File, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close() // what it opened stays open
	f, err := linefile.Open(root, filepath.Base(path), flag)
	if errors.Is(err, linefile.ErrNotAFile) {
		return nil, fmt.Errorf("%w: %w", ErrSeal, err)
	}
	return f, err
}

// RemoveSealed removes a journal and its seal, whatever they are.
func RemoveSealed(path string) error {
	if err := errors.Join(os.RemoveAll(path), os.RemoveAll(sealPath(path))); err != nil {
		return fmt.Errorf("removing sealed journal: %w", err)
	}
	return nil
}

// Sealed is a journal in a file, with a seal beside it that holds for everything which was appended.
type Sealed struct {
	*File
	seal Seal

	mu    sync.Mutex
	sum   hash.Hash // of what is sealed
	bytes int64     // that many
	disk  *vouched  // what of it is on the disk, with its seal
}

// take locks the file and holds it against its seal: before the lock another process may be at both of them.
func (j *Sealed) take() error {
	if err := linefile.TryLock(j.f); err != nil {
		return fmt.Errorf("another process appends to it: %w", err)
	}
	size := j.File.whole()
	if size == 0 {
		return os.RemoveAll(sealPath(j.path)) // of another journal that has gone
	}
	have, err := readSeal(j.path)
	if err != nil {
		return err
	}
	holds, err := j.holds(have.vouched, size)
	if err != nil {
		return err
	}
	if holds {
		err = oneAppend(io.NewSectionReader(j.f, j.bytes, size-j.bytes))
	} else {
		err = j.goBack(have.Disk, size)
	}
	if err != nil {
		return err
	}
	j.disk = have.Disk
	if size == j.bytes {
		return nil
	}
	return j.f.Truncate(j.bytes)
}

// holds takes the part of a journal of the given size that is vouched for, and reports whether it is as it was.
func (j *Sealed) holds(v vouched, size int64) (bool, error) {
	j.sum = sha256.New()
	var err error
	if j.bytes, err = io.CopyN(j.sum, io.NewSectionReader(j.f, 0, size), v.Bytes); err != nil && err != io.EOF {
		return false, err
	}
	return j.bytes == v.Bytes && hmac.Equal([]byte(j.state().MAC), []byte(v.MAC)), nil
}

// goBack takes what was on the disk: what came later a power cut may have taken back, from the journal or from its seal.
func (j *Sealed) goBack(disk *vouched, size int64) error {
	if disk == nil || disk.Bytes < 0 {
		return ErrSeal
	}
	holds, err := j.holds(*disk, size)
	if err == nil && !holds {
		err = ErrSeal
	}
	return err
}

// state vouches for what was summed up.
func (j *Sealed) state() vouched {
	return vouched{j.bytes, j.seal.mac(j.bytes, j.sum.Sum(nil))}
}

// oneAppend reports whether what follows the sealed part of a journal can be what one append had written when its
// process was killed: at most the mark that it opened the journal and a record, or their beginning.
func oneAppend(tail io.Reader) error {
	in := linefile.NewReader(tail, maxLine)
	for range 2 {
		line, ended, err := in.Next()
		if err != nil {
			return fmt.Errorf("%w: after what is sealed comes %w", ErrSeal, err)
		}
		if len(line) == 0 && !ended {
			return nil
		}
	}
	if line, ended, err := in.Next(); err != nil || ended || len(line) > 0 {
		return fmt.Errorf("%w: more follows than a killed process can have left", ErrSeal)
	}
	return nil
}

// sealLimit bounds a seal in bytes.
const sealLimit = 4 << 10

func readSeal(path string) (sealed, error) {
	var have sealed
	f, err := openRegular(sealPath(path), os.O_RDONLY)
	switch {
	case errors.Is(err, ErrSeal):
		return have, err
	case err != nil:
		return have, fmt.Errorf("%w: %w", ErrSeal, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, sealLimit))
	if err != nil {
		return have, err
	}
	if err := json.Unmarshal(data, &have); err != nil || have.Schema != sealSchema || have.Bytes < 0 {
		return have, fmt.Errorf("%w: what lies beside it is no seal", ErrSeal)
	}
	return have, nil
}

// AppendCall implements trial.Journal. A call is sealed, too: what it cost is spent, whatever becomes of its trial.
func (j *Sealed) AppendCall(c usage.Call) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.File.AppendCall(c); err != nil {
		return err
	}
	return j.reseal()
}

// AppendTrial implements trial.Journal.
func (j *Sealed) AppendTrial(t trial.Trial) error {
	n, state, err := j.appendSealed(t)
	if err != nil {
		return err
	}
	if err := j.sync(n); err != nil { // outside of the lock: trials that end together share one wait for the disk
		return err
	}
	return j.settle(state)
}

func (j *Sealed) appendSealed(t trial.Trial) (int64, vouched, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n, err := j.appendTrial(t)
	if err != nil {
		return 0, vouched{}, err
	}
	err = j.reseal()
	return n, j.state(), err
}

// settle has the seal say that a part of the journal is on the disk, and returns when that is on it too.
func (j *Sealed) settle(state vouched) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.disk != nil && j.disk.Bytes >= state.Bytes {
		return nil // as another trial said that ended with it
	}
	before := j.disk
	j.disk = &state
	err := j.write()
	if err == nil {
		err = linefile.SyncFolder(filepath.Dir(j.path))
	}
	if err != nil {
		j.disk = before
		return fmt.Errorf("sealing journal %q: %w", j.path, err)
	}
	return nil
}

// Close closes the file. Everything in it is sealed.
func (j *Sealed) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.File.Close()
}

// reseal seals what was written since the last time. The caller holds the lock: one append at a time is not sealed.
func (j *Sealed) reseal() error {
	size := j.File.whole()
	if size == j.bytes {
		return nil
	}
	n, err := io.Copy(j.sum, io.NewSectionReader(j.File.f, j.bytes, size-j.bytes))
	j.bytes += n
	if err == nil && j.bytes != size {
		err = errors.New("it became shorter")
	}
	if err == nil {
		err = j.write()
	}
	if err != nil {
		return fmt.Errorf("sealing journal %q: %w", j.path, err)
	}
	return nil
}

func (j *Sealed) write() error {
	data, err := json.Marshal(sealed{sealSchema, j.state(), j.disk})
	if err != nil {
		return err
	}
	// In one step, so that a process that is killed leaves a seal that holds; and into a file that is made anew, since
	// what lies there may be a link. It is on the disk before it has the name, or a power cut could leave an empty one.
	next := sealPath(j.path) + ".next"
	if err := os.RemoveAll(next); err != nil {
		return err
	}
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(next, sealPath(j.path))
}

// whole is the size of the file between two writes.
func (j *File) whole() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	info, err := j.f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}
