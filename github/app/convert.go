package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/wire"
)

// Credentials are what an App that was made by a manifest signs in with. They are shown by nothing that prints them with fmt
// or log/slog.
type Credentials struct {
	Self
	ClientSecret  string
	WebhookSecret string // "" when the App has no webhook
	PrivateKey    []byte // RSA, PEM
}

// String names the App and hides the rest.
func (c Credentials) String() string { return fmt.Sprintf("credentials of App %d", c.ID) }

// GoString is String.
func (c Credentials) GoString() string { return c.String() }

// Format writes String whatever the verb is.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// MarshalJSON fails: credentials are written down sealed, or not at all.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return nil, errors.New("credentials are not written as JSON")
}

// Convert exchanges the code that GitHub's page sends the browser back with for the credentials of the App that was made there.
// A code is good once and for an hour; one that is not is github.ErrNotFound. App and Token of the configuration are not used.
func Convert(ctx context.Context, cfg github.Config, code string) (Credentials, error) {
	const doing = "fetching the credentials of the new App"
	if code == "" || len(code) > 200 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return Credentials{}, errors.New(doing + ": the code is none of GitHub's")
	}
	cfg.App, cfg.Token = nil, ""
	calls, tr, err := caller(cfg, func(w *wire.Config) { w.Anonymous = true })
	if err != nil {
		return Credentials{}, fmt.Errorf(doing+": %w", err)
	}
	var j struct {
		selfJSON
		Secret  string `json:"client_secret"`
		Webhook string `json:"webhook_secret"`
		PEM     string
	}
	// It is not repeated: GitHub has forgotten the code when the answer was lost.
	if _, err := calls.Do(ctx, wire.Call{Method: "POST", Path: "app-manifests/" + code + "/conversions", Out: &j}); err != nil {
		return Credentials{}, tr.Wrap(err, "", doing)
	}
	self, err := j.self()
	if err == nil && (j.Secret == "" || j.PEM == "" || j.ClientID == "") {
		err = errors.New("the answer lacks some of them")
	}
	if err != nil {
		return Credentials{}, tr.Wrap(err, "", doing)
	}
	return Credentials{Self: self, ClientSecret: j.Secret, WebhookSecret: j.Webhook, PrivateKey: []byte(j.PEM)}, nil
}
