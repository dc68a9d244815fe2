package body

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

// Integration is an App as it sees itself.
type Integration struct {
	ID          int64
	Slug, Name  string
	ClientID    string
	Owner       string
	Permissions map[string]string
	Events      []string
}

// JSON is the App in answers.
func (a Integration) JSON() M {
	m := App(a.ID, a.Slug)
	m["name"], m["owner"], m["client_id"], m["permissions"], m["events"] = a.Name, User(a.Owner), a.ClientID, permissions(a.Permissions), texts(a.Events)
	return m
}

func permissions(p map[string]string) M {
	m := M{}
	for k, v := range p {
		m[k] = v
	}
	return m
}

func texts(list []string) []any {
	out := []any{}
	for _, s := range list {
		out = append(out, s)
	}
	return out
}

// Installation is an installation of an App.
type Installation struct {
	ID          int64
	App         Integration
	Account     string
	Selected    bool // not all repositories of the account
	Suspended   time.Time
	Permissions map[string]string
}

// JSON is the installation in answers.
func (i Installation) JSON() M {
	id := strconv.FormatInt(i.ID, 10)
	account := User(i.Account)
	account["type"] = "Organization"
	selection, suspended, by := "all", any(nil), any(nil)
	if i.Selected {
		selection = "selected"
	}
	if !i.Suspended.IsZero() {
		suspended, by = Time(i.Suspended), User(i.Account)
	}
	return M{
		"id": i.ID, "account": account, "app_id": i.App.ID, "app_slug": i.App.Slug, "client_id": i.App.ClientID, "target_id": account["id"],
		"target_type": "Organization", "repository_selection": selection, "permissions": permissions(i.Permissions), "events": texts(i.App.Events),
		"access_tokens_url": API + "/app/installations/" + id + "/access_tokens", "repositories_url": API + "/installation/repositories",
		"html_url": Site + "/organizations/" + i.Account + "/settings/installations/" + id, "created_at": at, "updated_at": at,
		"single_file_name": nil, "has_multiple_single_files": false, "single_file_paths": []any{}, "suspended_at": suspended, "suspended_by": by,
	}
}

// Delivery is a webhook that was sent.
func Delivery(id int64, guid, event, action string, when time.Time, took time.Duration, again bool, status int, installation, repository int64) M {
	words := "OK"
	if status == 0 {
		words = "failed to connect to host"
	} else if status >= 300 {
		words = "Invalid HTTP Response: " + strconv.Itoa(status)
	}
	number := func(n int64) any {
		if n == 0 {
			return nil
		}
		return n
	}
	return M{
		"id": id, "guid": guid, "event": event, "action": Null(action), "delivered_at": Time(when), "duration": took.Seconds(), "redelivery": again,
		"status": words, "status_code": status, "installation_id": number(installation), "repository_id": number(repository), "throttled_at": nil,
	}
}

// Whole is Delivery as it is shown alone, with where it went, what was sent and answered.
func Whole(d M, url string, payload any, answer string) M {
	m := maps.Clone(d)
	m["url"] = url
	m["request"] = M{"headers": M{"X-GitHub-Delivery": d["guid"], "X-GitHub-Event": d["event"]}, "payload": payload}
	m["response"] = M{"headers": M{}, "payload": answer}
	delete(m, "throttled_at")
	return m
}

// Person is an account as somebody sees who is signed in.
func Person(login string) M {
	m := User(login)
	for _, k := range []string{"bio", "blog", "company", "email", "hireable", "location", "name"} {
		m[k] = nil
	}
	for _, k := range []string{"followers", "following", "public_gists", "public_repos"} {
		m[k] = 0
	}
	m["created_at"], m["updated_at"], m["user_view_type"] = at, at, "public"
	return m
}

// Rights are the permissions of a person on a repository, from the level that GitHub names.
func Rights(level string) M {
	n := strings.Index("none read triage write maintain admin", level)
	at := func(name string) bool {
		return n >= 0 && n >= strings.Index("none read triage write maintain admin", name)
	}
	return M{"pull": at("read"), "triage": at("triage"), "push": at("write"), "maintain": at("maintain"), "admin": at("admin")}
}
