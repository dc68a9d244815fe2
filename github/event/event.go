// Package event reads what started us: the payload of a workflow's event or of a webhook.
//
// It knows which events there are, the few fields of them that are needed, and which of those must be well
// formed. It refuses to know what to do about an event, how it arrived, whether its signature is right, and
// everything that would take a request: what a payload does not say is left empty.
package event

import (
	"time"

	"github.com/pertask/pertask/github"
)

// Event is what started us: the payload of a workflow's event or of a webhook, in the few fields that are
// needed. Its texts are written by users, and none is longer than Parse says.
//
// Its JSON is stored: it is the body of a note in the App's queue, which a later version has to read. A field keeps
// its name and its meaning.
type Event struct {
	// Name is pull_request, pull_request_target, merge_group, issue_comment, workflow_dispatch, push, check_run,
	// check_suite, installation or installation_repositories.
	Name   string      `json:"name"`
	Action string      `json:"action,omitzero"` // such as opened, synchronize, labeled, created, requested_action; "" where there is none
	Repo   github.Repo `json:"repo,omitzero"`   // the base repository; none for an installation
	RepoID int64       `json:"repo_id,omitzero"`
	// DefaultBranch is the repository's, such as "main".
	DefaultBranch string `json:"default_branch,omitzero"`
	// Pull is the pull request; Number is 0 where the event has none. An issue_comment has the number, the
	// author, the state and the labels only, a check_run and a check_suite the number and the branches.
	Pull Pull `json:"pull,omitzero"`
	// BaseChanged says that an edit of the pull request made another branch its base.
	BaseChanged bool              `json:"base_changed,omitzero"`
	Label       string            `json:"label,omitzero"` // that was added or removed
	MergeGroup  MergeGroup        `json:"merge_group,omitzero"`
	Comment     Comment           `json:"comment,omitzero"`
	Inputs      map[string]string `json:"inputs,omitempty"` // of workflow_dispatch, as text
	Ref         string            `json:"ref,omitzero"`     // of push and workflow_dispatch, such as "refs/heads/main"
	Before      string            `json:"before,omitzero"`  // of push; 40 zeros for a new branch
	After       string            `json:"after,omitzero"`   // of push; 40 zeros for a deleted branch
	Check       Check             `json:"check,omitzero"`
	Sender      string            `json:"sender,omitzero"` // login of who caused the event
	// Bot says that a program caused it: the author of the comment, or else the sender.
	Bot bool `json:"bot,omitzero"`
	// Installation is the id of the App's installation in a webhook, 0 in a workflow.
	Installation int64 `json:"installation,omitzero"`
	// Account is the login of whose installation it is, in the events of an installation.
	Account string `json:"account,omitzero"`
	// Added and Removed are repositories that an installation has got and lost. More says that there are others, which
	// are to be asked for.
	Added   []InstallationRepo `json:"added,omitempty"`
	Removed []InstallationRepo `json:"removed,omitempty"`
	More    bool               `json:"more,omitzero"`
}

// InstallationRepo is a repository in the event of an installation.
type InstallationRepo struct {
	ID   int64       `json:"id"`
	Name github.Repo `json:"name"`
}

// Pull is a pull request as an event has it.
type Pull struct {
	Number   int    `json:"number"`
	BaseSHA  string `json:"base_sha,omitzero"` // tip of the base branch at the time of the event
	BaseRef  string `json:"base_ref,omitzero"` // branch, such as "main"
	HeadSHA  string `json:"head_sha,omitzero"`
	HeadRef  string `json:"head_ref,omitzero"`
	HeadRepo string `json:"head_repo,omitzero"` // "owner/name"; "" when the fork was deleted
	// Fork says that the head is in another repository. It is true when that is not known.
	Fork   bool     `json:"fork"`
	Draft  bool     `json:"draft,omitzero"`
	Merged bool     `json:"merged,omitzero"`
	State  string   `json:"state,omitzero"`  // open or closed
	Author string   `json:"author,omitzero"` // login
	Labels []string `json:"labels,omitempty"`
	// MergeSHA is the commit that the merge made, for a merged pull request.
	MergeSHA string `json:"merge_sha,omitzero"`
	// MergedAt is when it was merged; zero when that is not said.
	MergedAt time.Time `json:"merged_at,omitzero"`
}

// MergeGroup is a group of pull requests in a merge queue.
type MergeGroup struct {
	HeadSHA string `json:"head_sha"`
	HeadRef string `json:"head_ref"`
	BaseSHA string `json:"base_sha"`
	BaseRef string `json:"base_ref"`
	// Pull is the number that HeadRef names: the last pull request of the group. 0 when it names none.
	Pull int `json:"pull,omitzero"`
}

// Comment is a comment of a person on an issue or a pull request.
type Comment struct {
	ID          int64  `json:"id"`
	Body        string `json:"body,omitzero"`
	Author      string `json:"author,omitzero"`
	Association string `json:"association,omitzero"` // GitHub's, such as OWNER, MEMBER or CONTRIBUTOR; not a proof of write access
}

// Check is the check run of a check_run event, or the suite of a check_suite event, which has no name.
type Check struct {
	ID         int64  `json:"id"`
	Name       string `json:"name,omitzero"`
	HeadSHA    string `json:"head_sha"`
	ExternalID string `json:"external_id,omitzero"`
	App        int64  `json:"app,omitzero"`        // that made it
	Identifier string `json:"identifier,omitzero"` // of the button, when Action is requested_action
}
