// Package appstore is the GitHub Apps of one server in memory: their keys and secrets, and where they are installed.
//
// It knows what is made up of an App when it is registered, which JSON web tokens are of its key, and which repositories, by
// number, an installation has. It refuses to know HTTP, who signs in, the tokens that were handed out, and what is in a repository.
package appstore

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/traffic"
)

// App is a GitHub App. Only ID is needed.
type App struct {
	ID                     int64
	Slug, Name, Owner      string
	ClientID, ClientSecret string
	// WebhookSecret signs the webhooks that go to HookURL.
	WebhookSecret, HookURL string
	Callbacks              []string // where people may be sent after they signed in; none allows any address
	Permissions            map[string]string
	Events                 []string
}

// Registered is an App with its key.
type Registered struct {
	App
	Private []byte // the key, PEM
	key     *rsa.PublicKey
}

// Body is the App in answers.
func (r *Registered) Body() body.Integration {
	return body.Integration{ID: r.ID, Slug: r.Slug, Name: r.Name, ClientID: r.ClientID, Owner: r.Owner, Permissions: r.Permissions, Events: r.Events}
}

// Hook is where the App's webhooks go now.
func (r *Registered) Hook() traffic.Hook {
	return traffic.Hook{URL: r.HookURL, Secret: r.WebhookSecret, App: r.ID}
}

// Signed reports whether a JSON web token is one of the App: by its signature, its issuer and its times, which GitHub's
// documentation "Generating a JSON Web Token (JWT) for a GitHub App" bounds to 10 minutes, with a minute for clocks that differ.
func (r *Registered) Signed(jwt string, now time.Time) bool {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return false
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(r.key, crypto.SHA256, sum[:], sig) != nil {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Iss      string
		Iat, Exp float64
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return false
	}
	at := float64(now.Unix())
	return claims.Iss == strconv.FormatInt(r.ID, 10) && claims.Iat <= at+60 && claims.Exp > at && claims.Exp <= at+660
}

// Installation is a GitHub App in an account.
type Installation struct {
	ID        int64
	App       *Registered
	Account   string
	Repos     map[int64]bool // by number; nil is all that there are
	Suspended time.Time      // zero while it is not
}

// Has reports whether the installation has a repository, by its number.
func (i *Installation) Has(repo int64) bool { return i.Repos == nil || i.Repos[repo] }

// JSON is the installation in answers.
func (i *Installation) JSON() body.M {
	return body.Installation{ID: i.ID, App: i.App.Body(), Account: i.Account, Selected: i.Repos != nil, Suspended: i.Suspended, Permissions: i.App.Permissions}.JSON()
}
