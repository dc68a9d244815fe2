package errand

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// The most of an artifact, in bytes, as it is sent and of all that is read from it. A trial with some hundred calls takes some
// hundred thousand bytes.
const (
	MaxArchive = 64 << 20
	maxTrials  = 256 << 20
	maxFiles   = 100
)

// Bundle is what an errand has brought: its answer and the trials, none of which was held against anything but the request.
type Bundle struct {
	Answer
	Trials trial.Evidence
}

// Open reads the archive of an artifact that answers a request. Files that have nothing to say are not looked at.
func Open(data []byte, to Request) (Bundle, error) {
	b, err := open(data, to)
	if err != nil {
		return Bundle{}, fmt.Errorf("reading the artifact: %w", err)
	}
	return b, nil
}

func open(data []byte, to Request) (b Bundle, err error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return b, err
	}
	if len(z.File) > maxFiles {
		return b, fmt.Errorf("it has %d files; at most %d are allowed", len(z.File), maxFiles)
	}
	text, err := file(z, File, maxAnswer)
	if err != nil {
		return b, err
	}
	if b.Answer, err = parseAnswer(text, to); err != nil || b.Journal == "" {
		return b, err
	}
	if text, err = file(z, b.Journal, maxTrials); err != nil {
		return b, err
	}
	b.Trials, err = journal.Read(bytes.NewReader(text), b.Journal)
	return b, err
}

// file reads the one file of a name, of at most so many bytes, whatever the archive says of its size.
func file(z *zip.Reader, name string, most int64) ([]byte, error) {
	var found *zip.File
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("it has %s twice", name)
		}
		found = f
	}
	if found == nil {
		return nil, fmt.Errorf("it has no file %s", name)
	}
	if !found.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", name)
	}
	r, err := found.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case errors.Is(err, zip.ErrChecksum), err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s is larger than %d bytes", name, most)
	}
	return text, nil
}
