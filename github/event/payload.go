package event

import "encoding/json"

// The shapes of payloads, as far as they are read. They have no times but one,
// which is left out where it is not understood: those of real payloads come in several forms.
type (
	repoJSON struct {
		ID            int64  `json:"id"`
		FullName      string `json:"full_name"`
		DefaultBranch string `json:"default_branch"`
	}
	userJSON struct {
		Login string `json:"login"`
		Type  string `json:"type"`
	}
	labelJSON struct {
		Name string `json:"name"`
	}
	refJSON struct {
		SHA  string    `json:"sha"`
		Ref  string    `json:"ref"`
		Repo *repoJSON `json:"repo"`
	}
	pullJSON struct {
		Number         int    `json:"number"`
		State          string `json:"state"`
		Draft          bool   `json:"draft"`
		Merged         bool   `json:"merged"`
		MergeCommitSHA string `json:"merge_commit_sha"`
		// MergedAt is RFC 3339 in every payload that was seen, and null.
		MergedAt json.RawMessage `json:"merged_at"`
		Base     refJSON         `json:"base"`
		Head     refJSON         `json:"head"`
		User     *userJSON       `json:"user"`
		Labels   []labelJSON     `json:"labels"`
	}
	groupJSON struct {
		HeadSHA string `json:"head_sha"`
		HeadRef string `json:"head_ref"`
		BaseSHA string `json:"base_sha"`
		BaseRef string `json:"base_ref"`
	}
	issueJSON struct {
		Number      int             `json:"number"`
		State       string          `json:"state"`
		Draft       bool            `json:"draft"`
		User        *userJSON       `json:"user"`
		Labels      []labelJSON     `json:"labels"`
		PullRequest json.RawMessage `json:"pull_request"`
	}
	commentJSON struct {
		ID                int64     `json:"id"`
		Body              string    `json:"body"`
		User              *userJSON `json:"user"`
		AuthorAssociation string    `json:"author_association"`
	}
	// checkJSON is a check run or a check suite.
	checkJSON struct {
		ID         int64  `json:"id"`
		Name       string `json:"name"`
		HeadSHA    string `json:"head_sha"`
		ExternalID string `json:"external_id"`
		App        *struct {
			ID int64 `json:"id"`
		} `json:"app"`
		PullRequests []pullJSON `json:"pull_requests"`
	}
	installationJSON struct {
		ID      int64     `json:"id"`
		Account *userJSON `json:"account"`
	}
	eventJSON struct {
		Action       string            `json:"action"`
		Repository   *repoJSON         `json:"repository"`
		Sender       *userJSON         `json:"sender"`
		Installation *installationJSON `json:"installation"`
		PullRequest  *pullJSON         `json:"pull_request"`
		Changes      struct {
			Base json.RawMessage `json:"base"`
		} `json:"changes"`
		Label           *labelJSON                 `json:"label"`
		MergeGroup      *groupJSON                 `json:"merge_group"`
		Issue           *issueJSON                 `json:"issue"`
		Comment         *commentJSON               `json:"comment"`
		Inputs          map[string]json.RawMessage `json:"inputs"`
		Ref             string                     `json:"ref"`
		Before          string                     `json:"before"`
		After           string                     `json:"after"`
		CheckRun        *checkJSON                 `json:"check_run"`
		CheckSuite      *checkJSON                 `json:"check_suite"`
		RequestedAction *struct {
			Identifier string `json:"identifier"`
		} `json:"requested_action"`
		Repositories        []repoJSON `json:"repositories"`
		RepositoriesAdded   []repoJSON `json:"repositories_added"`
		RepositoriesRemoved []repoJSON `json:"repositories_removed"`
	}
)

func (u *userJSON) login() string {
	if u == nil { // a deleted account
		return ""
	}
	return cut(u.Login, maxWord)
}

func (u *userJSON) bot() bool { return u != nil && u.Type == "Bot" }

// there reports whether a field has a value.
func there(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }
