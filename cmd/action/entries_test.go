package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendbranch"
)

// entries are those on the branch of the ledger.
func (m *merging) entries() (all []spend.Entry, calls int64) {
	m.t.Helper()
	for e, err := range spendbranch.New(m.files("writer"), spendbranch.Options{}).Entries(m.t.Context(), spend.Query{}) {
		if err != nil {
			m.t.Fatal(err)
		}
		all, calls = append(all, e), calls+e.Calls+e.Unseen
	}
	return all, calls
}

// What a review has paid for is in the ledger, once, however often it goes on with a journal that was kept.
func TestAReviewIsInTheLedger(t *testing.T) {
	m := newMerging(t)
	kept := filepath.Join(t.TempDir(), "journals")
	review := func(attempt string) *job {
		j := m.job("pull_request")
		j.env["PERTASK_JOURNAL"], j.env["PERTASK_JOURNAL_SECRET"], j.env["GITHUB_RUN_ATTEMPT"] = kept, strings.Repeat("s", 32), attempt
		if code := j.run("review"); code != 0 {
			t.Fatalf("exit %d\n%s%s", code, &j.stdout, &j.stderr)
		}
		return j
	}
	review("1")
	all, calls := m.entries()
	if calls != m.calls.Load() || calls == 0 {
		t.Fatalf("%d calls in the ledger, and %d were made", calls, m.calls.Load())
	}
	for _, e := range all {
		if e.Source != spend.Check || e.Provenance != spend.Measured || e.Repository != "github.com/acme/agent" || e.Pull != m.pull || e.Commit != m.head || e.Provider != "openai" || e.Unseen != 0 || e.Session == "" {
			t.Errorf("entry %+v", e)
		}
	}
	commits := len(m.hub.Log(m.repo, ledgerBranch))
	review("2") // shows the verdict again
	if _, again := m.entries(); again != calls || m.calls.Load() != calls || len(m.hub.Log(m.repo, ledgerBranch)) != commits {
		t.Errorf("%d calls in the ledger after %d, in %d commits after %d", again, calls, len(m.hub.Log(m.repo, ledgerBranch)), commits)
	}
}

// A job that measured nothing, and one without a branch, write nothing.
func TestNothingForTheLedger(t *testing.T) {
	m := newMerging(t)
	j := m.job("pull_request")
	delete(j.env, "PERTASK_LEDGER_BRANCH")
	if code := j.run("review"); code != 0 || m.calls.Load() == 0 || len(m.hub.Log(m.repo, ledgerBranch)) != 0 {
		t.Errorf("exit %d, and the branch is there", code)
	}
	j = m.job("pull_request")
	j.env["PERTASK_GITHUB_TOKEN"] = m.hub.Token
	if code := j.run("review"); code != 0 || len(m.hub.Log(m.repo, ledgerBranch)) != 0 {
		t.Errorf("exit %d without the permission\n%s", code, &j.stdout)
	}
}
