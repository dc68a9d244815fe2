package asked

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/record"
)

// kind is what can be asked for of the log, by its name in an address.
type kind struct {
	name, words string
	only        []string
}

var kinds = []kind{
	{"", "everything", nil},
	{"verdicts", "verdicts and acceptances", []string{record.VerbVerdict, "accept"}},
	{"accepted", "acceptances", []string{"accept"}},
	{"commands", "commands", []string{"run", "more", "accept", "reprice", "revive"}},
	{"access", "sign-ins, keys, senders, budgets", []string{"sign-in", "key-set", "key-removed", "sender-made", "sender-removed", "budget-set"}},
	{"results", "results without a verdict", []string{record.VerbResult}},
}

// Log reads what is asked for of the log, of a repository that the viewer can see, 0 for all, with its query without the place.
func Log(q url.Values, repo int64) (f record.LogFilter, query url.Values, err error) {
	f.Repo = repo
	if f.Since, err = Since(q); err != nil {
		return f, nil, err
	}
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == q.Get("what") })
	if i < 0 {
		return f, nil, trouble.Bad("what is one of verdicts, accepted, commands, access and results.")
	}
	f.Only = kinds[i].only
	if f.Who = strings.TrimPrefix(strings.TrimSpace(q.Get("who")), "@"); len(f.Who) > 100 {
		return f, nil, trouble.Bad("A login has at most 100 characters.")
	}
	if s := strings.TrimPrefix(strings.TrimSpace(q.Get("pull")), "#"); s != "" {
		if f.Pull, err = strconv.Atoi(s); err != nil || f.Pull <= 0 {
			return f, nil, trouble.Bad("pull is the number of a pull request.")
		}
	}
	if s := q.Get("after"); s != "" {
		if f.After, err = record.ParsePlace(s); errors.Is(err, record.ErrRecord) {
			return f, nil, trouble.Bad("after is a place in the log, as the link to older entries has it.")
		}
	}
	return f, LogQuery(f, kinds[i].name), nil
}

// LogQuery is a filter of the log as people can link to it, without the place.
func LogQuery(f record.LogFilter, what string) url.Values {
	q := Query(record.Filter{Repo: f.Repo, Since: f.Since})
	for key, value := range map[string]string{"what": what, "who": f.Who, "pull": number(f.Pull)} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return q
}

// LogForm is the form of a filter of the log, with the choice of a repository and of what the query has chosen.
func LogForm(path string, q url.Values, f record.LogFilter, repo layout.Field) *layout.Form {
	what := layout.Field{Name: "what", Label: "What"}
	for _, k := range kinds {
		what.Options = append(what.Options, layout.Option{Value: k.name, Words: k.words, Chosen: k.name == q.Get("what")})
	}
	return &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{what, repo, {Name: "pull", Label: "Pull request", Type: "text", Value: number(f.Pull)},
		{Name: "who", Label: "Who", Type: "text", Value: f.Who}, day(f.Since)}}
}
