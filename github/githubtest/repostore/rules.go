package repostore

import (
	"net/url"

	"github.com/pertask/pertask/github/githubtest/body"
)

// Rules are the rules of a branch.
type Rules struct {
	Required   []Required // by a ruleset
	Protected  []Required // by the branch's own protection
	MergeQueue bool
}

// Required is a check that must succeed; App 0 is any source.
type Required struct {
	Name string
	App  int64
}

// RulesJSON lists what rulesets ask of a branch.
func (r *Repo) RulesJSON(branch string) []any {
	rules, out := r.Rules[branch], []any{}
	rule := func(kind string, parameters any) {
		out = append(out, map[string]any{
			"type": kind, "parameters": parameters, "ruleset_source_type": "Repository", "ruleset_source": r.FullName, "ruleset_id": 7,
		})
	}
	if len(rules.Required) > 0 {
		checks := []any{}
		for _, k := range rules.Required {
			m := map[string]any{"context": k.Name}
			if k.App != 0 {
				m["integration_id"] = k.App
			}
			checks = append(checks, m)
		}
		rule("required_status_checks", map[string]any{"required_status_checks": checks, "strict_required_status_checks_policy": false})
	}
	if rules.MergeQueue {
		rule("merge_queue", map[string]any{
			"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5, "max_entries_to_merge": 5,
			"merge_method": "SQUASH", "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5,
		})
	}
	return out
}

// BranchJSON is a branch with its protection, or nil when there is none of the name.
func (r *Repo) BranchJSON(name string) map[string]any {
	sha := r.Branches[name]
	if sha == "" {
		return nil
	}
	contexts, checks, level := []string{}, []any{}, "off"
	for _, k := range r.Rules[name].Protected {
		level, contexts = "non_admins", append(contexts, k.Name)
		m := map[string]any{"context": k.Name, "app_id": nil}
		if k.App != 0 {
			m["app_id"] = k.App
		}
		checks = append(checks, m)
	}
	at := r.DB().URL + "/branches/" + url.PathEscape(name)
	return map[string]any{
		"name": name, "commit": r.DB().ShownJSON(sha), "protected": level != "off", "protection_url": at + "/protection",
		"_links": map[string]any{"self": at, "html": body.Site + "/" + r.FullName + "/tree/" + url.PathEscape(name)},
		"protection": map[string]any{
			"enabled": level != "off", "required_status_checks": map[string]any{"enforcement_level": level, "contexts": contexts, "checks": checks},
		},
	}
}
