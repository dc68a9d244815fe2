package spending

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
)

// pullsSchema names the form in which pull requests are kept. What is kept beside the ledger is read again from GitHub when the form
// is another one; files of --write-pulls depend on it.
const pullsSchema = "pertask.pulls/1"

// maxPulls bounds a file of pull requests in bytes: 50,000 pull requests with 50 commits each are below it.
const maxPulls = 256 << 20

// pullsFile is what was read of some repositories.
type pullsFile struct {
	Schema       string             `json:"schema"`
	Repositories []storedRepository `json:"repositories"`
}

type storedRepository struct {
	Name          string       `json:"name"`
	Former        []string     `json:"former,omitempty"`
	DefaultBranch string       `json:"default_branch"`
	Read          time.Time    `json:"read"`           // when
	Since         time.Time    `json:"since,omitzero"` // pull requests that ended before are not there
	Authors       bool         `json:"authors"`        // whether they were asked for
	Pulls         []storedPull `json:"pulls"`
}

// storedPull has the fields of attribute.Pull, so that one converts to the other.
type storedPull struct {
	Number         int       `json:"number"`
	State          string    `json:"state"`
	Title          string    `json:"title"`
	HeadRef        string    `json:"head_ref"`
	HeadRepository string    `json:"head_repository,omitempty"`
	BaseRef        string    `json:"base_ref"`
	Created        time.Time `json:"created"`
	Closed         time.Time `json:"closed,omitzero"`
	Merged         time.Time `json:"merged,omitzero"`
	Merge          string    `json:"merge,omitempty"`
	Head           string    `json:"head,omitempty"`
	Commits        []string  `json:"commits,omitempty"`
	Total          int       `json:"total_commits"`
	Rewritten      []string  `json:"rewritten,omitempty"`
	Additions      int       `json:"additions"`
	Deletions      int       `json:"deletions"`
	Files          int       `json:"files"`
	Labels         []string  `json:"labels,omitempty"`
	Author         string    `json:"author,omitempty"`
}

// repository is the stored one for package attribute.
func (s storedRepository) repository() attribute.Repository {
	out := attribute.Repository{Name: s.Name, Former: s.Former, DefaultBranch: s.DefaultBranch}
	for _, p := range s.Pulls {
		out.Pulls = append(out.Pulls, attribute.Pull(p))
	}
	return out
}

// readPullsFile reads a file of pull requests.
func readPullsFile(path string) (pullsFile, error) {
	var out pullsFile
	f, err := os.Open(path)
	if err != nil {
		return out, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPulls+1))
	switch {
	case err != nil:
		return out, err
	case len(data) > maxPulls:
		return out, fmt.Errorf("%s: more than %d MiB", path, maxPulls>>20)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return out, fmt.Errorf("%s: %w", path, err)
	}
	if out.Schema != pullsSchema {
		return out, fmt.Errorf("%s: the schema is %q; allowed is %q", path, out.Schema, pullsSchema)
	}
	for i, r := range out.Repositories {
		if attribute.Remote(r.Name) != r.Name || r.Name == "" {
			return out, fmt.Errorf("%s: repositories[%d]: %q is no repository; allowed is host/owner/name in lower case", path, i, r.Name)
		}
	}
	return out, nil
}

// writePullsFile replaces a file of pull requests. Titles are in it, so that only the user may read it.
func writePullsFile(path string, all ...storedRepository) error {
	data, err := json.Marshal(pullsFile{Schema: pullsSchema, Repositories: all})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
