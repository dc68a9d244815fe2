package enroll

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
)

//go:embed page.tmpl
var pageText string

//go:embed page.css
var style string

var pages = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	Kind        string // code, name, go, done, stray, broken or gone
	Problem     string // a sentence; "" for none
	Owner, Name string
	Permissions []Permission
	Action      string // GitHub's address
	Manifest    string // JSON
	Local       bool   // GitHub cannot reach the public address
	App         Credentials
	Install     string
	Env         string // credentials to copy; "" when they are stored
	Missing     []string
}

// Style is the sheet of the page; its digest is in the policy.
func (page) Style() template.CSS { return template.CSS(style) }

func styleHash() string {
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (h *Handler) show(w http.ResponseWriter, status int, p page) {
	var b bytes.Buffer
	if err := pages.Execute(&b, p); err != nil {
		h.Log.Error("showing a page", "page", p.Kind, "error", err)
		http.Error(w, "This page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}
