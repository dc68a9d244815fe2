package desk

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session/gitdir"
)

// Place says where somebody works at a time: in a job of GitHub Actions what the job is about, and otherwise what git's files say of
// the folder. What neither says is empty.
func Place(dir string, at time.Time, getenv func(string) string) spend.Place {
	if getenv("GITHUB_ACTIONS") == "true" {
		if p := job(getenv); p.Repository != "" {
			return p
		}
	}
	c := gitdir.Find(dir)
	if c == nil {
		return spend.Place{}
	}
	return spend.Place{Repository: attribute.Remote(c.Remote), Branch: c.Branch(at)}
}

// pullRef is the ref that a job of a pull request has checked out.
var pullRef = regexp.MustCompile(`^refs/pull/([1-9][0-9]{0,8})/(merge|head)$`)

var object = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// job reads the variables of a job as GitHub documents them. On a pull request GITHUB_SHA is a merge commit that no branch has, and
// is left out.
func job(getenv func(string) string) spend.Place {
	p := spend.Place{Repository: attribute.Remote(cmp.Or(getenv("GITHUB_SERVER_URL"), "https://github.com") + "/" + getenv("GITHUB_REPOSITORY"))}
	if m := pullRef.FindStringSubmatch(getenv("GITHUB_REF")); m != nil {
		p.Pull, _ = strconv.Atoi(m[1]) // at most nine digits
		p.Branch = getenv("GITHUB_HEAD_REF")
		return p
	}
	if name, ok := strings.CutPrefix(getenv("GITHUB_REF"), "refs/heads/"); ok {
		p.Branch = name
	}
	if sha := getenv("GITHUB_SHA"); object.MatchString(sha) {
		p.Commit = sha
	}
	return p
}
