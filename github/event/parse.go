package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github"
)

// ErrEvent is an event that is not known here, or a payload that is not one of it.
var ErrEvent = errors.New("bad event")

// maxPayload is GitHub's own limit for a webhook's payload.
const maxPayload = 25 << 20

// Known reports whether Parse reads events of this name.
func Known(name string) bool { return readers[name] != nil }

// Parse reads a payload, the JSON in the file that GITHUB_EVENT_PATH names or the body of a webhook
// whose signature was checked. Object ids, names and numbers that it returns are well formed; other texts
// are as users wrote them, but cut: a comment at 4 KiB, a pull request's labels at 4 KiB together, logins, inputs and
// other words at 100 bytes. What is not read is not looked at, and may be no JSON. An event that is not in the list at Event.Name is ErrEvent.
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
		return Event{}, fmt.Errorf("not an event to act upon; allowed are %s", strings.Join(slices.Sorted(maps.Keys(readers)), ", "))
	}
	if len(payload) > maxPayload {
		return Event{}, fmt.Errorf("payload has %d bytes, %d are allowed", len(payload), maxPayload)
	}
	j, err := skim(payload)
	if err != nil {
		return Event{}, fmt.Errorf("decoding payload: %w", err)
	}
	e := Event{Name: name, Action: cut(j.Action, maxWord), Sender: j.Sender.login(), Bot: j.Sender.bot()}
	if j.Installation != nil {
		e.Installation, e.Account = j.Installation.ID, j.Installation.Account.login()
	}
	if j.Label != nil {
		e.Label = cut(j.Label.Name, maxLabel)
	}
	if ofInstallation[name] {
		return e, read(&e, &j)
	}
	if j.Repository == nil {
		return Event{}, errors.New("payload has no repository")
	}
	if e.Repo, err = github.ParseRepo(j.Repository.FullName); err != nil {
		return Event{}, err
	}
	if e.RepoID = j.Repository.ID; e.RepoID <= 0 && e.Installation != 0 {
		return Event{}, errors.New("payload has a repository without an id")
	}
	if isRef(j.Repository.DefaultBranch) {
		e.DefaultBranch = j.Repository.DefaultBranch
	}
	return e, read(&e, &j)
}

// ofInstallation are the events that are about no repository.
var ofInstallation = map[string]bool{"installation": true, "installation_repositories": true}

// readers fill the part of an event that only some have.
var readers = map[string]func(*Event, *eventJSON) error{
	"pull_request":        readPull,
	"pull_request_target": readPull,
	"merge_group":         readMergeGroup,
	"issue_comment":       readComment,
	"workflow_dispatch":   readDispatch,
	"push":                readPush,
	"check_run":           readCheck,
	"check_suite":         readSuite,

	"installation":              readInstallation,
	"installation_repositories": readInstallation,
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
		Draft: p.Draft, Merged: p.Merged, State: cut(p.State, maxWord), Author: p.User.login(), Labels: names(p.Labels), Fork: true,
	}
	if p.Merged && github.IsSHA(p.MergeCommitSHA) {
		e.Pull.MergeSHA = p.MergeCommitSHA
		if t, err := time.Parse(`"`+time.RFC3339+`"`, string(p.MergedAt)); err == nil {
			e.Pull.MergedAt = t.UTC()
		}
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
	e.BaseChanged = there(j.Changes.Base)
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
	e.Comment = Comment{j.Comment.ID, cut(j.Comment.Body, maxComment), j.Comment.User.login(), cut(j.Comment.AuthorAssociation, maxWord)}
	e.Bot = j.Comment.User.bot()
	if !there(j.Issue.PullRequest) {
		return nil // a comment on an issue
	}
	e.Pull = Pull{
		Number: j.Issue.Number, State: cut(j.Issue.State, maxWord), Draft: j.Issue.Draft, Author: j.Issue.User.login(),
		Labels: names(j.Issue.Labels), Fork: true,
	}
	return nil
}

func readDispatch(e *Event, j *eventJSON) error {
	if !isRef(j.Ref) {
		return errors.New("payload has no ref")
	}
	e.Ref = j.Ref
	for _, k := range slices.Sorted(maps.Keys(j.Inputs)) {
		raw := j.Inputs[k]
		if len(e.Inputs) >= maxInputs || len(k) > maxWord || !there(raw) {
			continue
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw) // true, 3
		}
		if e.Inputs == nil {
			e.Inputs = map[string]string{}
		}
		e.Inputs[k] = cut(s, maxWord)
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
	if j.RequestedAction != nil {
		e.Check.Identifier = cut(j.RequestedAction.Identifier, maxWord)
	}
	return e.check(j.CheckRun)
}

func readSuite(e *Event, j *eventJSON) error { return e.check(j.CheckSuite) }

// check fills in a check run or a check suite.
func (e *Event) check(c *checkJSON) error {
	if c == nil || c.ID <= 0 || !github.IsSHA(c.HeadSHA) {
		return fmt.Errorf("payload has no %s with an id and head_sha", e.Name)
	}
	e.Check.ID, e.Check.HeadSHA = c.ID, c.HeadSHA
	e.Check.Name, e.Check.ExternalID = cut(c.Name, maxName), cut(c.ExternalID, maxName)
	if c.App != nil {
		e.Check.App = c.App.ID
	}
	// Empty for a head in a fork: find the pull request by the head's object id then.
	if len(c.PullRequests) > 0 && c.PullRequests[0].Number > 0 {
		p := c.PullRequests[0]
		e.Pull = Pull{Number: p.Number, Fork: true}
		if isRef(p.Head.Ref) && isRef(p.Base.Ref) {
			e.Pull.HeadRef, e.Pull.BaseRef = p.Head.Ref, p.Base.Ref
		}
	}
	return nil
}

// readInstallation lists the repositories that an installation has got and lost. One that is deleted or suspended has lost
// all, which are not listed.
func readInstallation(e *Event, j *eventJSON) error {
	if e.Installation <= 0 {
		return errors.New("payload has no installation with an id")
	}
	if e.Name == "installation" && e.Action != "deleted" && e.Action != "suspend" {
		j.RepositoriesAdded = j.Repositories
	}
	var err error
	if e.Added, err = e.repos(j.RepositoriesAdded); err == nil && e.Name != "installation" {
		e.Removed, err = e.repos(j.RepositoriesRemoved)
	}
	return err
}

func (e *Event) repos(list []repoJSON) ([]InstallationRepo, error) {
	var out []InstallationRepo
	for _, r := range list {
		if len(e.Added)+len(out) >= maxRepos {
			e.More = true
			break
		}
		name, err := github.ParseRepo(r.FullName)
		if err != nil {
			return nil, err
		}
		if r.ID <= 0 {
			return nil, errors.New("payload has a repository without an id")
		}
		out = append(out, InstallationRepo{r.ID, name})
	}
	return out, nil
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
