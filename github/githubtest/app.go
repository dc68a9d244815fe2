package githubtest

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// app is an installation of a GitHub App.
type app struct {
	id    int64
	actor Actor
	key   *rsa.PublicKey
}

var tokenPath = regexp.MustCompile(`^/app/installations/(\d+)/access_tokens$`)

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// AddApp installs a GitHub App with the permissions of a workflow of ours and returns its private key, PEM.
func (s *Server) AddApp(id, installation int64, slug string) []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.fatal("making a key: %v", err)
	}
	a := WorkflowActor()
	a.Login, a.App, a.Slug = slug+"[bot]", id, slug
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps[installation] = &app{id: id, actor: a, key: &key.PublicKey}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

// installationToken exchanges an App's JSON web token for one of an installation. The new token has the
// stateless shape that GitHub has been rolling out since April 2026.
func (s *Server) installationToken(jwt, installation string) reply {
	n, _ := strconv.ParseInt(installation, 10, 64)
	a := s.apps[n]
	if a == nil {
		return notFound
	}
	if !a.signed(jwt, s.opt.Now()) {
		return fail(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	token := "ghs_" + strconv.FormatInt(a.id, 10) + "_eyJhbGciOiJSUzI1NiJ9." + random(40) + "." + random(60)
	s.actors[token] = a.actor
	return reply{status: http.StatusCreated, body: map[string]any{
		"token": token, "expires_at": s.opt.Now().Add(time.Hour).UTC().Format(time.RFC3339), "permissions": a.actor.Permissions,
	}}
}

// signed checks signature, issuer and times of a JSON web token.
func (a *app) signed(jwt string, now time.Time) bool {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return false
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(a.key, crypto.SHA256, sum[:], sig) != nil {
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
	return claims.Iss == strconv.FormatInt(a.id, 10) && claims.Iat <= at+60 && claims.Exp > at && claims.Exp <= at+660
}
