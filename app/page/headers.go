package page

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

// protect adds the headers of every answer, and takes forms of our own pages only.
func (s *server) protect(next http.Handler) (http.Handler, error) {
	origin := http.NewCrossOriginProtection()
	if err := origin.AddTrustedOrigin(strings.TrimSuffix(s.URL, "/")); err != nil {
		return nil, fmt.Errorf("setting up the dashboard: %w", err)
	}
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, nil, problem{http.StatusForbidden, "Refused", "This form was sent by another site. Nothing was done."})
	}))
	inner := origin.Handler(next)
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
		if s.https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.Method == http.MethodPost && !said(r) {
			s.fail(w, r, nil, problem{http.StatusForbidden, "Refused", "It cannot be told which site sent this form. Nothing was done."})
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

// reportPolicy is that of a page of package report/html, which has its style within.
func reportPolicy(page string) string {
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
}
