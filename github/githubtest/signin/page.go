package signin

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/pertask/pertask/github/githubtest/appstore"
)

var whoPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Sign in to GitHub</title><h1>Authorize {{.Name}}</h1>
<ul>{{range .People}}<li><a id="as-{{.Login}}" href="{{.URL}}">{{.Login}}</a>{{end}}</ul><a id="deny" href="{{.Deny}}">Cancel</a>
`))

// askWho lists everybody there is.
func (s *Site) askWho(w http.ResponseWriter, r *http.Request, app *appstore.Registered) {
	link := func(k, v string) string {
		q := r.URL.Query()
		q.Set("as", "nobody")
		q.Set(k, v)
		return "?" + q.Encode()
	}
	type person struct{ Login, URL string }
	page := struct {
		Name, Deny string
		People     []person
	}{Name: app.Name, Deny: link("deny", "1")}
	for _, l := range s.People() {
		page.People = append(page.People, person{l, link("as", l)})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = whoPage.Execute(w, page) // the client may have gone
}

// answerForm answers in the form that was asked for: a form where nothing was.
func answerForm(w http.ResponseWriter, r *http.Request, v url.Values) {
	if !strings.Contains(r.Header.Get("Accept"), "json") {
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		fmt.Fprint(w, v.Encode())
		return
	}
	m := map[string]any{}
	for k := range v {
		m[k] = v.Get(k)
		if n, err := strconv.Atoi(v.Get(k)); err == nil {
			m[k] = n // the lives of tokens
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(m) // the client may have gone
}
