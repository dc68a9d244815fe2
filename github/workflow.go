package github

import "github.com/pertask/pertask/github/dispatch"

// Workflow is the workflow of a repository in a file of its folder of workflows, such as "pertask.yml". It makes no request.
func (c *Client) Workflow(repo Repo, file string) dispatch.Workflow {
	return dispatch.Workflow{Calls: c.calls, Wrap: c.wrap, Repo: repo.String(), File: file}
}
