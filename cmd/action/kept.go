package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// kept is the folder of journals that the workflow brings back when a check is rerun. What lies in it can have been
// written by the author of the pull request, so nothing counts that is not sealed; docs/design/006 says why.
type kept struct {
	dir  string // "" for none
	seal journal.Seal
	log  *slog.Logger
}

// newKept opens it for a pull request, whatever the event: what a command of a person measures, the next push goes on with.
func newKept(getenv func(string) string, log *slog.Logger, pull int) kept {
	about := getenv("GITHUB_REF")
	if pull > 0 {
		about = fmt.Sprintf("refs/pull/%d/merge", pull) // as GITHUB_REF is on a push to it
	}
	k := kept{dir: getenv("PERTASK_JOURNAL"), log: log,
		seal: journal.Seal{Secret: []byte(getenv("PERTASK_JOURNAL_SECRET")), About: getenv("GITHUB_REPOSITORY") + " " + about}}
	if k.dir != "" && len(k.seal.Secret) == 0 {
		log.Warn("the journal is not kept: journal-secret is empty, as it is for pull requests of forks")
		k.dir = ""
	}
	return k
}

// journalOf is the name of the kept journal of an evidence key.
func journalOf(evidenceKey string) string {
	return fmt.Sprintf("trials-%.32s.jsonl", strings.TrimPrefix(evidenceKey, "sha256:"))
}

// open opens the journal of an evidence key, which has its place beside the reports at path. A kept one is the same
// file, so that it is up to date whenever this process ends.
func (k kept) open(evidenceKey, path string) (trial.Journal, error) {
	if k.dir == "" {
		return journal.Open(path)
	}
	if err := os.MkdirAll(k.dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of kept journals: %w", err)
	}
	file := filepath.Join(k.dir, journalOf(evidenceKey))
	j, err := k.seal.Open(file)
	if errors.Is(err, journal.ErrSeal) {
		k.log.Warn("a kept journal does not count, and its trials are carried out again", "problem", err)
		if err := journal.RemoveSealed(file); err != nil {
			return nil, err
		}
		j, err = k.seal.Open(file)
	}
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(err, j.Close())
	}
	if err := os.Link(file, path); err != nil {
		return nil, errors.Join(fmt.Errorf("keeping the journal beside the report: %w; the folder journal must be on the disk of RUNNER_TEMP", err), j.Close())
	}
	return j, nil
}

// stores opens the folders of what outlasts a comparison: trials of the base, which the workflow of the base branch fills,
// and tests, which stay with the journals. Either is nil where there is no folder for it, or no secret to seal it with:
// caches can be written by others. The returned function closes them.
func (p *program) stores(k kept) (base, tests *outfit.Store, end func(), err error) {
	secret, repo := k.seal.Secret, p.getenv("GITHUB_REPOSITORY")
	end = func() {
		for _, s := range []*outfit.Store{base, tests} {
			if s != nil {
				_ = s.Close()
			}
		}
	}
	if dir := p.getenv("PERTASK_STORE"); dir != "" && len(secret) > 0 {
		if base, err = outfit.OpenStore(dir, secret, repo); err != nil {
			return nil, nil, end, err
		}
	} else if dir != "" {
		p.log.Warn("no stored trials are used: journal-secret is empty, as it is for pull requests of forks")
	}
	if k.dir != "" {
		if tests, err = outfit.OpenStore(k.dir, secret, k.seal.About); err != nil {
			end()
			return nil, nil, func() {}, err
		}
	}
	return base, tests, end, nil
}
