package session

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/session/tally"
)

// magic begins a state file. Behind it: the length of the next part in eight bytes, JSON under gzip, the keys of calls as
// tally.Set writes them, and the SHA-256 of all before. The number is raised when the meaning of any of it changes: a state
// of another version is one that is lost.
const magic = "pertask.session/1\n"

// maxState bounds what is read of a state file, and maxText what its JSON may be.
const (
	maxState = 1 << 30
	maxText  = 1 << 30
)

// state is what is kept between scans. It stays on this machine: it may have the name and the folder of the session that a
// log is of, and nothing of what was said in it.
type state struct {
	// Files are the logs that were read, by the key of their harness, home and name.
	Files map[uint64]*read `json:"files,omitempty"`
	// Dirs are the repositories of folders, by the key of their names.
	Dirs map[uint64]string `json:"dirs,omitempty"`
	// Sums are the entries so far.
	Sums tally.Sums `json:"sums"`

	calls tally.Set
}

// read is how far a log was read.
type read struct {
	Name    uint64 `json:"name"` // key of its last element: a log that was moved keeps it
	Offset  int64  `json:"offset"`
	Size    int64  `json:"size"`
	Changed int64  `json:"changed"` // in nanoseconds since 1970
	// Head and Tail are keys of the first bytes of the file, and of the last ones before Offset.
	Head     uint64 `json:"head,omitempty"`
	HeadSize int64  `json:"head_size,omitempty"`
	Tail     uint64 `json:"tail,omitempty"`
	TailSize int64  `json:"tail_size,omitempty"`

	State  record.State `json:"state,omitzero"`
	Window tally.Window `json:"window,omitzero"`

	there  bool  // this scan has met the file
	failed error // of this scan
}

// errState is wrapped by errors about a state that cannot be used.
var errState = errors.New("it is damaged, or of another version")

// loadState reads a state. One that is not there is no error.
func loadState(name string) (s *state, err error) {
	s = &state{}
	if name == "" {
		return s, nil
	}
	defer func() {
		if err != nil {
			s, err = &state{}, fmt.Errorf("reading the state %q: %w", name, err)
		}
	}()
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		return s, err
	}
	defer root.Close()
	f, err := linefile.Open(root, filepath.Base(name), os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxState))
	if err != nil {
		return s, err
	}
	return s, s.unmarshal(b)
}

func (s *state) unmarshal(b []byte) error {
	body, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok || len(body) < 8+sha256.Size {
		return errState
	}
	sum := sha256.Sum256(b[:len(b)-sha256.Size])
	if !bytes.Equal(sum[:], b[len(b)-sha256.Size:]) {
		return errState
	}
	n := binary.LittleEndian.Uint64(body)
	body = body[8 : len(body)-sha256.Size]
	if n > uint64(len(body)) {
		return errState
	}
	z, err := gzip.NewReader(bytes.NewReader(body[:n]))
	if err != nil {
		return errState
	}
	text, err := io.ReadAll(io.LimitReader(z, maxText))
	if err != nil || json.Unmarshal(text, s) != nil || s.calls.UnmarshalBinary(body[n:]) != nil {
		return errState
	}
	for _, r := range s.Files {
		if r == nil || r.Offset < 0 {
			return errState
		}
	}
	return nil
}

func (s *state) marshal() ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	b := append([]byte(magic), 0, 0, 0, 0, 0, 0, 0, 0)
	binary.LittleEndian.PutUint64(b[len(magic):], uint64(packed.Len()))
	b = append(b, packed.Bytes()...)
	if b, err = s.calls.AppendBinary(b); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...), nil
}

// save writes the state in the place of the one before, all or nothing, for the user alone.
func (s *state) save(name string) (err error) {
	if name == "" {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing the state %q: %w", name, err)
		}
	}()
	b, err := s.marshal()
	if err != nil {
		return err
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone where it was renamed
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename outlive a power cut, where folders can be synced.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	_ = d.Sync() // not every system has it
	return nil
}
