// Package event reads what started us: the payload of a workflow's event or of a webhook.
//
// It knows which events there are, the few fields of them that are needed, and which of those must be well
// formed. It refuses to know what to do about an event, how it arrived, whether its signature is right, and
// everything that would take a request: what a payload does not say is left empty.
package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pertask/pertask/github"
)

// Event is what started us: the payload of a workflow's event or of a webhook, in the few fields that are
// needed. Its texts are written by users.
type Event struct {
	// Name is pull_request, pull_request_target, merge_group, issue_comment, workflow_dispatch, push or
	// check_run.
	Name   string
	Action string      // such as opened, synchronize, labeled, created, requested_action; "" where there is none
	Repo   github.Repo // the base repository
	// Pull is the pull request; Number is 0 where the event has none. An issue_comment has the number, the
	// author, the state and the labels only.
	Pull       Pull
	Label      string // that was added or removed
	MergeGroup MergeGroup
	Comment    Comment
	Inputs     map[string]string // of workflow_dispatch, as text
	Ref        string            // of push and workflow_dispatch, such as "refs/heads/main"
	Before     string            // of push; 40 zeros for a new branch
	After      string            // of push; 40 zeros for a deleted branch
	Check      Check
	Sender     string // login of who caused the event
	// Installation is the id of the App's installation in a webhook, 0 in a workflow.
	Installation int64
}

// Pull is a pull request as an event has it.
type Pull struct {
	Number   int
	BaseSHA  string // tip of the base branch at the time of the event
	BaseRef  string // branch, such as "main"
	HeadSHA  string
	HeadRef  string
	HeadRepo string // "owner/name"; "" when the fork was deleted
	// Fork says that the head is in another repository. It is true when that is not known.
	Fork   bool
	Draft  bool
	Merged bool
	State  string // open or closed
	Author string // login
	Labels []string
	// MergeSHA is the commit that the merge made, for a merged pull request.
	MergeSHA string
}

// MergeGroup is a group of pull requests in a merge queue.
type MergeGroup struct {
	HeadSHA string
	HeadRef string
	BaseSHA string
	BaseRef string
	// Pull is the number that HeadRef names: the last pull request of the group. 0 when it names none.
	Pull int
}

// Comment is a comment of a person on an issue or a pull request.
type Comment struct {
	ID          int64
	Body        string
	Author      string
	Association string // GitHub's, such as OWNER, MEMBER or CONTRIBUTOR; not a proof of write access
}

// Check is the check run of a check_run event.
type Check struct {
	ID         int64
	Name       string
	HeadSHA    string
	ExternalID string
	App        int64
	Identifier string // of the button, when Action is requested_action
}

// ErrEvent is an event that is not known here, or a payload that is not one of it.
var ErrEvent = errors.New("bad event")

// maxPayload is GitHub's own limit for a webhook's payload.
const maxPayload = 25 << 20

type repoJSON struct {
	ID       int64  `json:"id"`
	FullName string `json:"full_name"`
}

type userJSON struct {
	Login string `json:"login"`
}

type labelJSON struct {
	Name string `json:"name"`
}

type refJSON struct {
	SHA  string    `json:"sha"`
	Ref  string    `json:"ref"`
	Repo *repoJSON `json:"repo"`
}

type pullJSON struct {
	Number         int         `json:"number"`
	State          string      `json:"state"`
	Draft          bool        `json:"draft"`
	Merged         bool        `json:"merged"`
	MergeCommitSHA string      `json:"merge_commit_sha"`
	Base           refJSON     `json:"base"`
	Head           refJSON     `json:"head"`
	User           *userJSON   `json:"user"`
	Labels         []labelJSON `json:"labels"`
}

// eventJSON has no times: those of real payloads come in several forms.
type eventJSON struct {
	Action       string    `json:"action"`
	Repository   *repoJSON `json:"repository"`
	Sender       *userJSON `json:"sender"`
	Installation *struct {
		ID int64 `json:"id"`
	} `json:"installation"`
	PullRequest *pullJSON  `json:"pull_request"`
	Label       *labelJSON `json:"label"`
	MergeGroup  *struct {
		HeadSHA string `json:"head_sha"`
		HeadRef string `json:"head_ref"`
		BaseSHA string `json:"base_sha"`
		BaseRef string `json:"base_ref"`
	} `json:"merge_group"`
	Issue *struct {
		Number      int             `json:"number"`
		State       string          `json:"state"`
		Draft       bool            `json:"draft"`
		User        *userJSON       `json:"user"`
		Labels      []labelJSON     `json:"labels"`
		PullRequest json.RawMessage `json:"pull_request"`
	} `json:"issue"`
	Comment *struct {
		ID                int64     `json:"id"`
		Body              string    `json:"body"`
		User              *userJSON `json:"user"`
		AuthorAssociation string    `json:"author_association"`
	} `json:"comment"`
	Inputs   map[string]json.RawMessage `json:"inputs"`
	Ref      string                     `json:"ref"`
	Before   string                     `json:"before"`
	After    string                     `json:"after"`
	CheckRun *struct {
		ID         int64  `json:"id"`
		Name       string `json:"name"`
		HeadSHA    string `json:"head_sha"`
		ExternalID string `json:"external_id"`
		App        *struct {
			ID int64 `json:"id"`
		} `json:"app"`
		PullRequests []pullJSON `json:"pull_requests"`
	} `json:"check_run"`
	RequestedAction *struct {
		Identifier string `json:"identifier"`
	} `json:"requested_action"`
}

// Parse reads a payload, the JSON in the file that GITHUB_EVENT_PATH names or the body of a webhook
// whose signature was checked. Object ids, names and numbers that it returns are well formed; other texts
// are as users wrote them. An event that is not in the list at Event.Name is ErrEvent.
func Parse(name string, payload []byte) (Event, error) {
	e, err := parse(name, payload)
	if err != nil {
		return Event{}, fmt.Errorf("reading event %.60q: %w", name, errors.Join(err, ErrEvent))
	}
	return e, nil
}

func parse(name string, payload []byte) (Event, error) {
	read := readers[name]
	if read == nil {
		return Event{}, errors.New("not an event to act upon; allowed are check_run, issue_comment, merge_group, pull_request, pull_request_target, push and workflow_dispatch")
	}
	if len(payload) > maxPayload {
		return Event{}, fmt.Errorf("payload has %d bytes, %d are allowed", len(payload), maxPayload)
	}
	var j eventJSON
	if err := json.Unmarshal(payload, &j); err != nil {
		return Event{}, fmt.Errorf("decoding payload: %w", err)
	}
	e := Event{Name: name, Action: j.Action, Sender: j.Sender.login()}
	if j.Repository == nil {
		return Event{}, errors.New("payload has no repository")
	}
	var err error
	if e.Repo, err = github.ParseRepo(j.Repository.FullName); err != nil {
		return Event{}, err
	}
	if j.Installation != nil {
		e.Installation = j.Installation.ID
	}
	if j.Label != nil {
		e.Label = j.Label.Name
	}
	return e, read(&e, &j)
}

// readers fill the part of an event that only some have.
var readers = map[string]func(*Event, *eventJSON) error{
	"pull_request":        readPull,
	"pull_request_target": readPull,
	"merge_group":         readMergeGroup,
	"issue_comment":       readComment,
	"workflow_dispatch":   readDispatch,
	"push":                readPush,
	"check_run":           readCheck,
}

func (u *userJSON) login() string {
	if u == nil { // a deleted account
		return ""
	}
	return u.Login
}

func names(labels []labelJSON) []string {
	var out []string
	for _, l := range labels {
		out = append(out, l.Name)
	}
	return out
}

func readPull(e *Event, j *eventJSON) error {
	if j.PullRequest == nil {
		return errors.New("payload has no pull_request")
	}
	p := j.PullRequest
	if p.Number <= 0 || !github.IsSHA(p.Base.SHA) || !github.IsSHA(p.Head.SHA) {
		return errors.New("pull_request has no number, base.sha or head.sha")
	}
	if !isRef(p.Base.Ref) || !isRef(p.Head.Ref) {
		return errors.New("pull_request has a base.ref or head.ref that is no branch")
	}
	e.Pull = Pull{
		Number: p.Number, BaseSHA: p.Base.SHA, BaseRef: p.Base.Ref, HeadSHA: p.Head.SHA, HeadRef: p.Head.Ref,
		Draft: p.Draft, Merged: p.Merged, State: p.State, Author: p.User.login(), Labels: names(p.Labels), Fork: true,
	}
	if p.Merged && github.IsSHA(p.MergeCommitSHA) {
		e.Pull.MergeSHA = p.MergeCommitSHA
	}
	if p.Head.Repo != nil {
		head, err := github.ParseRepo(p.Head.Repo.FullName)
		if err != nil {
			return err
		}
		e.Pull.HeadRepo = head.String()
		// Both must agree: a name can be taken over, and an id can be missing.
		e.Pull.Fork = !strings.EqualFold(head.String(), e.Repo.String()) || p.Head.Repo.ID != j.Repository.ID
	}
	return nil
}

func readMergeGroup(e *Event, j *eventJSON) error {
	g := j.MergeGroup
	if g == nil || !github.IsSHA(g.HeadSHA) || !github.IsSHA(g.BaseSHA) || !isRef(g.HeadRef) || !isRef(g.BaseRef) {
		return errors.New("payload has no merge_group with head and base")
	}
	e.MergeGroup = MergeGroup{g.HeadSHA, g.HeadRef, g.BaseSHA, g.BaseRef, queuedPull(g.HeadRef)}
	return nil
}

// queuedPull reads the number from "refs/heads/gh-readonly-queue/main/pr-104-<sha>", the one place of the
// payload where it stands.
func queuedPull(ref string) int {
	_, last, ok := strings.Cut(ref[strings.LastIndexByte(ref, '/')+1:], "pr-")
	if !ok || !strings.Contains(ref, "gh-readonly-queue/") {
		return 0
	}
	num, _, _ := strings.Cut(last, "-")
	n, err := strconv.Atoi(num)
	if err != nil || n <= 0 {
		return 0
	}
	return n
}

func readComment(e *Event, j *eventJSON) error {
	if j.Issue == nil || j.Issue.Number <= 0 || j.Comment == nil || j.Comment.ID <= 0 {
		return errors.New("payload has no issue with a number and comment with an id")
	}
	e.Comment = Comment{j.Comment.ID, j.Comment.Body, j.Comment.User.login(), j.Comment.AuthorAssociation}
	if len(j.Issue.PullRequest) == 0 || string(j.Issue.PullRequest) == "null" {
		return nil // a comment on an issue
	}
	e.Pull = Pull{
		Number: j.Issue.Number, State: j.Issue.State, Draft: j.Issue.Draft, Author: j.Issue.User.login(),
		Labels: names(j.Issue.Labels), Fork: true,
	}
	return nil
}

func readDispatch(e *Event, j *eventJSON) error {
	if !isRef(j.Ref) {
		return errors.New("payload has no ref")
	}
	e.Ref = j.Ref
	for k, raw := range j.Inputs {
		if e.Inputs == nil {
			e.Inputs = map[string]string{}
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw) // true, 3
		}
		if string(raw) != "null" {
			e.Inputs[k] = s
		}
	}
	return nil
}

func readPush(e *Event, j *eventJSON) error {
	if !isRef(j.Ref) || !github.IsSHA(j.Before) || !github.IsSHA(j.After) {
		return errors.New("payload has no ref, before and after")
	}
	e.Ref, e.Before, e.After = j.Ref, j.Before, j.After
	return nil
}

func readCheck(e *Event, j *eventJSON) error {
	c := j.CheckRun
	if c == nil || c.ID <= 0 || !github.IsSHA(c.HeadSHA) {
		return errors.New("payload has no check_run with an id and head_sha")
	}
	e.Check = Check{ID: c.ID, Name: c.Name, HeadSHA: c.HeadSHA, ExternalID: c.ExternalID}
	if c.App != nil {
		e.Check.App = c.App.ID
	}
	if j.RequestedAction != nil {
		e.Check.Identifier = j.RequestedAction.Identifier
	}
	// Empty for a head in a fork: find the pull request by the head's object id then.
	if len(c.PullRequests) > 0 && c.PullRequests[0].Number > 0 {
		p := c.PullRequests[0]
		e.Pull = Pull{Number: p.Number, HeadRef: p.Head.Ref, BaseRef: p.Base.Ref, Fork: true}
	}
	return nil
}

// isRef reports whether s can be the name of a branch or ref.
// Source: git-check-ref-format(1), the rules that keep a name out of trouble elsewhere.
func isRef(s string) bool {
	if s == "" || len(s) > 1024 || s[0] == '-' || s[0] == '/' || strings.Contains(s, "..") || strings.Contains(s, "@{") {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || r == 0xfffd || strings.ContainsRune("~^:?*[\\", r) {
			return false
		}
	}
	return true
}
