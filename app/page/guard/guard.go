// Package guard stands before the dashboard: which headers its answers have, whose forms it takes, how much is read
// at once, and how long somebody may take to read an answer.
//
// It knows browsers' rules and fair shares. It refuses to know what a page shows and who somebody is: a person is a number to it.
package guard

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// policy lets a page use our style sheet and send our forms to us, and nothing else. No page may be in a frame.
const policy = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm is how large a form can be: a key is the longest thing in one.
const maxForm = 64 << 10

// Why a form was refused.
const (
	OtherSite = "This form was sent by another site. Nothing was done."
	NoSite    = "It cannot be told which site sent this form. Nothing was done."
)

// Protect adds the headers of every answer, and takes forms of our own pages only: of those at address, where people find the App.
// What is refused is answered by deny, with OtherSite or NoSite.
func Protect(address string, deny func(w http.ResponseWriter, r *http.Request, why string), next http.Handler) (http.Handler, error) {
	origin := http.NewCrossOriginProtection()
	if err := origin.AddTrustedOrigin(strings.TrimSuffix(address, "/")); err != nil {
		return nil, fmt.Errorf("guarding the dashboard: %w", err)
	}
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { deny(w, r, OtherSite) }))
	inner, https := origin.Handler(next), strings.HasPrefix(address, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cache-Control", "no-store")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.Method == http.MethodPost && !said(r) {
			deny(w, r, NoSite)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		inner.ServeHTTP(w, r)
	}), nil
}

// said reports whether a browser says where a form comes from: all that are in use do. http.CrossOriginProtection lets what says
// nothing pass, as it is no browser; programs have no business with our forms.
func said(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != ""
}

// ReportPolicy is the Content-Security-Policy of a page of package report/html, which has its style within.
func ReportPolicy(page string) string {
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
}
