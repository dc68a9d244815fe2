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
	"sync"

	"github.com/pertask/pertask/trial"
)

// sealSchema names the version of the form of a seal. Kept journals depend on it.
const sealSchema = "pertask.seal/1"

// ErrSeal is wrapped by errors of Seal.Open about a journal whose seal is missing or not ours.
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
	Bytes  int64  `json:"bytes"`  // of the journal, from its beginning
	MAC    string `json:"mac"`
}

func sealPath(path string) string { return path + ".seal" }

func (s Seal) mac(bytes int64, sum []byte) string {
	m := hmac.New(sha256.New, s.Secret)
	fmt.Fprintf(m, "%s\x00%d:%s\x00%d\x00%x", sealSchema, len(s.About), s.About, bytes, sum)
	return hex.EncodeToString(m.Sum(nil))
}

// Open opens a journal and keeps it sealed. A journal that is there and not sealed is an error that wraps ErrSeal; what
// was appended to a sealed one since its last seal is cut off.
func (s Seal) Open(path string) (*Sealed, error) {
	if len(s.Secret) < 16 {
		return nil, fmt.Errorf("opening sealed journal: a secret of %d bytes; at least 16 are needed", len(s.Secret))
	}
	j := &Sealed{seal: s, sum: sha256.New()}
	if err := j.check(path); err != nil {
		return nil, fmt.Errorf("opening sealed journal %q: %w", path, err)
	}
	var err error
	j.File, err = Open(path)
	return j, err
}

// Sealed is a journal in a file, with a seal beside it that holds for every trial which was appended.
type Sealed struct {
	*File
	seal Seal

	mu    sync.Mutex
	sum   hash.Hash // of what is sealed
	bytes int64     // that many
}

// check holds the file against its seal.
func (j *Sealed) check(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := os.ReadFile(sealPath(path))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSeal, err)
	}
	var have sealed
	if err := json.Unmarshal(data, &have); err != nil || have.Schema != sealSchema || have.Bytes < 0 {
		return fmt.Errorf("%w: what lies beside it is no seal", ErrSeal)
	}
	if j.bytes, err = io.CopyN(j.sum, f, have.Bytes); err != nil && err != io.EOF {
		return err
	}
	if want := j.seal.mac(j.bytes, j.sum.Sum(nil)); j.bytes != have.Bytes || !hmac.Equal([]byte(want), []byte(have.MAC)) {
		return ErrSeal
	}
	return f.Truncate(have.Bytes)
}

// AppendTrial implements trial.Journal.
func (j *Sealed) AppendTrial(t trial.Trial) error {
	if err := j.File.AppendTrial(t); err != nil {
		return err
	}
	return j.reseal()
}

// Close seals what there is and closes the file.
func (j *Sealed) Close() error { return errors.Join(j.reseal(), j.File.Close()) }

// reseal seals what was written since the last time.
func (j *Sealed) reseal() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	size := j.File.whole()
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
	data, err := json.Marshal(sealed{sealSchema, j.bytes, j.seal.mac(j.bytes, j.sum.Sum(nil))})
	if err != nil {
		return err
	}
	// In one step, so that a process that is killed leaves a seal that holds.
	next := sealPath(j.path) + ".next"
	if err := os.WriteFile(next, data, 0o600); err != nil {
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
